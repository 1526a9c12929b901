import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RefValues, Template } from '../../lib/plan/refs.js';
import { DATA_FILE, REFS_VARIABLE } from './deployment.js';
import { createHandler, type Handler } from './handler.js';

export { createHandler } from './handler.js';
export { EnforcementPoint } from './point.js';

const file = join(__dirname, DATA_FILE);

/**
 * The Lambda function: `policy.json` beside this file, its refs in the environment. The keys are asked
 * for while the environment starts. Without the file every request is refused.
 */
export const handler: Handler = existsSync(file)
  ? createHandler({
      template: JSON.parse(readFileSync(file, 'utf8')) as Template,
      refs: JSON.parse(process.env[REFS_VARIABLE] ?? '{}') as RefValues,
      environment: process.env,
    })
  : () => Promise.reject(new Error('Unavailable'));
