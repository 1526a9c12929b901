import type { z } from 'zod';
import { codedErrors } from '../../coded-error.js';
import { issueDiagnostics } from '../../model/issues.js';

/**
 * Whoever writes JavaScript has no compiler. Throws `missing`, `wrong-type` and `unknown-value`, several together as
 * `invalid-props`.
 */
export function checkOptions(schema: z.ZodType, options: unknown): void {
  const { error } = schema.safeParse(options);
  if (!error) return;
  const found = issueDiagnostics(error.issues, options, { schema, name: 'the options' });
  throw codedErrors(found.map((finding) => ({ remedy: REMEDY, ...finding, path: finding.path || 'props' })));
}

const REMEDY = 'write it as it is expected, or leave it out if it has a default';
