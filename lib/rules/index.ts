import type { Diagnostic } from '../diagnostic.js';
import type { Engine } from '../model/service.js';
import type { PlainModel } from '../model/plain-model.js';
import type { OptOut } from '../model/platform.js';
import { NOT_EXPRESSIBLE } from '../policy/compile/refusal.js';
import type { Policy } from '../policy/policy.js';
import { allowExpired } from './allow-expired.js';
import { auditExpired } from './audit-expired.js';
import { auditPastEnd } from './audit-past-end.js';
import { broadPublicRoute } from './broad-public-route.js';
import { conditionCannotHold } from './condition-cannot-hold.js';
import { contradictoryConditions } from './contradictory-conditions.js';
import { contradictoryRule } from './contradictory-rule.js';
import { corsWithoutHost } from './cors-without-host.js';
import { defaultTrustDomain } from './default-trust-domain.js';
import { delegationCycle } from './delegation-cycle.js';
import { delegationWithoutAudience } from './delegation-without-audience.js';
import { denyPrincipal } from './deny-principal.js';
import { duplicateHost } from './duplicate-host.js';
import { duplicateRule } from './duplicate-rule.js';
import { egressOwnHost } from './egress-own-host.js';
import { egressPortConflict } from './egress-port-conflict.js';
import { egressVariableConflict } from './egress-variable-conflict.js';
import { federatedSubject } from './federated-subject.js';
import { internalAuthority } from './internal-authority.js';
import { issuerConflict } from './issuer-conflict.js';
import { keyHostPorts } from './key-host-ports.js';
import { leafLifetime } from './leaf-lifetime.js';
import { loadBalancerProof } from './load-balancer-proof.js';
import { loadBalancerService } from './load-balancer-service.js';
import { loginClient } from './login-client.js';
import { loginEndpoints } from './login-endpoints.js';
import { loginProof } from './login-proof.js';
import { loginService } from './login-service.js';
import { noAudience } from './no-audience.js';
import { noProvider } from './no-provider.js';
import { noPublicHost } from './no-public-host.js';
import { opaqueToken } from './opaque-token.js';
import { openSourceNetwork } from './open-source-network.js';
import { operationProtocol } from './operation-protocol.js';
import { overlappingOperations } from './overlapping-operations.js';
import { plaintextSecret } from './plaintext-secret.js';
import { protocolOption } from './protocol-option.js';
import { requestTimeout } from './request-timeout.js';
import { reservedPath } from './reserved-path.js';
import { requiredClaimRef } from './required-claim-ref.js';
import { selfCall } from './self-call.js';
import { shadowedEgressRule } from './shadowed-egress-rule.js';
import { shadowedRule } from './shadowed-rule.js';
import { sharedAudience } from './shared-audience.js';
import { tcpCondition } from './tcp-condition.js';
import { tcpPrincipal } from './tcp-principal.js';
import { tcpPublicHost } from './tcp-public-host.js';
import { trustDomain } from './trust-domain.js';
import { undeclaredSharedAudience } from './undeclared-shared-audience.js';
import { unreachableProvider } from './unreachable-provider.js';
import { unreachableService } from './unreachable-service.js';
import type { Check } from './support/check.js';
import { contextOf } from './support/context.js';
import { applyOptOuts } from './support/opt-outs.js';

/**
 * Every check, in the order of the model. What one value alone tells (a name, a URL, a range) the
 * schema has already refused; what needs a second element, the engine or the date is here.
 */
export const CHECKS: readonly Check[] = [
  duplicateRule,
  overlappingOperations,
  operationProtocol,
  tcpPrincipal,
  tcpCondition,
  denyPrincipal,
  noProvider,
  opaqueToken,
  noAudience,
  noPublicHost,
  selfCall,
  conditionCannotHold,
  contradictoryConditions,
  openSourceNetwork,
  delegationWithoutAudience,
  delegationCycle,
  contradictoryRule,
  shadowedRule,
  auditExpired,
  auditPastEnd,
  allowExpired,
  broadPublicRoute,
  unreachableProvider,
  unreachableService,
  issuerConflict,
  requiredClaimRef,
  undeclaredSharedAudience,
  sharedAudience,
  federatedSubject,
  duplicateHost,
  corsWithoutHost,
  loginService,
  loginEndpoints,
  loginClient,
  loginProof,
  loadBalancerService,
  loadBalancerProof,
  reservedPath,
  tcpPublicHost,
  protocolOption,
  egressOwnHost,
  egressPortConflict,
  egressVariableConflict,
  shadowedEgressRule,
  internalAuthority,
  keyHostPorts,
  trustDomain,
  defaultTrustDomain,
  leafLifetime,
  requestTimeout,
  plaintextSecret,
];

/**
 * Run every check on a model whose shape and names are right. Findings come in the order of their paths.
 * @param policy what the model comes to, if it is known already
 */
export function runChecks(model: PlainModel, engine: Engine, now: Date, policy?: Policy): Diagnostic[] {
  const context = contextOf(model, engine, now, policy);
  const diagnostics = CHECKS.flatMap((check) =>
    check.run(context).map((found): Diagnostic => ({ code: check.id, severity: check.severity, ...found })),
  );
  // What cannot be said at a point is found only once the rest is right (`lib/plan/fit.ts`).
  const isHere = ({ rule }: OptOut) => rule !== NOT_EXPRESSIBLE;
  return applyOptOuts(diagnostics, model.optOuts ?? [], CHECKS, now, isHere).sort(byPath);
}

/** Numbers in a path by their value, all else byte by byte. */
function byPath(a: Diagnostic, b: Diagnostic): number {
  const key = (path: string) => path.replace(/[0-9]+/g, (digits) => digits.padStart(16, '0'));
  const [pathOfA, pathOfB] = [key(a.path), key(b.path)];
  return pathOfA < pathOfB ? -1 : pathOfA > pathOfB ? 1 : 0;
}
