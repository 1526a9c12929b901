import { z } from 'zod';
import { METHODS } from './access.js';
import { MAX_OPERATION } from './access-schema.js';
import { parseDestination } from './destination.js';
import { date, name, reason, ruleName } from './formats.js';
import { listOf } from './schema-parts.js';

const MAX_DESTINATION = 512;

/** Each way of being wrong has a code of its own. */
const destination = z
  .templateLiteral(['https://', z.string()], 'insecure-url')
  .refine((text) => text.length <= MAX_DESTINATION, { error: 'invalid-destination', abort: true })
  .superRefine((text, context) => {
    const fault = parseDestination(text);
    if (typeof fault === 'string') context.addIssue({ code: 'custom', message: fault });
  })
  .meta({ pattern: '^https://[a-z0-9.-]+(?::[0-9]+)?$', maxLength: MAX_DESTINATION });

/** The form only: `parseOperation` has the grammar, and says what is wrong. */
const operation = z
  .templateLiteral([z.enum(METHODS), ' /', z.string()], 'invalid-operation')
  .refine((text) => text.length <= MAX_OPERATION, 'operation-too-long');

export const egressRule = z
  .strictObject({
    effect: z.literal('allow'),
    principals: listOf(z.strictObject({ kind: z.literal('workload'), service: name }), 256, 1),
    destination,
    // An empty list asks for nothing: computed by mistake, it would admit every operation.
    operations: listOf(operation, 256, 1).optional(),
    name: ruleName.optional(),
    audit: z.strictObject({ until: date, reason }).optional(),
    until: date.optional(),
  })
  .meta({ id: 'EgressRule' });
