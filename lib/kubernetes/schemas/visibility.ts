import { z } from 'zod';
import type { VisibilityOptions } from '../visibility.js';
import { certificates } from './certificates.js';
import { labels, type Members, mode, number, text } from './parts.js';

export const visibility = z.object({
  mode: mode.optional(),
  alarms: z.boolean().optional(),
  refusedPercent: number.optional(),
  serverErrors: number.optional(),
  ruleLabels: labels.optional(),
  certificates: certificates.pick({ gatewayIssuer: true }).optional(),
  gatewayNamespace: text.optional(),
  isGatewayMade: z.boolean().optional(),
} satisfies Members<VisibilityOptions>);
