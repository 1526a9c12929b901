import type { Check, Finding } from './support/check.js';
import type { CheckContext, LocatedRule } from './support/context.js';
import { unjudgedProofs } from './support/unjudged-proofs.js';

/**
 * On AWS a rule that wants a token bound to the client's certificate or key, of a service to which a load balancer leads
 * clients: it ends their connections, so no point sees a certificate and none takes a proof.
 */
export const loadBalancerProof: Check = {
  id: 'load-balancer-proof',
  severity: 'error',
  optOut: false,
  run: (context) =>
    context.engine === 'aws' ? context.rules.flatMap((rule) => proofsOf(rule, context)) : [],
};

function proofsOf(rule: LocatedRule, { model }: CheckContext): Finding[] {
  const service = model.services[rule.rule.service];
  if (service?.edge !== 'loadBalancer' || service.login) return [];
  const why = 'a load balancer leads clients there, and ends their connections';
  return unjudgedProofs(rule, why, {
    expected: "no `senderConstrained` for clients of a service with `edge: 'loadBalancer'`",
    remedy: 'leave it out, or let clients come by a REST API, whose domain can ask for certificates',
  });
}
