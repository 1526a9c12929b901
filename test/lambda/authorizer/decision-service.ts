import { join } from 'node:path';
import type { RequestListener } from 'node:http';
import type { DecisionServiceOptions } from '../../../lambda/authorizer/service.js';

const { createRequire } = process.getBuiltinModule('node:module');

/** The decision service of its bundle. */
export const { createDecisionService } = createRequire(__filename)(
  join(__dirname, '../../../dist/gateway/decision/index.js'),
) as { readonly createDecisionService: (options: DecisionServiceOptions) => RequestListener };
