import type { DecisionServicePlace } from '../model/service.js';
import { partition } from '../policy/compile/envoy/index.js';
import type { Gap } from '../policy/compile/gap.js';
import type { AccessRule, Policy } from '../policy/policy.js';
import { callersByService } from './callers.js';
import { clientEndsAt, GATEWAY } from './names.js';
import type { DelegationNode, LeftOut, Plan, Way, WayPoint } from './plan.js';

/** What each point leaves to whom, the ways to every service, and what nobody on some way would judge. */
export interface Enforcement {
  readonly delegations: Readonly<Record<string, DelegationNode>>;
  readonly ways: Readonly<Record<string, readonly Way[]>>;
  /** Gaps at points that may leave nothing to anybody. */
  readonly open: readonly Gap[];
  readonly conflicts: readonly Conflict[];
}

/** A gateway would hand on requests whose proof only it can judge. */
export interface Conflict {
  readonly service: string;
  /** What the gateway cannot say. */
  readonly gap: Gap;
  /** A rule on the same paths, with a condition on the client's own connection. */
  readonly rule: AccessRule;
}

interface Declared extends Pick<Plan, 'engine' | 'services'> {
  readonly policy: Policy;
  /** Where each service has a decision service. */
  readonly places: Readonly<Record<string, DecisionServicePlace>>;
  /** What Envoy cannot say of the policy. */
  readonly gaps: readonly Gap[];
}

/** Who decides what an Envoy cannot be told, and whether on every way somebody does. */
export function enforcementOf(declared: Declared): Enforcement {
  const { gaps, places } = declared;
  const isKept = (gap: Gap) => places[gap.service] !== undefined && !isJudgedAtGatewayOnly(gap, places);
  const delegations = delegationsOf(declared, gaps.filter(isKept));
  return {
    delegations,
    ways: waysOf(declared, delegations),
    open: gaps.filter((gap) => !isKept(gap)),
    conflicts: conflictsOf(declared, gaps.filter(isKept)),
  };
}

/**
 * Ways on which nobody exact follows a point that leaves requests to those behind it. A plan has none:
 * whoever compiles one may rely on it.
 */
export function unguardedWays(ways: Plan['ways']): { readonly service: string; readonly way: Way }[] {
  return Object.entries(ways).flatMap(([service, all]) =>
    all
      .filter(({ points }) => points.length === 0 || points.at(-1)!.decides !== 'exactly')
      .map((way) => ({ service, way })),
  );
}

/** The gateway alone sees a client's proof; what it hands on unjudged, nobody behind it can judge. */
function isJudgedAtGatewayOnly({ service, points }: Gap, places: Declared['places']): boolean {
  return places[service] === 'sidecar' && !points.includes('sidecar');
}

function delegationsOf(
  { places, policy, services }: Declared,
  gaps: readonly Gap[],
): Record<string, DelegationNode> {
  const byPoint = new Map<string, Record<string, DelegationNode['services'][string]>>();
  const add = (point: string, service: string, to: 'decisionService' | 'sidecar') => {
    const kind = point === GATEWAY ? 'gateway' : 'sidecar';
    const rules = gaps.flatMap((gap): LeftOut[] =>
      gap.service === service && gap.points.includes(kind)
        ? [{ rule: gap.rule.id, operations: gap.operations, feature: gap.feature, why: gap.why }]
        : [],
    );
    // A decision service stands by for what is revoked; a gateway without one only hands on what it must.
    if (to === 'sidecar' && rules.length === 0) return;
    byPoint.set(point, { ...byPoint.get(point), [service]: { to, rules } });
  };
  for (const [service, place] of Object.entries(places)) {
    if (policy.services[service]!.public)
      add(GATEWAY, service, place === 'everyPoint' ? 'decisionService' : 'sidecar');
    add(services[service]!.sidecar.key, service, 'decisionService');
  }
  return Object.fromEntries(
    [...byPoint].map(([point, own]) => [point, { key: `${point}/decision`, services: own }]),
  );
}

function waysOf(
  { engine, services, policy }: Declared,
  delegations: Enforcement['delegations'],
): Record<string, Way[]> {
  const at = (point: string, service: string): WayPoint => {
    const { key, services: left } = delegations[point] ?? {};
    const own = left?.[service];
    if (own?.to === 'sidecar') return { point, decides: 'handsOn' };
    return {
      point,
      decides: 'exactly',
      ...(own && own.rules.length > 0 && key !== undefined && { with: key }),
    };
  };
  const callers = callersByService(services);
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const inner = at(service.sidecar.key, name);
      const first = clientEndsAt(engine, service);
      const edge: WayPoint[] = first === GATEWAY ? [] : [{ point: first, decides: 'exactly' }];
      const outside: Way[] = policy.services[name]!.public
        ? [{ from: 'clients', points: [...edge, at(GATEWAY, name), inner] }]
        : [];
      const inside = (callers.get(name) ?? []).map(
        (caller): Way => ({ from: services[caller]!.key, points: [inner] }),
      );
      return [name, [...outside, ...inside]];
    }),
  );
}

/** Rules whose proof the gateway must judge, on routes that it would hand on as a whole. */
function conflictsOf({ places, policy }: Declared, gaps: readonly Gap[]): Conflict[] {
  return Object.keys(places).flatMap((service) => {
    if (places[service] !== 'sidecar') return [];
    const own = gaps.filter((gap) => gap.service === service && gap.points.includes('gateway'));
    const gapOf = (rule: AccessRule, operation: string) =>
      own.find((gap) => gap.rule.id === rule.id && gap.operations.some((one) => one === operation));
    const routes = partition(policy.services[service]!.rules, (rule, operation) => !!gapOf(rule, operation));
    const found = routes
      .filter(({ isLeftOut }) => isLeftOut)
      .flatMap(({ rules }) => {
        const [gap] = rules.flatMap(({ rule, operations }) =>
          operations.flatMap((one) => gapOf(rule, one) ?? []),
        );
        return rules
          .filter(({ rule }) => hangsOnClient(rule))
          .map(({ rule }) => ({ service, gap: gap!, rule }));
      });
    return [...new Map(found.map((conflict) => [conflict.rule.id, conflict])).values()];
  });
}

function hangsOnClient({ conditions, principals }: AccessRule): boolean {
  const isProof = conditions.some(({ kind }) => kind === 'senderConstrained' || kind === 'sourceNetwork');
  return isProof && principals.some(({ kind }) => kind !== 'workload');
}
