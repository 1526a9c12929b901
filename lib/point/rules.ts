import { egressRoutesFile } from '../envoy/egress-routes.js';
import type { PointProfile } from '../envoy/index.js';
import { routesFile } from '../envoy/routes.js';
import { sidecarRoutes } from '../envoy/sidecar-routes.js';
import type { Plan } from '../plan/plan.js';
import { type RefValues, substitute, type Template } from '../plan/refs.js';
import { standInsOf, withRefs } from '../plan/stand-ins.js';
import type { Policy } from '../policy/policy.js';
import type { RevocationDocument } from '../policy/revocation.js';

/** What the rules of one point are compiled from, again whenever something is revoked. */
export interface PointRules {
  /** The plan, without what changes no rule of this point: so a change elsewhere changes no bytes here. */
  readonly plan: Plan;
  readonly profile: PointProfile;
  /** There if refs stand in the plan: `knownRules` puts their values in. */
  readonly deferred?: true;
}

/** The egress gateway has a policy of its own. */
const NO_POLICY: Policy = { gateways: [], issuers: {}, services: {} };

/** The part of a plan that a point with rules needs. Throws `RangeError` if the plan has no such point. */
export function pointRules(plan: Plan, point: string, profile: PointProfile): PointRules {
  const isGateway = point === plan.gateway.key;
  const isEgress = point === plan.egress?.key;
  const names = isGateway ? plan.gateway.services : isEgress ? [] : [serviceOf(plan, point)];
  const own = <Node>(all: Readonly<Record<string, Node>>) =>
    Object.fromEntries(names.map((name) => [name, all[name]!]));
  const { gateway, policy, egress, delegations, data: _, ...rest } = plan;
  const delegation = delegations?.[point];
  return {
    profile,
    plan: {
      ...rest,
      gateway: isGateway ? gateway : { ...gateway, services: [], asksClientCertificate: false },
      services: own(plan.services),
      ...(egress && isEgress && { egress }),
      policy: isEgress ? NO_POLICY : { ...policy, services: own(policy.services) },
      issuers: {},
      proofCheckedAt: {},
      ...(delegation && { delegations: { [point]: delegation } }),
      ways: {},
      optOuts: [],
      diagnostics: [],
    },
  };
}

/** The rules with refs where something stands for what only the deployment knows. */
export function deferredRules(plan: Plan, rules: PointRules): PointRules {
  if (standInsOf(plan).size === 0) return rules;
  return { ...(withRefs(plan, rules as unknown as Template) as unknown as PointRules), deferred: true };
}

/** The rules with the values of those refs. Throws `missing-ref`. */
export function knownRules({ deferred, ...rules }: PointRules, values: RefValues): PointRules {
  return deferred ? (substitute(rules as unknown as Template, values) as PointRules) : rules;
}

/** The services that a point guards; the hosts outside, of the egress gateway. */
export function guardedServices({ plan }: PointRules): string[] {
  return Object.keys(plan.egress?.policy.services ?? plan.services);
}

/** The watched file of a point under a revocation document. */
export function compileRules(
  point: string,
  { plan, profile }: PointRules,
  revoked: RevocationDocument,
): Template {
  if (plan.egress && point === plan.egress.key) return egressRoutesFile(plan, plan.egress, revoked);
  if (point !== plan.gateway.key) return sidecarRoutes(plan, serviceOf(plan, point), revoked);
  return routesFile(plan, 'gateway', plan.gateway.services, revoked, profile);
}

function serviceOf(plan: Plan, point: string): string {
  const found = Object.values(plan.services).find(({ sidecar }) => sidecar.key === point);
  if (!found) throw new RangeError(`the plan has no point "${point}"`);
  return found.name;
}
