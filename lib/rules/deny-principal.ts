import { type Check, finding } from './support/check.js';

/**
 * A deny that speaks about groups, scopes, claims or a workload's user. Whoever lacks the claim, or
 * shows it in another form, would escape such a deny; in `unless` the same doubt refuses.
 */
export const denyPrincipal: Check = {
  id: 'deny-principal',
  severity: 'error',
  optOut: false,
  run: ({ principals }) =>
    principals.flatMap(({ rule, principal, at }) => {
      if (rule.effect !== 'deny') return [];
      const keys = (['groups', 'scopes', 'claims', 'forUser'] as const).filter((key) =>
        Object.hasOwn(principal, key),
      );
      return keys.map((key) =>
        finding([...at, key], `a deny's principal has no \`${key}\``, {
          expected: '`anyone()`, an issuer, a workload or a pipeline',
          remedy: 'deny all of them, and say in `unless` who is not refused',
        }),
      );
    }),
};
