import { z } from 'zod';
import { METHODS } from './access.js';
import { cidr, claimName, claimText, date, group, name, reason, ruleName, scope } from './formats.js';
import { listOf, recordOf, seconds } from './schema-parts.js';

export const claimValue = z
  .union([claimText, z.boolean(), z.int('claim-value')], 'claim-value')
  .meta({ id: 'ClaimValue' });

const MAX_CLAIM_DEPTH = 8;

export const claimPath = z
  .union(
    [
      claimName,
      z
        .tuple([claimName], claimName)
        .refine((path) => path.length <= MAX_CLAIM_DEPTH, 'too-many')
        .meta({ maxItems: MAX_CLAIM_DEPTH }),
    ],
    'invalid-claim-path',
  )
  .meta({ id: 'ClaimPath' });

/** A list or record that is left out, or says something. */
function asked<Schema extends z.ZodType<object>>(schema: Schema): Schema {
  return schema.refine((value) => Object.keys(value).length > 0, 'empty-selector');
}

const user = z
  .strictObject({
    kind: z.literal('user'),
    issuer: name.optional(),
    // An empty list asks for nothing: computed by mistake, it would admit everybody.
    groups: asked(listOf(group, 64)).optional(),
    scopes: asked(listOf(scope, 64)).optional(),
    claims: asked(recordOf(claimName, claimValue, 64)).optional(),
  })
  .meta({ id: 'User' });

const principal = z
  .discriminatedUnion('kind', [
    user,
    z.strictObject({ kind: z.literal('pipeline'), pipeline: name }),
    z.strictObject({ kind: z.literal('anyone') }),
    z.strictObject({ kind: z.literal('workload'), service: name, forUser: user.optional() }),
  ])
  .meta({ id: 'Principal' });

const YEAR = 365 * 24 * 3600;

const condition = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('multiFactor') }),
    z.strictObject({ kind: z.literal('signedInWithin'), seconds: seconds(1, YEAR) }),
    z.strictObject({ kind: z.literal('compliantDevice') }),
    z.strictObject({ kind: z.literal('senderConstrained'), by: z.enum(['certificate', 'dpop']) }),
    z.strictObject({ kind: z.literal('sourceNetwork'), ranges: listOf(cidr, 256, 1) }),
    z
      .strictObject({
        kind: z.literal('claim'),
        claim: claimPath,
        test: z.enum(['equals', 'presentAndNot']),
        value: claimValue,
      })
      // Only a text can be looked for in a list of texts.
      .refine(({ test, value }) => test === 'equals' || typeof value === 'string', {
        error: 'claim-not-text',
        path: ['value'],
      }),
  ])
  .meta({ id: 'Condition' });

/** Characters; Envoy has to match each template. */
export const MAX_OPERATION = 512;

/** The form only: `parseOperation` has the grammar, and says what is wrong. */
const operation = z
  .union(
    [
      z.templateLiteral([z.enum(METHODS), ' /', z.string()]),
      z.templateLiteral(['rpc ', z.string(), '/', z.string()]),
      z.literal('tcp'),
    ],
    'invalid-operation',
  )
  .refine((text) => text.length <= MAX_OPERATION, 'operation-too-long');

const ruleParts = {
  principals: listOf(principal, 256, 1),
  service: name,
  operations: listOf(operation, 256, 1),
  name: ruleName.optional(),
  audit: z.strictObject({ until: date, reason }).optional(),
};

export const rule = z
  .discriminatedUnion('effect', [
    z.strictObject({
      effect: z.literal('allow'),
      ...ruleParts,
      // A deny has none: a door that opens by itself is not seen.
      until: date.optional(),
      when: listOf(condition, 32).optional(),
    }),
    z.strictObject({
      effect: z.literal('deny'),
      ...ruleParts,
      unless: listOf(condition, 32).optional(),
    }),
  ])
  .meta({ id: 'Rule' });
