import { type Check, finding } from './support/check.js';

/** An allow for a workload to call itself: its own sidecar is no way out. */
export const selfCall: Check = {
  id: 'self-call',
  severity: 'error',
  optOut: false,
  run: ({ engine, principals }) =>
    principals
      .filter(
        ({ rule, principal }) =>
          rule.effect === 'allow' && principal.kind === 'workload' && principal.service === rule.service,
      )
      .map(({ rule, at }) =>
        finding([...at, 'service'], `"${rule.service}" would call itself`, {
          remedy:
            engine === 'kubernetes'
              ? 'take the principal away: pods of one service do not reach one another. Run a cluster of brokers or of a database in a namespace of its own, and name it by `network.shared`'
              : 'take the principal away: within a service nothing passes a point',
        }),
      ),
};
