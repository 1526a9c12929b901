import { clientEndsAt } from './names.js';
import type { Plan } from './plan.js';
import { pathOf } from '../policy/canonical.js';
import { type IsLeftOut, partition } from '../policy/compile/envoy/index.js';
import { segmentsOf } from '../policy/operation.js';
import type { RevocationDocument } from '../policy/revocation.js';

/** Who decides in place of an Envoy. */
export type Decider = 'decisionService' | 'sidecar';

/** What one point leaves of one service, and to whom. */
export interface Delegation {
  readonly to: Decider;
  readonly isLeftOut: IsLeftOut;
  /** More is revoked than the point takes in, or proofs come to it: every route of the service is left to somebody else. */
  readonly isWhole: boolean;
}

/** Whether a decision service stands beside the point. */
export function asksDecisions(plan: Plan, point: string): boolean {
  const { services = {} } = plan.delegations?.[point] ?? {};
  return Object.values(services).some(({ to }) => to === 'decisionService');
}

export function delegationOf(
  plan: Plan,
  point: string,
  service: string,
  { entries }: RevocationDocument,
): Delegation | undefined {
  const own = plan.delegations?.[point]?.services[service];
  if (!own) return undefined;
  const left = new Set(
    own.rules.flatMap(({ rule, operations }) => operations.map((one) => `${rule} ${one}`)),
  );
  return {
    to: own.to,
    isLeftOut: (rule, operation) => left.has(`${rule.id} ${operation}`),
    isWhole:
      own.to === 'decisionService' &&
      (entries.length > plan.revocation.maxEntries || judgesProofs(plan, point)),
  };
}

/** Who decides a request for that path in place of the point's Envoy; undefined if it does itself. */
export function deciderOf(
  plan: Plan,
  point: string,
  service: string,
  path: string,
  revocations: RevocationDocument = plan.revocation.document,
): Decider | undefined {
  const delegation = delegationOf(plan, point, service, revocations);
  if (!delegation) return undefined;
  const segments = segmentsOf(pathOf(path));
  const route = partition(plan.policy.services[service]!.rules, delegation.isLeftOut).find(({ prefix }) =>
    prefix.every((literal, at) => segments[at] === literal),
  );
  return delegation.isWhole || route?.isLeftOut ? delegation.to : undefined;
}

/** Clients come with proofs, which no filter of Envoy judges. */
function judgesProofs({ engine, policy }: Plan, point: string): boolean {
  return policy.dpop === true && point === clientEndsAt(engine);
}

/** Entries of a revocation document that decision services take in. What fits into its bytes ends a document before. */
const MAX_LOOKED_UP = 100_000;

/**
 * How many entries a revocation document may have: as many as a point's routes take in, or far more where at
 * every point of every service a decision service looks them up.
 */
export function maxRevocations({ delegations, gateway, policy, services, revocation }: Plan): number {
  const looksUp = (point: string, service: string) =>
    delegations?.[point]?.services[service]?.to === 'decisionService';
  const all = Object.entries(policy.services).every(
    ([name, service]) =>
      looksUp(services[name]!.sidecar.key, name) && (!service.public || looksUp(gateway.key, name)),
  );
  return all ? MAX_LOOKED_UP : revocation.maxEntries;
}
