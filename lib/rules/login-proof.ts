import type { Check, Finding } from './support/check.js';
import type { CheckContext, LocatedRule } from './support/context.js';
import { unjudgedProofs } from './support/unjudged-proofs.js';

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

function proofsOf(rule: LocatedRule, { model }: CheckContext): Finding[] {
  if (!model.services[rule.rule.service]?.login) return [];
  return unjudgedProofs(rule, 'browsers sign in there, and a load balancer ends their connections', {
    expected: 'no `senderConstrained` for clients of a service with `login`',
    remedy: 'leave it out, or put these operations into a service without `login`',
  });
}
