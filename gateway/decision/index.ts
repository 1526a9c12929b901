import { createDecisionService } from '../../lambda/authorizer/service.js';
import { serveAlone } from './alone.js';
import { isWell, QUESTIONS } from './health.js';
import { listen } from './server.js';
import { readDecisionSettings } from './settings.js';
import { serveSupervised } from './supervised.js';
import { SUPERVISED, type SupervisedSettings } from './supervision.js';

export { createDecisionService, listen, readDecisionSettings };

/**
 * The decision service as a process of its own: the child of a point's agent, or alone, with `policy.json` beside
 * this file (or where `ZTP_DECISION_POLICY` says) and its refs in the environment. Ends at once if anything of it is
 * missing, and Envoy then admits nothing. With the argument `ready` or `live` it asks the one that runs, for its probes.
 */
if (require.main === module) {
  const question = QUESTIONS.find((each) => each === process.argv[2]);
  const supervised = process.env[SUPERVISED];
  if (question) {
    const { healthPort = 0 } = readDecisionSettings(process.env);
    void isWell(healthPort, question).then((well) => process.exit(well ? 0 : 1));
  } else if (supervised === undefined) serveAlone(process.env, __dirname);
  else serveSupervised(JSON.parse(supervised) as SupervisedSettings);
}
