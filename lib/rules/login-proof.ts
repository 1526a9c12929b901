import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext, LocatedRule } from './support/context.js';

/**
 * On AWS a rule of a service with login that wants a token bound to the client's certificate or key: a load balancer ends
 * the browser's connection there, so no point sees a certificate and none takes a proof.
 */
export const loginProof: Check = {
  id: 'login-proof',
  severity: 'error',
  optOut: false,
  run: (context) =>
    context.engine === 'aws' ? context.rules.flatMap((rule) => proofsOf(rule, context)) : [],
};

function proofsOf({ rule, id, path }: LocatedRule, { model }: CheckContext): Finding[] {
  const isForClients = rule.principals.some(({ kind }) => kind !== 'workload');
  if (!isForClients || !model.services[rule.service]?.login) return [];
  const [key, conditions = []] = rule.effect === 'allow' ? ['when', rule.when] : ['unless', rule.unless];
  return conditions.flatMap(({ kind }, at) => {
    if (kind !== 'senderConstrained') return [];
    const message = `nobody judges this condition of ${id}: browsers sign in there, and a load balancer ends their connections`;
    return [
      finding([...path, key, at], message, {
        expected: 'no `senderConstrained` for clients of a service with `login`',
        remedy: 'leave it out, or put these operations into a service without `login`',
      }),
    ];
  });
}
