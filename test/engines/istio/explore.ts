import fc from 'fast-check';
import type { Outcome } from '../../../lib/policy/decide.js';
import type { AccessRule, PolicyPrincipal } from '../../../lib/policy/policy.js';
import { calledService } from '../../../lib/policy/called-service.js';
import { operationOf } from '../../../lib/policy/operation.js';
import { spiffeId } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { stricterOutcome } from '../../equality/stricter.js';
import type { PolicySpec, RequestSpec } from '../equality/case.js';
import { Draw } from '../equality/draw.js';
import { SERVICES } from '../equality/platform.js';
import { drawPolicy } from '../equality/policies.js';
import { drawRequest } from '../equality/requests.js';
import { repaired } from '../equality/validity.js';
import { answered, answerOf, isGrpc } from '../support/outcome.js';
import type { TranslateOptions } from './mesh-policy.js';
import { FOREIGN, type MeshGround, type Served, type Tried } from './mesh-ground.js';

interface Drawn {
  readonly spec: PolicySpec;
  readonly plan: Plan;
  readonly requests: readonly Asked[];
}

interface Asked {
  readonly request: RequestSpec;
  readonly peer: string;
  /** Whose address it goes to. @default that of the service of whom the rules speak most */
  readonly service?: string;
}

/** What a run met, by name. */
export type Counts = Map<string, number>;

/** What every run must have met, or it has shown less than it says. */
export const WANTED = [
  ...['allow', 'forbidden', 'tokenRequired', 'invalidToken', 'stepUp', 'nonCanonical'].map(
    (one) => `outcome ${one}`,
  ),
  ...['Istio itself', 'the decision service'].flatMap((one) => [`admitted by ${one}`, `refused by ${one}`]),
  ...['the gateway', 'a workload', 'a stranger', 'another trust domain'].map((one) => `from ${one}`),
  ...['literal path', '{name}', '/**'].flatMap((one) => [
    `Istio itself admits ${one}`,
    `Istio itself denies ${one}`,
  ]),
  ...['anyone', 'workload', 'sourceNetwork'].flatMap((one) => [
    `Istio itself admits ${one}`,
    `Istio itself denies ${one}`,
  ]),
  'Istio itself denies for a condition on a token',
  'the decision service asked for a date',
  'the decision service asked for an end',
  'service closed',
] as const;

/** Random policies and requests, the same for the same seed. */
export function draw(ground: MeshGround, { seed, policies, requests, changed = {} }: Exploration): Drawn[] {
  const drawn = fc.sample(fc.noBias(fc.gen()), { seed, numRuns: policies });
  return drawn.map((value) => {
    const own = new Draw(value);
    const instant = ground.world.instant();
    const spec = repaired(drawPolicy(own), instant).policy;
    const plan = ground.planOf(spec, instant);
    const isAmbient = changed.mode === 'ambient';
    const caller = () => {
      const one = drawCaller(own, plan, spec);
      return isAmbient ? atWaypoint(own, one) : one;
    };
    return { spec, plan, requests: own.list(requests, caller) };
  });
}

/** Mostly whom a rule speaks of; sometimes one of the same name elsewhere. Half of those who bring a token leave it out. */
function drawCaller(own: Draw, plan: Plan, spec: PolicySpec): Asked {
  const drawn = drawRequest(own, plan, spec.revocations, 'sidecar');
  const asked = own.chance(40)
    ? { ...drawn, headers: drawn.headers.filter(([name]) => name !== 'authorization') }
    : drawn;
  // What Istio has its Envoys cut off, unless it is told otherwise; HTTP/1.1's parser refuses it.
  const request: RequestSpec = own.chance(3) ? { ...asked, http: 2, path: `${asked.path}#x` } : asked;
  const peer = request.peer === 'gateway' ? undefined : plan.services[request.peer]!.sidecar.spiffeId;
  const ingress = (domain: string) => spiffeId(domain, 'edge', 'edge');
  if (own.chance(82)) return { request, peer: peer ?? ingress(plan.trustDomain) };
  const name = own.pick(SERVICES);
  return {
    request,
    peer: own.pick([
      peer?.replace(plan.trustDomain, FOREIGN) ?? ingress(FOREIGN),
      peer?.replace(plan.trustDomain, FOREIGN) ?? ingress(FOREIGN),
      spiffeId(plan.trustDomain, 'elsewhere', name),
      spiffeId(plan.trustDomain, plan.namespace, `${name}x`),
      // The gateway of the plan itself lets nobody in where another one is named.
      spiffeId(plan.trustDomain, plan.namespace, 'gateway'),
    ]),
  };
}

/** Addresses of which a request may say that it comes from there. */
const CLAIMED = ['127.0.0.1', '127.0.0.9', '10.0.0.1'] as const;

/**
 * What only a waypoint meets: no sidecar of the caller writes the authority in place of the name by which it calls, nor
 * drops what it says of its own address, and other services are behind the same waypoint.
 */
function atWaypoint(own: Draw, { request, peer }: Asked): Asked {
  // Of the decision service's own Service no rule speaks.
  const service = own.chance(10) ? 'web' : own.chance(4) ? 'decision' : 'orders';
  const names = ['', '.default', '.default.svc', '.default.svc.cluster.local'];
  const name = `${own.chance(85) ? service : 'pay'}${own.pick(names)}${own.chance(30) ? ':80' : ''}`;
  const claimed = ['x-forwarded-for', own.pick(CLAIMED)] as const;
  const host = own.chance(20) ? name : request.host;
  const sent = request.headers.filter(([field]) => service !== 'decision' || field !== 'authorization');
  const headers = own.chance(20) ? [...sent, claimed] : sent;
  return { request: { ...request, host, headers }, peer, service };
}

/** In what a sidecar differs from `decide`; undefined if in nothing. */
export function differenceOf(served: Served, tried: Tried): string | undefined {
  const { posed, request, expected, wasAsked } = tried;
  // The decision service may refuse what the page about it lists, most of it where a client's own connection ends alone.
  const stricter = wasAsked
    ? stricterOutcome('decision service', served.index, posed, request, expected)
    : undefined;
  const first = mismatch(served, tried, expected.outcome);
  return stricter !== undefined && first !== undefined ? mismatch(served, tried, stricter) : first;
}

function mismatch(served: Served, tried: Tried, outcome: Outcome): string | undefined {
  const { request, expected, reply, arrived, wasAsked } = tried;
  const told = [
    `decide: ${outcome} (${expected.reason}, ${expected.rule}); answered ${reply.status ?? reply.end}`,
    arrived ? 'and it arrived' : 'it did not arrive',
    ...(wasAsked ? ['the decision service was asked'] : []),
  ].join(', ');
  if (arrived !== (outcome === 'allow')) return told;
  const isReset = reply.status === undefined && reply.end === 'reset';
  if (outcome === 'nonCanonical' && (reply.status === 400 || isReset)) return undefined;
  const wanted = answerOf(outcome, isGrpc(request.headers));
  const isSame = JSON.stringify(answered(reply)) === JSON.stringify(wanted);
  return isSame || isOtherHost(served, tried) ? undefined : told;
}

/** For the waypoint the decision service answers as for the service that the host names: its refusal may be another one. */
function isOtherHost({ index }: Served, { request, wasAsked }: Tried): boolean {
  const { authority, point } = request;
  const isWaypoint = index.policy.waypoint !== undefined && point.kind === 'sidecar';
  return wasAsked && isWaypoint && calledService(index, authority) !== point.service;
}

/** A case on which a sidecar and `decide` differ. */
export class Disagreement extends Error {}

export interface Exploration {
  readonly seed: number;
  readonly policies: number;
  readonly requests: number;
  /** What is changed before Istio reads it. @default nothing */
  readonly changed?: Omit<TranslateOptions, 'port'>;
}

/** Try them all. Throws at the first disagreement, with the case. */
export async function explore(ground: MeshGround, exploration: Exploration, counts: Counts): Promise<number> {
  const { seed, changed = {} } = exploration;
  const drawn = draw(ground, exploration);
  const served = await ground.serve(
    drawn.map(({ plan }) => plan),
    changed,
  );
  let pairs = 0;
  for (const [at, own] of served.entries()) {
    const { requests: asked, spec } = drawn[at]!;
    const tried = await Promise.all(
      asked.map(({ request, peer, service }) => ground.try(own, request, peer, service)),
    );
    for (const [index, one] of tried.entries()) {
      pairs += 1;
      count(own, one, counts);
      const difference = differenceOf(own, one);
      if (difference === undefined) continue;
      const { request, peer } = asked[index]!;
      throw new Disagreement(
        [
          `seed ${seed}, policy ${at}: ${difference}`,
          JSON.stringify({ peer, request }),
          JSON.stringify(spec),
        ].join('\n'),
      );
    }
  }
  return pairs;
}

function count({ plan, index }: Served, { request, expected, wasAsked }: Tried, counts: Counts): void {
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const { peer = '' } = request;
  add(`outcome ${expected.outcome}`);
  const isAllowed = expected.outcome === 'allow';
  add(`${isAllowed ? 'admitted' : 'refused'} by ${wasAsked ? 'the decision service' : 'Istio itself'}`);
  const isWorkload = Object.values(plan.services).some(({ sidecar }) => sidecar.spiffeId === peer);
  add(
    `from ${
      plan.policy.gateways.includes(peer)
        ? 'the gateway'
        : isWorkload
          ? 'a workload'
          : peer.startsWith(`spiffe://${FOREIGN}/`)
            ? 'another trust domain'
            : 'a stranger'
    }`,
  );
  if (expected.reason === 'emergency deny') add('service closed');
  const rule = index.policy.services['orders']!.rules.find(({ id }) => id === expected.rule);
  if (!rule || expected.operation === undefined) return;
  if (wasAsked) {
    if (rule.auditUntil !== undefined) add('the decision service asked for a date');
    if (rule.until !== undefined) add('the decision service asked for an end');
    return;
  }
  const how = `Istio itself ${isAllowed ? 'admits' : 'denies'}`;
  for (const feature of featuresOf(rule, expected.operation, request.peer ?? '')) add(`${how} ${feature}`);
  if (!isAllowed && rule.conditions.some(({ kind }) => kind !== 'sourceNetwork')) {
    add('Istio itself denies for a condition on a token');
  }
}

function featuresOf({ principals, conditions }: AccessRule, operation: string, peer: string): string[] {
  const { segments, rest } = operationOf(operation);
  const speaksOf = (principal: PolicyPrincipal) =>
    principal.kind !== 'workload' || principal.spiffeId === peer;
  return [
    ...new Set([
      segments.includes(undefined) ? '{name}' : 'literal path',
      ...(rest ? ['/**'] : []),
      ...principals.filter(speaksOf).map(({ kind }) => kind),
      ...conditions.filter(({ kind }) => kind === 'sourceNetwork').map(({ kind }) => kind),
    ]),
  ];
}
