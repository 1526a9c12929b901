import { type Check, finding } from './support/check.js';

/** A rule of a TCP service that speaks about a token: a connection carries none. */
export const tcpPrincipal: Check = {
  id: 'tcp-principal',
  severity: 'error',
  optOut: false,
  run: ({ principals, model }) =>
    principals.flatMap(({ rule, principal, at }) => {
      if (model.services[rule.service]?.protocol !== 'tcp') return [];
      const isWorkload = principal.kind === 'workload' && principal.forUser === undefined;
      // A deny for anyone closes the service, whoever connects.
      if (isWorkload || (principal.kind === 'anyone' && rule.effect === 'deny')) return [];
      const message = `"${rule.service}" is a TCP service: nothing but the certificate says who connects`;
      return [
        finding(principal.kind === 'workload' ? [...at, 'forUser'] : at, message, {
          expected: '`workload(…)`, which acts for itself',
          remedy: 'name the workload, and say at its own service who may make it connect',
        }),
      ];
    }),
};
