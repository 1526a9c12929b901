import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DATA_FILE, REFS_VARIABLE } from '../../lambda/authorizer/deployment.js';
import { createDecisionService } from '../../lambda/authorizer/service.js';
import type { RefValues, Template } from '../../lib/plan/refs.js';

export { createDecisionService } from '../../lambda/authorizer/service.js';

/** The environment variable with the loopback port that Envoy asks at. */
const PORT_VARIABLE = 'ZTP_DECISION_PORT';

/**
 * The decision service as a process of its own: `policy.json` beside this file, its refs in the
 * environment. Ends at once if anything of it is missing, and Envoy then admits nothing.
 */
if (require.main === module) {
  const service = createDecisionService({
    template: JSON.parse(readFileSync(join(__dirname, DATA_FILE), 'utf8')) as Template,
    refs: JSON.parse(process.env[REFS_VARIABLE] ?? '{}') as RefValues,
    environment: process.env,
  });
  createServer(service).listen(Number(process.env[PORT_VARIABLE]), '127.0.0.1');
}
