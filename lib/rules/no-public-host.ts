import { type Check, finding } from './support/check.js';

/** An allow for those who come through a gateway, at a service that no gateway serves. */
export const noPublicHost: Check = {
  id: 'no-public-host',
  severity: 'error',
  optOut: false,
  run: ({ principals, model }) =>
    principals
      .filter(({ rule, principal }) => {
        const { host, protocol } = model.services[rule.service] ?? {};
        // Of TCP services another check says that nobody but workloads reaches them.
        const isInner = host === undefined && protocol !== 'tcp';
        return isInner && rule.effect === 'allow' && principal.kind !== 'workload';
      })
      .map(({ rule, principal, at }) =>
        finding(at, `"${rule.service}" has no public host, so ${WHO[principal.kind]} never reaches it`, {
          remedy: 'give the service a `host`, or allow the workload that calls it `.onBehalfOf(…)`',
        }),
      ),
};

const WHO = {
  anyone: 'a caller from outside',
  user: 'a user',
  pipeline: 'a pipeline',
  workload: 'a workload',
};
