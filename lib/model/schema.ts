import { z } from 'zod';
import { rule } from './access-schema.js';
import { dataDomain } from './data-schema.js';
import { egressRule } from './egress-schema.js';
import { date, name, namespace, reason, trustDomain } from './formats.js';
import { identity } from './identity-schema.js';
import { listOf, recordOf, seconds } from './schema-parts.js';
import { services, trustDomains } from './service-schema.js';

/**
 * The shape of a model, whatever it was written in: strict (an unknown key is an error), every text,
 * number and list bounded. `schema.json` is generated from it, and a test holds the types to it.
 */
export const modelSchema = z.strictObject({
  trustDomain,
  environment: name,
  identity: identity.optional(),
  services,
  access: listOf(rule, 50_000).optional(),
  firewall: z
    .strictObject({
      maxConnections: z.int().min(1).max(1_000_000).optional(),
      maxBodyBytes: z.int().min(0).max(1_073_741_824).optional(),
      requestTimeoutSeconds: seconds(1, 300).optional(),
    })
    .optional(),
  authority: z
    .strictObject({
      leafLifetimeSeconds: seconds(60, 86_400).optional(),
      trustDomains: trustDomains.optional(),
      namespace: namespace.optional(),
    })
    .optional(),
  egress: listOf(egressRule, 1_000).optional(),
  data: recordOf(name, dataDomain, 200).optional(),
  observe: z.strictObject({ decisions: z.enum(['all', 'refused']).optional() }).optional(),
  optOuts: listOf(
    z.strictObject({
      rule: z.string().min(1).max(64),
      path: z.string().min(1).max(1024).optional(),
      reason,
      expires: date,
    }),
    1_000,
  ).optional(),
});

/**
 * The same as JSON Schema (draft 2020-12), for editors and other languages. It knows no second
 * element: what only `lib/rules` sees, it lets through.
 */
export function modelJsonSchema(): object {
  const { $schema, properties, ...rest } = z.toJSONSchema(modelSchema, {
    io: 'input',
    override({ jsonSchema }) {
      // zod's own word, which validators do not know; the pattern beside it says the same.
      if (jsonSchema.format === ('starts_with' as string)) delete jsonSchema.format;
    },
  });
  return {
    $schema,
    title: 'A zero-trust-platform model',
    ...rest,
    properties: { $schema: { type: 'string' }, ...properties },
  };
}
