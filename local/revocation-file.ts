import { z } from 'zod';
import { type Diagnostic, excerpt } from '../lib/diagnostic.js';
import type { Plan } from '../lib/plan/plan.js';
import type { Revocation, RevocationDocument } from '../lib/policy/revocation.js';
import { checked, readJson, readText } from './part.js';

const until = z.number().int().nonnegative();
const schema = z.strictObject({
  version: z.number().int().nonnegative(),
  entries: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('service'), service: z.string(), until }),
      z.strictObject({ kind: z.literal('rule'), rule: z.string(), until }),
      z.strictObject({
        kind: z.literal('subject'),
        issuer: z.string(),
        value: z.string(),
        before: until.optional(),
        until,
      }),
      ...(['token', 'session', 'client'] as const).map((kind) =>
        z.strictObject({ kind: z.literal(kind), issuer: z.string(), value: z.string(), until }),
      ),
    ]),
  ),
});

/** Read a revocation document. Throws `invalid-revocations` with a diagnostic per finding. */
export function readRevocations(path: string): RevocationDocument {
  const code = 'invalid-revocations';
  return checked(readJson(path, code), schema, path, code, readText(path, code)) as RevocationDocument;
}

/**
 * Entries that withdraw nothing, because the plan has no such name. A document may be older or wider
 * than a plan, so they are no error; a misspelt name in a hurry looks the same and must not be silent.
 */
export function entriesWithoutEffect(
  { entries }: RevocationDocument,
  { policy, egress }: Plan,
): Diagnostic[] {
  // A destination can be closed as a service can.
  const guarded = { ...policy.services, ...egress?.policy.services };
  const services = Object.keys(guarded);
  const rules = Object.values(guarded).flatMap((service) => service.rules);
  const allows = rules.filter(({ effect }) => effect === 'allow').map(({ id }) => id);
  const issuers = Object.keys(policy.issuers);
  return entries.flatMap((entry, at): Diagnostic[] => {
    const [what, name, known] = named(entry, { services, allows, issuers });
    if (known.includes(name)) return [];
    return [
      {
        code: 'revocation-without-effect',
        severity: 'warning',
        path: `revocations.entries[${at}].${what}`,
        message: `nothing is withdrawn: there is no such ${what === 'rule' ? 'allow' : what}`,
        found: excerpt(name),
        expected: known.join(', '),
      },
    ];
  });
}

type Names = Readonly<Record<'services' | 'allows' | 'issuers', readonly string[]>>;

function named(entry: Revocation, known: Names): [field: string, name: string, known: readonly string[]] {
  if (entry.kind === 'service') return ['service', entry.service, known.services];
  if (entry.kind === 'rule') return ['rule', entry.rule, known.allows];
  return ['issuer', entry.issuer, known.issuers];
}
