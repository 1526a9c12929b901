import type { ClaimTest, Issuer, PolicyCondition, ServicePolicy } from '../../../lib/policy/policy.js';
import type { Json } from '../../../lib/policy/request.js';
import type { TokenSpec } from './case.js';
import type { Draw } from './draw.js';
import { PIPELINE_ISSUER } from './platform.js';
import {
  AUDIENCES,
  CLAIMS,
  GROUPS,
  IDENTIFIERS,
  NESTED,
  NUMBERS,
  SCOPES,
  SUBJECTS,
  VALUES,
} from './vocabulary.js';

/** A token being made. */
export type TokenDraft = {
  -readonly [Key in keyof TokenSpec]: TokenSpec[Key] extends TokenSpec['claims'] ? Draft : TokenSpec[Key];
};
export type Draft = Record<string, Json>;

/** The keys that fit each issuer's profile, by index. */
const FITTING: Readonly<Record<string, readonly number[]>> = {
  people: [0, 0, 0, 1],
  partners: [0],
  staff: [0, 0, 1, 2, 3, 4, 5],
  [PIPELINE_ISSUER]: [0],
};
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  people: ['ES256', 'RS256', 'ES384'],
  partners: ['RS256', 'ES256'],
  staff: ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'RS512'],
  [PIPELINE_ISSUER]: ['RS256'],
};
const KEY_IDS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  people: ['people-1', 'people-2', 'people-3'],
  partners: ['partners-1', 'partners-2'],
  staff: [undefined, 'staff-2', 'staff-3', 'staff-4', 'staff-5', 'staff-6'],
  [PIPELINE_ISSUER]: ['ci-1'],
};

/** A token of the issuer that is good for the service and says little else. */
export function drawToken(
  draw: Draw,
  name: string,
  issuer: Issuer,
  service: ServicePolicy | undefined,
): TokenDraft {
  const key = draw.pick(FITTING[name] ?? [0]);
  const kid = KEY_IDS[name]?.[key];
  const accepted = service?.audiences[name] ?? [];
  const audience = accepted.length > 0 ? draw.pick(accepted) : 'https://nobody.example';
  const { profile } = issuer;
  return {
    signer: name,
    key,
    header: {
      alg: ALGORITHMS[name]?.[key] ?? 'ES256',
      ...(kid !== undefined && draw.chance(90) && { kid }),
      ...(profile.tokenType !== undefined && {
        typ: draw.chance(90) ? profile.tokenType : profile.tokenType.toUpperCase(),
      }),
    },
    claims: {
      iss: issuer.issuer,
      sub: draw.pick(SUBJECTS),
      [profile.audienceClaim]: draw.chance(80) ? audience : [...draw.some(AUDIENCES, 2), audience],
      iat: { $now: draw.pick([-10, -110]) },
      exp: { $now: 300 },
      ...Object.fromEntries((profile.presentClaims ?? []).map((name) => [name, draw.pick(IDENTIFIERS)])),
      ...profile.requiredClaims,
      ...(draw.chance(30) && { jti: draw.pick(IDENTIFIERS) }),
      ...(draw.chance(20) && { sid: draw.pick(IDENTIFIERS) }),
    },
  };
}

/** Have the claims pass a test. */
export function satisfy(draw: Draw, claims: Draft, test: ClaimTest): void {
  if (test.test === 'equals') return put(claims, test.claim, test.value);
  const value =
    test.test === 'contains' ? test.value : draw.pick(VALUES.filter((item) => item !== test.value));
  const present = at(claims, test.claim);
  const others = Array.isArray(present) ? (present as Json[]) : typeof present === 'string' ? [present] : [];
  // Claims that every library reads by itself are texts.
  const isAlone = test.claim[0] === 'sub' || (others.length === 0 && draw.chance(40));
  put(claims, test.claim, isAlone ? value : [...others, value, ...draw.some(GROUPS, 1, 0)]);
}

/** Write a list of scopes as the one text that most issuers write. */
export function joinScopes(draw: Draw, claims: Draft, scopeClaim: string): void {
  const scopes = claims[scopeClaim];
  if (Array.isArray(scopes)) claims[scopeClaim] = scopes.join(draw.pick([' ', ' ', ' ', '  ', ',']));
}

/** Have the claims meet a condition about the token. */
export function meet(
  draw: Draw,
  claims: Draft,
  condition: PolicyCondition,
  issuer: Issuer,
  client: string,
): void {
  switch (condition.kind) {
    case 'multiFactor':
      if (issuer.multiFactor) satisfy(draw, claims, issuer.multiFactor);
      return;
    case 'compliantDevice':
      if (issuer.device) satisfy(draw, claims, issuer.device);
      return;
    case 'claim':
      satisfy(draw, claims, condition.test);
      return;
    case 'signedInWithin':
      if (issuer.authTime) {
        const border = draw.pick([1, 0, -1]) - condition.seconds;
        put(claims, issuer.authTime, { $now: draw.chance(70) ? -5 : draw.pick([border, 29, 30, 31]) });
      }
      return;
    case 'senderConstrained':
      put(claims, ['cnf', 'x5t#S256'], { $thumbprint: client });
      return;
    // About the client's connection, or a proof beside the token.
    case 'sourceNetwork':
    case 'dpop':
      return;
  }
}

/** Do one thing to a token that may make it another one, or none. */
export function spoil(draw: Draw, token: TokenDraft, issuers: Readonly<Record<string, Issuer>>): void {
  const { claims, header } = token;
  const border = () => ({ $now: draw.pick([-32, -31, -30, -29]) });
  const spoils: (() => void)[] = [
    () => (claims['exp'] = border()),
    () => (claims['exp'] = border()),
    () => (claims['nbf'] = { $now: draw.pick([29, 30, 31, 32]) }),
    () => (claims['nbf'] = { $now: draw.pick([29, 30, 31, 32]) }),
    () => delete claims[draw.pick(['exp', 'iss', 'iat', 'aud', 'client_id', 'token_use', 'ver', 'azp'])],
    () => (claims[draw.pick(['exp', 'nbf', 'iat', 'auth_time'])] = odd(draw)),
    () => (claims[draw.pick(['sub', 'jti', 'sid', 'client_id', 'azp', 'iss'])] = odd(draw)),
    () => (claims[draw.pick(['aud', 'client_id'])] = draw.chance(60) ? draw.pick(AUDIENCES) : odd(draw)),
    () => (claims['aud'] = draw.pick<Json>([['https://orders.shop.example', 1], 1, null, {}, [null]])),
    () => (claims[draw.pick(['sub', 'jti', 'iat'])] = draw.pick<Json>([1, null, [], {}, '1', -1, true])),
    () => delete claims['sub'],
    () =>
      (claims['iss'] = draw.pick([
        ...Object.values(issuers).map(({ issuer }) => issuer),
        'https://no.example',
      ])),
    () => (token.signer = draw.pick(Object.keys(issuers))),
    () => (token.key += 1),
    () => (header['kid'] = draw.pick<Json>(['people-1', 'people-2', 'staff-2', 'none', '', 1, null])),
    () => delete header['kid'],
    () => (header['crit'] = draw.pick<Json>([['exp'], [], null])),
    () => (header[draw.pick(['cty', 'zip', 'enc'])] = draw.pick<Json>(['JWT', 'DEF', null])),
    () => (claims[draw.pick(['at_hash', 'c_hash', 'nonce', 'events'])] = 'AAAA'),
    () => (claims['iat'] = { $now: draw.pick([29, 30, 31, 32]) }),
    () => (claims['iat'] = { $now: draw.pick([-3299, -3300, -3301]) }),
    () => (claims['exp'] = { $now: draw.pick([100_700, 100_800, 100_801, 200_000]) }),
    () => put(claims, ['cnf', 'jkt'], draw.pick<Json>(['', 'AAAA', null])),
    () =>
      (header['alg'] = draw.pick<Json>([
        'none',
        'ES256',
        'RS256',
        'HS256',
        'es256',
        'ES384',
        'PS256',
        'RS512',
      ])),
    () => (header['typ'] = draw.pick<Json>(['JWT', 'at+jwt', 'AT+JWT', 'application/at+jwt', 1])),
    () => delete header['typ'],
    () => (token.tampering = draw.pick(['signature', 'payload', 'no-signature'])),
    () => (token.bytes = draw.pick([8190, 8191, 8192, 8193, 8194, 8196])),
    () => (token.edits = [draw.pick(EDITS)]),
    () => (claims['token_use'] = draw.pick<Json>(['id', ['access'], 'Access'])),
    () => (claims['ver'] = draw.pick<Json>(['1.0', 2, '2.0 '])),
    () => put(claims, ['cnf', 'x5t#S256'], draw.pick<Json>(['', 'AAAA', { $thumbprint: 'web' }, 5, null])),
    () => scramble(draw, claims),
    () => scramble(draw, claims),
    () => scramble(draw, claims),
  ];
  draw.pick(spoils)();
}

const EDITS = [
  ['"sub":', '"sub":"x","sub":'],
  ['"iss":', '"iss":"https://people.example","iss":'],
  ['"exp":', '"e\\u0078p":9999999999,"exp":'],
  ['"sub":', '"org":{"unit":"gold","unit":"gold"},"sub":'],
  ['{', '[{'],
  ['}', ''],
  ['{', '{"deep":[[[[]]]],'],
  ['{', '{"big":1e999,'],
  ['{', '{"lone":"\\ud800",'],
  ['{', ' {'],
  ['{', '{"zero":"\\u0000",'],
  ['{', '{"__proto__":{"tier":"gold"},'],
] as const;

/** Set some claim that rules look at to something that is perhaps not what they ask for. */
function scramble(draw: Draw, claims: Draft): void {
  const paths: readonly string[][] = [
    ...CLAIMS.map((name) => [name]),
    ...NESTED.map((path) => [...path]),
    ['groups'],
    ['cognito:groups'],
    ['realm_access', 'roles'],
    ['realm_access'],
    ['scope'],
    ['scp'],
    ['amr'],
    ['acrs'],
    ['factors'],
    ['auth_time'],
    ['session', 'started'],
    ['device', 'compliant'],
    ['device_state'],
    ['org'],
  ];
  put(claims, draw.pick(paths), odd(draw));
}

/** Values of every type that JSON has. */
function odd(draw: Draw): Json {
  return draw.pick<() => Json>([
    () => null,
    () => '',
    () => [],
    () => ({}),
    () => draw.chance(50),
    () => draw.pick([...NUMBERS, 1.5, 1e30, 1e18]),
    () => draw.pick([...VALUES, ...GROUPS, 'mfa', 'c1', 'compliant']),
    () => draw.pick(['read write', 'read,write', 'read\twrite', ' read ', 'read', '  ']),
    () => [...draw.some(VALUES, 2), ...draw.some(SCOPES, 1, 0)],
    () => [draw.pick(SCOPES), draw.pick<Json>([1, null, true, [], {}, ''])],
    () => ['read write'],
    () => [''],
    () => [[draw.pick(VALUES)]],
    () => ({ [draw.pick(['unit', 'b', 'tags', 'roles', 'compliant', 'started'])]: draw.pick(VALUES) }),
    () => String(draw.pick(NUMBERS)),
    () => ({ $now: draw.pick([-59, -301, 0, 29, 31]) }),
  ])();
}

function at(claims: Draft, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, name) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
        ? (value as Draft)[name]
        : undefined,
    claims,
  );
}

function put(claims: Draft, path: readonly string[], value: Json): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    claims[name] = value;
    return;
  }
  const inner = at(claims, [name]);
  const copy: Draft =
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...(inner as Draft) } : {};
  put(copy, rest, value);
  claims[name] = copy;
}
