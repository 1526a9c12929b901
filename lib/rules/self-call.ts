import { type Check, finding } from './support/check.js';

/** An allow for a workload to call itself: its own sidecar is no way out. */
export const selfCall: Check = {
  id: 'self-call',
  severity: 'error',
  optOut: false,
  run: ({ principals }) =>
    principals
      .filter(
        ({ rule, principal }) =>
          rule.effect === 'allow' && principal.kind === 'workload' && principal.service === rule.service,
      )
      .map(({ rule, at }) =>
        finding([...at, 'service'], `"${rule.service}" would call itself`, {
          remedy: 'take the principal away: within a service nothing passes a point',
        }),
      ),
};
