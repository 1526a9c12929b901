import type { Condition } from '../../../lib/model/condition.js';
import type { Principal, UserPrincipal } from '../../../lib/model/principal.js';
import type { Json, JsonObject } from '../../../lib/policy/request.js';
import type { PolicySpec } from './case.js';
import type { Draw } from './draw.js';
import { PIPELINE_ISSUER, PIPELINES, SERVICES, USER_PROVIDERS } from './platform.js';
import {
  AUDIENCES,
  CLAIMS,
  GROUPS,
  IDENTIFIERS,
  METHODS,
  NESTED,
  NUMBERS,
  ORIGINS,
  RANGES,
  RPCS,
  SCOPES,
  SEGMENTS,
  SUBJECTS,
  VALUES,
} from './vocabulary.js';

const DAY = 86_400;

/** Names that could sort differently from those of their parts, or mean something to an Envoy. */
const NAMES = [
  'a',
  'a-b',
  'a.b',
  'a0',
  'B',
  'z',
  'none',
  'noncanonical',
  'token-form',
  'step-up',
  'emergency',
];

/** A random policy; some of its rules may not be valid, and are to be taken out. */
export function drawPolicy(draw: Draw): PolicySpec {
  const count = draw.chance(10) ? 20 + draw.below(30) : 3 + draw.below(9);
  // Few operations in small policies, so that rules meet; many in large ones, so that they are split up.
  const operations = Object.fromEntries(
    SERVICES.map((name) => [name, draw.list(2 + draw.below(count), () => drawOperation(draw, name))]),
  );
  const access = draw.list(count, () => drawRule(draw, operations));
  const named = access.flatMap((rule) =>
    typeof rule['name'] === 'string' && rule['effect'] === 'allow' ? [rule['name']] : [],
  );
  return {
    parts: { access, ...drawAudiences(draw), ...drawCors(draw) },
    revocations: draw.chance(50) ? draw.list(1 + draw.below(4), () => drawRevocation(draw, named)) : [],
  };
}

function drawRule(draw: Draw, operations: Readonly<Record<string, readonly string[]>>): JsonObject {
  const service = draw.chance(60) ? 'orders' : draw.pick(SERVICES);
  const isDeny = draw.chance(35);
  const principals = draw.list(draw.chance(70) ? 1 : 2 + draw.below(2), () =>
    isDeny ? drawDenied(draw) : drawAdmitted(draw, service),
  );
  const kinds = isDeny ? CONDITIONS : conditionsFor(principals);
  const conditions = draw.chance(kinds.length > 1 ? 75 : 20)
    ? draw.list(draw.pick([1, 1, 1, 2, 3]), () => drawCondition(draw, draw.pick(kinds)))
    : [];
  return {
    effect: isDeny ? 'deny' : 'allow',
    service,
    operations: draw.some(operations[service] ?? [], 3),
    principals: principals as unknown as Json,
    ...(conditions.length > 0 && { [isDeny ? 'unless' : 'when']: conditions as unknown as Json }),
    ...(draw.chance(35) && { name: draw.pick(NAMES) }),
    ...(draw.chance(15) && { audit: { until: { $date: draw.pick([-5, 2, DAY, DAY]) }, reason: 'tried' } }),
    ...(!isDeny && draw.chance(15) && { until: { $date: draw.pick([-5, 2, DAY, 2 * DAY]) } }),
  };
}

const CONDITIONS = [
  'multiFactor',
  'signedInWithin',
  'compliantDevice',
  'senderConstrained',
  'sourceNetwork',
  'contains',
  'equals',
  'presentAndNot',
] as const;

/** The conditions that these principals can meet at all. */
function conditionsFor(principals: readonly Principal[]): readonly (typeof CONDITIONS)[number][] {
  const isUser = principals.every(
    (item) => item.kind === 'user' || (item.kind === 'workload' && item.forUser),
  );
  if (isUser)
    return CONDITIONS.filter((kind) => kind !== 'senderConstrained' || principals[0]?.kind === 'user');
  const hasToken = principals.every(
    (item) => item.kind !== 'anyone' && (item.kind !== 'workload' || item.forUser),
  );
  return hasToken ? ['sourceNetwork', 'contains', 'equals', 'presentAndNot'] : ['sourceNetwork'];
}

function drawOperation(draw: Draw, service: string): string {
  if (service === 'pay') return `rpc ${draw.pick(RPCS)}`;
  let names = 0;
  const segments = draw.list(draw.below(4), () =>
    draw.chance(30) ? `{p${(names += 1)}}` : draw.pick(SEGMENTS),
  );
  const path = `/${segments.join('/')}`;
  const rest = draw.chance(25);
  return `${draw.pick(METHODS)} ${rest ? `${path === '/' ? '' : path}/**` : path}`;
}

function drawAdmitted(draw: Draw, service: string): Principal {
  switch (draw.pick(['user', 'user', 'user', 'anyone', 'pipeline', 'workload', 'workload', 'delegated'])) {
    case 'user':
      return drawUser(draw);
    case 'anyone':
      return { kind: 'anyone' };
    case 'pipeline':
      return { kind: 'pipeline', pipeline: draw.pick(PIPELINES) };
    case 'workload':
      return { kind: 'workload', service: drawCaller(draw, service) };
    default:
      return { kind: 'workload', service: drawCaller(draw, service), forUser: drawUser(draw) };
  }
}

function drawCaller(draw: Draw, service: string): string {
  return draw.pick(SERVICES.filter((name) => name !== service));
}

function drawUser(draw: Draw): UserPrincipal {
  return {
    kind: 'user',
    ...(draw.chance(60) && { issuer: draw.pick(USER_PROVIDERS) }),
    ...(draw.chance(40) && { groups: draw.some(GROUPS, 2) }),
    ...(draw.chance(30) && { scopes: draw.some(SCOPES, 2) }),
    ...(draw.chance(20) && { claims: { [draw.pick(CLAIMS)]: drawValue(draw) } }),
  };
}

function drawValue(draw: Draw): string | number | boolean {
  switch (draw.below(4)) {
    case 0:
      return draw.pick(NUMBERS);
    case 1:
      return draw.chance(50);
    default:
      return draw.pick(VALUES);
  }
}

/** A deny goes by who somebody is, never by what a token may leave out. */
function drawDenied(draw: Draw): Principal {
  switch (draw.below(4)) {
    case 0:
      return { kind: 'anyone' };
    case 1:
      return { kind: 'user', ...(draw.chance(80) && { issuer: draw.pick(USER_PROVIDERS) }) };
    case 2:
      return { kind: 'pipeline', pipeline: draw.pick(PIPELINES) };
    default:
      return { kind: 'workload', service: draw.pick(SERVICES) };
  }
}

function drawCondition(draw: Draw, kind: (typeof CONDITIONS)[number]): Condition {
  switch (kind) {
    case 'multiFactor':
    case 'compliantDevice':
      return { kind };
    case 'signedInWithin':
      return { kind, seconds: draw.pick([60, 300, 3600]) };
    case 'senderConstrained':
      return { kind, by: 'certificate' };
    case 'sourceNetwork':
      return { kind, ranges: draw.some(RANGES, 2) };
    case 'contains':
      return { kind: 'claim', claim: drawClaim(draw), test: 'equals', value: draw.pick(VALUES) };
    case 'equals':
      return {
        kind: 'claim',
        claim: drawClaim(draw),
        test: kind,
        value: draw.pick([...NUMBERS, true, false]),
      };
    case 'presentAndNot':
      return { kind: 'claim', claim: drawClaim(draw), test: kind, value: draw.pick(VALUES) };
  }
}

function drawClaim(draw: Draw): string | [string, string] {
  if (draw.chance(60)) return draw.pick(CLAIMS);
  const [first, second] = draw.pick(NESTED);
  return [first, second];
}

/** Audiences by default, by provider, shared, or none for some service. */
function drawAudiences(draw: Draw): JsonObject {
  const forSome = () =>
    Object.fromEntries(
      draw.some(SERVICES, 4).map((name) => [name, draw.pick([...AUDIENCES, `for-${name}`])]),
    );
  return {
    ...(draw.chance(25) && { audiences: { [draw.pick(USER_PROVIDERS)]: forSome() } }),
    ...(draw.chance(15) && { sharedAudience: { [draw.pick(USER_PROVIDERS)]: ['orders', 'web'] } }),
    ...(draw.chance(15) && { ownAudience: { orders: draw.pick(AUDIENCES) } }),
  };
}

function drawCors(draw: Draw): JsonObject {
  if (!draw.chance(40)) return {};
  const cors = { origins: draw.some(ORIGINS, 2), ...(draw.chance(50) && { methods: ['GET', 'PUT'] }) };
  return { cors: { [draw.pick(['orders', 'orders', 'web'])]: cors } };
}

function drawRevocation(draw: Draw, names: readonly string[]): JsonObject {
  const until = { $now: draw.pick([2, DAY, DAY, -1]) };
  const issuer = draw.pick([...USER_PROVIDERS, PIPELINE_ISSUER]);
  switch (draw.below(names.length > 0 ? 6 : 5)) {
    case 0:
      return { kind: 'service', service: draw.pick(SERVICES), until: draw.chance(50) ? until : { $now: 1 } };
    case 1:
      return { kind: 'token', issuer, value: draw.pick(IDENTIFIERS), until };
    case 2:
      return { kind: 'session', issuer, value: draw.pick(IDENTIFIERS), until };
    case 3:
      return { kind: 'client', issuer, value: draw.pick([...IDENTIFIERS, 'client-orders']), until };
    case 4:
      return {
        kind: 'subject',
        issuer,
        value: draw.pick(SUBJECTS.filter((name) => name !== '')),
        until,
        ...(draw.chance(60) && { before: { $now: draw.pick([-100, 0, 100]) } }),
      };
    default:
      return { kind: 'rule', rule: draw.pick(names), until };
  }
}
