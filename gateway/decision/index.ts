import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE, REFS_VARIABLE } from '../../lambda/authorizer/deployment.js';
import { createDecisionService } from '../../lambda/authorizer/service.js';
import type { RefValues, Template } from '../../lib/plan/refs.js';
import { listen } from './server.js';
import { readDecisionSettings } from './settings.js';
import { serveSupervised } from './supervised.js';
import { SUPERVISED, type SupervisedSettings } from './supervision.js';

export { createDecisionService } from '../../lambda/authorizer/service.js';
export { listen } from './server.js';
export { readDecisionSettings } from './settings.js';

/**
 * The decision service as a process of its own: the child of a point's agent, or alone, with `policy.json` beside
 * this file and its refs in the environment. Ends at once if anything of it is missing, and Envoy then admits nothing.
 */
if (require.main === module) {
  const supervised = process.env[SUPERVISED];
  if (supervised === undefined) serveAlone();
  else serveSupervised(JSON.parse(supervised) as SupervisedSettings);
}

function serveAlone(): void {
  const settings = readDecisionSettings(process.env);
  const { nonceSeconds } = settings;
  const service = createDecisionService({
    ...(nonceSeconds !== undefined && { nonceSeconds }),
    template: JSON.parse(readFileSync(join(__dirname, DATA_FILE), 'utf8')) as Template,
    refs: JSON.parse(process.env[REFS_VARIABLE] ?? '{}') as RefValues,
    environment: process.env,
  });
  listen(settings, service);
}
