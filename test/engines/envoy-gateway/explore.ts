import fc from 'fast-check';
import type { Outcome } from '../../../lib/policy/decide.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { stricterOutcome } from '../../equality/stricter.js';
import type { PolicySpec, RequestSpec } from '../equality/case.js';
import { Draw } from '../equality/draw.js';
import { drawPolicy } from '../equality/policies.js';
import { drawRequest } from '../equality/requests.js';
import { repaired } from '../equality/validity.js';
import { Disagreement, type Counts } from '../istio/explore.js';
import { answered, answerOf, isGrpc } from '../support/outcome.js';
import type { Change, EdgeGround, ServedEdge, TriedEdge } from './edge-ground.js';

interface Drawn {
  readonly spec: PolicySpec;
  readonly plan: Plan;
  readonly requests: readonly RequestSpec[];
}

/** What every run must have met, or it has shown less than it says. */
export const WANTED = [
  ...['allow', 'forbidden', 'tokenRequired', 'invalidToken', 'stepUp', 'nonCanonical', 'preflight'].map(
    (one) => `outcome ${one}`,
  ),
  ...['the gateway itself', 'the decision service'].map((one) => `refused by ${one}`),
  ...['senderConstrained', 'sourceNetwork'].flatMap((one) => [`${one} admits`, `${one} refuses`]),
  ...['a public service', 'gRPC', 'another host'].map((one) => `for ${one}`),
  'a foreign origin',
] as const;

/** A host that is nobody's, and one that only workloads call. */
const OTHER_HOSTS = ['nobody.shop.example', 'inner.dev.shop.example.internal', 'shop.example'];

/** Random policies and requests, the same for the same seed. */
export function draw(ground: EdgeGround, seed: number, policies: number, requests: number): Drawn[] {
  const drawn = fc.sample(fc.noBias(fc.gen()), { seed, numRuns: policies });
  return drawn.map((value) => {
    const own = new Draw(value);
    const instant = ground.world.instant();
    const spec = repaired(drawPolicy(own), instant).policy;
    const plan = ground.planOf(spec, instant);
    return { spec, plan, requests: own.list(requests, () => drawClient(own, plan, spec)) };
  });
}

/** Sometimes what a gateway of the library's own is not asked: another host, a preflight of a page that nobody declared. */
function drawClient(own: Draw, plan: Plan, spec: PolicySpec): RequestSpec {
  const drawn = drawRequest(own, plan, spec.revocations, 'gateway');
  if (own.chance(4)) return { ...drawn, host: own.pick(OTHER_HOSTS) };
  if (own.chance(4)) {
    const asked = [
      ['origin', 'https://foreign.example'],
      ['access-control-request-method', 'GET'],
    ] as const;
    const rest = drawn.headers.filter(([name]) => name !== 'origin' && !name.startsWith('access-control'));
    return { ...drawn, method: 'OPTIONS', headers: [...rest, ...asked] };
  }
  return drawn;
}

/** In what a gateway differs from `decide`; undefined if in nothing. */
export function differenceOf(served: ServedEdge, tried: TriedEdge): string | undefined {
  const { posed, request, expected, wasAsked } = tried;
  // The decision service may refuse what the page about it lists.
  const stricter = wasAsked
    ? stricterOutcome('decision service', served.index, posed, request, expected)
    : undefined;
  const first = mismatch(tried, expected.outcome);
  return stricter !== undefined && first !== undefined ? mismatch(tried, stricter) : first;
}

function mismatch(
  { request, expected, reply, received, wasAsked }: TriedEdge,
  outcome: Outcome,
): string | undefined {
  const told = [
    `decide: ${outcome} (${expected.reason}, ${expected.rule}); answered ${JSON.stringify(answered(reply)) ?? reply.end}`,
    received ? `and it arrived at ${received.service}` : 'it did not arrive',
    ...(wasAsked ? ['the decision service was asked'] : []),
  ].join(', ');
  if ((received !== undefined) !== (outcome === 'allow')) return told;
  if (received) {
    const isSame =
      received.service === expected.service &&
      received.method === request.method &&
      received.path === request.path;
    if (!isSame) return `${told}; what arrived: ${received.method} ${received.path}`;
  }
  const isReset = reply.status === undefined && reply.end === 'reset';
  if (outcome === 'nonCanonical' && (reply.status === 400 || isReset)) return undefined;
  const wanted = answerOf(outcome, isGrpc(request.headers));
  return JSON.stringify(answered(reply)) === JSON.stringify(wanted) ? undefined : told;
}

export interface Exploration {
  readonly seed: number;
  readonly policies: number;
  readonly requests: number;
  /** What is changed before Envoy Gateway reads it. @default nothing */
  readonly change?: Change;
  /** Whether what Envoy Gateway says of the objects counts. @default true */
  readonly looksAtConditions?: boolean;
}

/** Try them all. Throws at the first disagreement, with the case. */
export async function explore(
  ground: EdgeGround,
  { seed, policies, requests, change, looksAtConditions = true }: Exploration,
  counts: Counts,
): Promise<number> {
  const drawn = draw(ground, seed, policies, requests);
  const served = await ground.serve(
    drawn.map(({ plan }) => plan),
    change,
  );
  let pairs = 0;
  for (const [at, own] of served.entries()) {
    const { requests: asked, spec } = drawn[at]!;
    if (looksAtConditions && own.problems.length > 0) {
      throw new Disagreement([`seed ${seed}, policy ${at}: Envoy Gateway says`, ...own.problems].join('\n'));
    }
    const tried = await Promise.all(asked.map((request) => ground.try(own, request)));
    for (const [index, one] of tried.entries()) {
      pairs += 1;
      count(own, one, counts);
      const difference = differenceOf(own, one);
      if (difference === undefined) continue;
      throw new Disagreement(
        [
          `seed ${seed}, policy ${at}: ${difference}`,
          JSON.stringify(asked[index]),
          JSON.stringify(spec),
        ].join('\n'),
      );
    }
  }
  return pairs;
}

/** Nobody passes while nobody can be asked, and each is told so. Throws at the first who does, or is told something else. */
export async function exploreOutage(ground: EdgeGround, seed: number, change?: Change): Promise<number> {
  const drawn = draw(ground, seed, 2, 40);
  const served = await ground.serve(
    drawn.map(({ plan }) => plan),
    change,
  );
  let asked = 0;
  for (const [at, own] of served.entries()) {
    await own.decision.close();
    const tried = await Promise.all(drawn[at]!.requests.map((request) => ground.try(own, request)));
    for (const [index, { request, expected, reply, received }] of tried.entries()) {
      // Whatever is refused before anybody is asked.
      const isAsked = request.credential.kind !== 'malformed' && expected.outcome !== 'nonCanonical';
      if ((!isAsked && !received) || expected.outcome === 'preflight') continue;
      asked += 1;
      const answer = answered(reply);
      const isTold = isGrpc(request.headers) ? answer?.grpcStatus === '14' : answer?.status === 503;
      if (received || !isTold) {
        throw new Disagreement(
          `seed ${seed}: without a decision service ${request.method} ${request.path} is answered ${JSON.stringify(answer)}${received ? ', and it arrived' : ''}\n${JSON.stringify(drawn[at]!.requests[index])}`,
        );
      }
    }
  }
  return asked;
}

function count(
  { plan, index }: ServedEdge,
  { request, expected, wasAsked }: TriedEdge,
  counts: Counts,
): void {
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const { outcome, service } = expected;
  add(`outcome ${outcome}`);
  if (outcome !== 'allow' && outcome !== 'preflight') {
    add(`refused by ${wasAsked ? 'the decision service' : 'the gateway itself'}`);
  }
  add(
    `for ${
      service === undefined
        ? 'another host'
        : plan.services[service]?.protocol === 'grpc'
          ? 'gRPC'
          : 'a public service'
    }`,
  );
  if (request.headers.some(([, value]) => value === 'https://foreign.example')) add('a foreign origin');
  if (outcome === 'allow') {
    const rule = index.policy.services[service ?? '']?.rules.find(({ id }) => id === expected.rule);
    for (const { kind } of rule?.conditions ?? []) add(`${kind} admits`);
  }
  for (const { conditions = [] } of expected.needed ?? []) {
    for (const { kind } of conditions) add(`${kind} refuses`);
  }
}
