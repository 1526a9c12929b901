import type { Plan } from '../../../lib/plan/plan.js';
import { operationOf } from '../../../lib/policy/operation.js';
import { isWithin } from '../../../lib/policy/condition.js';
import {
  type AccessRule,
  isStrength,
  type PolicyCondition,
  type PolicyPrincipal,
} from '../../../lib/policy/policy.js';
import type { Json } from '../../../lib/policy/request.js';
import { type Revocation, revokedClaim, type TokenRevocation } from '../../../lib/policy/revocation.js';
import type { BearerSpec, RequestSpec } from './case.js';
import type { Draw } from './draw.js';
import { BEHIND_SIDECAR, HOSTS, SERVICES } from './platform.js';
import { drawToken, joinScopes, meet, satisfy, spoil, type TokenDraft } from './tokens.js';
import { METHODS, ORIGINS, OTHER_SEGMENTS, RPCS, SEGMENTS, SOURCES } from './vocabulary.js';

type Headers = [name: string, value: string | BearerSpec][];
type RequestDraft = { -readonly [Key in keyof RequestSpec]: RequestSpec[Key] };

/** A random request that most often is one that some rule of the policy speaks about, or nearly so. */
export function drawRequest(
  draw: Draw,
  plan: Plan,
  revocations: readonly Json[],
  point: RequestSpec['point'] = draw.chance(50) ? 'gateway' : 'sidecar',
): RequestSpec {
  const here = point === 'sidecar' ? [BEHIND_SIDECAR] : plan.gateway.services;
  const rules = here.flatMap((name) =>
    (plan.policy.services[name]?.rules ?? []).map((rule) => ({ service: name, rule })),
  );
  const allows = rules.filter(({ rule }) => rule.effect === 'allow');
  const aim =
    draw.chance(95) && rules.length > 0
      ? draw.pick(allows.length > 0 && draw.chance(60) ? allows : rules)
      : undefined;
  const service = aim?.service ?? draw.pick(here);
  const principal = aim && draw.pick(aim.rule.principals);
  const headers: Headers = [];
  const request: RequestDraft = {
    point,
    // API Gateway speaks HTTP/1.1 to what is behind it.
    http: point === 'behindEdge' || draw.chance(50) ? 1 : 2,
    peer: drawPeer(draw, plan, point, principal),
    source: drawSource(draw, aim?.rule),
    ...drawOperation(draw, service, aim?.rule),
    host: HOSTS[service] ?? '',
    headers,
  };
  const token = drawTokenFor(draw, plan, service, aim?.rule, principal, request);
  if (token) {
    if (draw.chance(40)) nameRevoked(draw, plan, token, revocations);
    headers.push(['authorization', { before: 'Bearer ', token }]);
  }
  if (service === 'pay' && draw.chance(80)) headers.push(['content-type', 'application/grpc']);
  const origins = plan.policy.services[service]?.cors?.origins ?? [];
  if (point !== 'sidecar' && origins.length > 0 && draw.chance(15)) {
    request.method = 'OPTIONS';
    headers.push(['origin', draw.pick(origins)], ['access-control-request-method', draw.pick(METHODS)]);
  }
  const changes = draw.pick([0, 0, 0, 0, 1, 1, 2]);
  for (let change = 0; change < changes; change += 1) alter(draw, plan, request, headers);
  return request;
}

function drawSource(draw: Draw, rule: AccessRule | undefined): string {
  const ranges = (rule?.conditions ?? []).flatMap((condition) =>
    condition.kind === 'sourceNetwork' ? [condition.ranges] : [],
  );
  const inside = SOURCES.filter((address) => ranges.every((list) => isWithin(address, list)));
  return draw.pick(inside.length > 0 && draw.chance(75) ? inside : SOURCES);
}

function drawPeer(
  draw: Draw,
  plan: Plan,
  point: RequestSpec['point'],
  principal: PolicyPrincipal | undefined,
): string {
  if (point !== 'sidecar') return draw.pick(['none', 'alice', 'alice', 'web']);
  if (principal?.kind !== 'workload') return draw.chance(85) ? 'gateway' : draw.pick(SERVICES);
  const caller = Object.values(plan.services).find(({ sidecar }) => sidecar.spiffeId === principal.spiffeId);
  return draw.chance(85) && caller ? caller.name : draw.pick(['gateway', ...SERVICES]);
}

function drawOperation(
  draw: Draw,
  service: string,
  rule: AccessRule | undefined,
): { method: string; path: string } {
  if (!rule) {
    if (service === 'pay') return { method: 'POST', path: `/${draw.pick(RPCS)}` };
    const segments = draw.list(draw.below(4), () => draw.pick([...SEGMENTS, ...OTHER_SEGMENTS]));
    return { method: draw.pick(METHODS), path: `/${segments.join('/')}` };
  }
  const { method, segments, rest } = operationOf(draw.pick(rule.operations));
  const filled = segments.map((segment) => segment ?? draw.pick([...SEGMENTS, ...OTHER_SEGMENTS]));
  const below = rest ? draw.list(draw.below(3), () => draw.pick([...SEGMENTS, ...OTHER_SEGMENTS])) : [];
  return { method, path: `/${[...filled, ...below].join('/')}` };
}

/** A token that the principal and the conditions of the rule ask for; sometimes none, sometimes without need. */
function drawTokenFor(
  draw: Draw,
  plan: Plan,
  service: string,
  rule: AccessRule | undefined,
  principal: PolicyPrincipal | undefined,
  { point, method, path, peer }: RequestDraft,
): TokenDraft | undefined {
  const wanted =
    principal?.kind === 'token' ? principal : principal?.kind === 'workload' ? principal.forUser : undefined;
  if (draw.chance(wanted ? 8 : rule && rule.conditions.length > 0 ? 20 : 40)) return undefined;
  const name = wanted && draw.chance(97) ? wanted.issuer : drawIssuer(draw, plan, rule);
  const issuer = plan.policy.issuers[name];
  if (!issuer) return undefined;
  const token = drawToken(draw, name, issuer, plan.policy.services[service]);
  for (const test of wanted?.claims ?? []) if (draw.chance(96)) satisfy(draw, token.claims, test);
  // What lifts the denies that are in the way is wanted as well.
  const inTheWay = (plan.policy.services[service]?.rules ?? []).filter(
    (other) => other.effect === 'deny' && draw.chance(80) && covers(other, method, path),
  );
  const conditions = [...(rule?.conditions ?? []), ...inTheWay.flatMap((other) => other.conditions)];
  const left = drawLeftOut(draw, conditions);
  const client = point === 'gateway' ? peer : 'alice';
  for (const condition of conditions) {
    if (!left.includes(condition)) meet(draw, token.claims, condition, issuer, client);
  }
  if (draw.chance(40)) joinScopes(draw, token.claims, issuer.scopeClaim);
  if (draw.chance(25)) spoil(draw, token, plan.policy.issuers);
  return token;
}

/** An issuer that can show what the rule's conditions ask for, most often. */
function drawIssuer(draw: Draw, plan: Plan, rule: AccessRule | undefined): string {
  const names = Object.keys(plan.policy.issuers);
  const asked = new Set((rule?.conditions ?? []).map(({ kind }) => kind));
  const able = names.filter((name) => {
    const issuer = plan.policy.issuers[name];
    const shows = {
      multiFactor: issuer?.multiFactor,
      signedInWithin: issuer?.authTime,
      compliantDevice: issuer?.device,
    };
    return Object.entries(shows).every(
      ([kind, evidence]) => !asked.has(kind as never) || evidence !== undefined,
    );
  });
  return draw.pick(able.length > 0 && draw.chance(85) ? able : names);
}

/** The conditions that the token is not to meet: none, one, or all that ask for strength. */
function drawLeftOut(draw: Draw, conditions: readonly PolicyCondition[]): readonly PolicyCondition[] {
  if (conditions.length === 0 || draw.chance(60)) return [];
  return draw.chance(30) ? conditions.filter(isStrength) : [draw.pick(conditions)];
}

/** Have the token say what some revocation of its issuer's tokens says. */
function nameRevoked(
  draw: Draw,
  plan: Plan,
  { signer, claims }: TokenDraft,
  revocations: readonly Json[],
): void {
  const entries = (revocations as unknown as Revocation[]).filter(
    (entry) => entry.kind !== 'service' && entry.kind !== 'rule' && entry.issuer === signer,
  ) as TokenRevocation[];
  if (entries.length === 0) return;
  const entry = draw.pick(entries);
  const { profile } = plan.policy.issuers[signer]!;
  // Where another claim has the client, `client_id` withdraws nothing.
  const claim = draw.chance(80) ? revokedClaim(entry.kind, profile) : revokedClaim(entry.kind, {});
  claims[claim] = entry.value;
}

/** Whether the rule has an operation that the path may be; roughly is enough here. */
function covers(rule: AccessRule, method: string, path: string): boolean {
  const segments = path.slice(1).split('/');
  return rule.operations
    .map(operationOf)
    .some(
      (operation) =>
        operation.method === method &&
        operation.segments.every((segment, at) => segment === undefined || segment === segments[at]),
    );
}

/** Change one thing about a request. */
function alter(draw: Draw, plan: Plan, request: RequestDraft, headers: Headers): void {
  const bearer = headers.find(([name]) => name === 'authorization');
  const changes: (() => void)[] = [
    () => (request.method = draw.pick([...METHODS, ...METHODS, 'get', 'TRACE', 'FOO'])),
    () => (request.path = alterPath(draw, request.path)),
    () => (request.path = alterPath(draw, request.path)),
    () =>
      (request.path = `${request.path}?${draw.pick(['', 'x=/../y', 'access_token=a.b.c', 'a=%zz&b=;', '?'])}`),
    () => (request.host = alterHost(draw, request.host)),
    () =>
      (request.peer =
        request.point === 'sidecar'
          ? draw.pick(['gateway', ...SERVICES])
          : draw.pick(['none', 'alice', 'web'])),
    () => headers.push(draw.pick<Headers[number]>(OTHER_HEADERS)),
    () => headers.push(['x-forwarded-client-cert', `URI=${plan.gateway.spiffeId}`]),
    () => headers.push(['origin', draw.pick([...ORIGINS, 'null', 'https://app.example,https://x'])]),
    () => {
      request.method = draw.chance(80) ? 'OPTIONS' : request.method;
      headers.push(['origin', draw.pick(ORIGINS)]);
      if (draw.chance(85)) headers.push(['access-control-request-method', draw.pick(['GET', 'DELETE', ''])]);
    },
    () => {
      if (bearer && typeof bearer[1] !== 'string') bearer[1] = { ...bearer[1], ...draw.pick(FORMS) };
    },
    () =>
      headers.push([
        'authorization',
        draw.pick(['', 'Basic YTpi', 'Bearer', 'Bearer a.b.c', 'bearer x', 'DPoP a.b.c']),
      ]),
    () => {
      if (bearer) headers.push([...bearer]);
    },
    () => {
      if (bearer) headers.splice(headers.indexOf(bearer), 1);
    },
  ];
  draw.pick(changes)();
}

const OTHER_HEADERS: Headers = [
  ['x-forwarded-for', '10.0.0.1'],
  ['x-forwarded-for', '127.0.0.9'],
  ['x-http-method-override', 'DELETE'],
  ['x-original-url', '/admin'],
  ['x_role', 'admin'],
  ['content-type', 'application/grpc+proto'],
  ['content-type', 'application/grpc-web'],
];

const FORMS: readonly Partial<BearerSpec>[] = [
  { before: 'bearer ' },
  { before: 'Bearer  ' },
  { before: 'BEARER ' },
  { before: 'DPoP ' },
  { before: 'Bearer' },
  { before: '' },
  { before: 'Basic Bearer ' },
  { after: ' ' },
  { after: ', Bearer a.b.c' },
  { after: '=' },
  { after: '.x' },
  { after: ' x' },
  { before: 'Basic YTpi, Bearer ' },
];

function alterPath(draw: Draw, path: string): string {
  const segments = path.slice(1).split('/');
  const at = draw.below(segments.length);
  const segment = segments[at] ?? '';
  const replaced = (text: string) =>
    `/${segments.map((item, index) => (index === at ? text : item)).join('/')}`;
  return draw.pick<() => string>([
    () => `${path}/`,
    () => `${path}/${draw.pick([...SEGMENTS, ...OTHER_SEGMENTS])}`,
    () => `/${segments.slice(0, -1).join('/')}`,
    () => `/${path}`,
    () => replaced(segment.toUpperCase()),
    () => replaced(`${segment}x`),
    () => replaced(draw.pick(SEGMENTS)),
    // What a dot would match that is read as an expression.
    () => `/${segments.map((item) => item.replace('.', draw.pick(['z', '-']))).join('/')}`,
    () => `/${segments.map((item) => item.replace('.', draw.pick(['z', '-']))).join('/')}`,
    () => replaced(draw.pick(['.', '..', '...', '%2e', '%2E%2E', ''])),
    () => replaced(`${segment}%2F..`),
    () =>
      replaced(
        `${segment}${draw.pick(['%2f', '%5C', '\\', ';x', '%3B', '%00', '%25', '#', '%61', '%c3%a9', '%C3', '|', '%7C', '"', '%0A', '%7F', '%C2%80'])}`,
      ),
    () => replaced(`%${(segment.charCodeAt(0) || 97).toString(16)}${segment.slice(1)}`),
  ])();
}

function alterHost(draw: Draw, host: string): string {
  return draw.pick([
    host.toUpperCase(),
    `${host}:8443`,
    `${host}:0`,
    `${host}:99999`,
    `${host}:123456`,
    `${host}:`,
    `${host}.`,
    `x.${host}`,
    host.replace('.', '-'),
    'unknown.example',
    '127.0.0.1',
    'gateway',
    ...Object.values(HOSTS),
  ]);
}
