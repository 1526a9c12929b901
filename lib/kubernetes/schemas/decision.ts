import { z } from 'zod';
import type { ApiServer, DecisionServiceOptions } from '../decision/options.js';
import type { MeshDecisionService } from '../mesh-options.js';
import { labels, type Members, number, text, texts } from './parts.js';

export const meshDecisionService = z.object({
  selector: labels,
  serviceName: text,
  servicePort: number,
  port: number.optional(),
  serviceAccount: text.optional(),
} satisfies Members<MeshDecisionService>);

/** Networks, or pods and their port: which of the two is looked at where it is used. */
const privateIssuer = z.object({
  networks: texts.optional(),
  namespace: text.optional(),
  selector: labels.optional(),
  port: number.optional(),
});

export const decisionService = meshDecisionService.partial().extend({
  image: text.optional(),
  replicas: number.optional(),
  resources: z.object({ requests: labels, limits: labels }).optional(),
  apiServer: z
    .object({ networks: texts, port: number } satisfies Members<ApiServer>)
    .partial()
    .optional(),
  privateIssuers: z.record(text, privateIssuer).optional(),
  issuerAuthorities: z.object({ configMap: text, key: text }).optional(),
} satisfies Members<Omit<DecisionServiceOptions, keyof MeshDecisionService>>);
