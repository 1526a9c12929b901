import { claimAt } from '../../lib/policy/claim.js';
import type { Json, Request } from '../../lib/policy/request.js';

/** A request and what its token says. */
interface Look {
  readonly request: Request;
  /** The path without its query. */
  readonly path: string;
  readonly claim: (...names: string[]) => Json | undefined;
  readonly header: (name: string) => Json | undefined;
}

/** Which requests go for a known divergence between points, by its number in `test/policy/pitfalls.test.ts`. */
const PITFALLS: Readonly<Record<number, (look: Look) => boolean>> = {
  2: ({ path }) => /\/\/|%2f|%5c|\\/i.test(path),
  3: ({ path }) => /\/(\.|%2e){1,2}(\/|$)/i.test(path),
  4: ({ path }) => path.includes('#'),
  5: ({ path }) => /%25|;/.test(path),
  6: ({ path, request }) => /^\/[A-Z]/.test(path) || /[A-Z]/.test(request.authority),
  7: ({ request }) => /:|\.$/.test(request.authority),
  8: ({ path }) => path.endsWith('/') && path !== '/',
  9: ({ path }) => /(orders|items|a)x(\/|$)/.test(path),
  10: ({ path }) => path.includes('*'),
  12: ({ request }) =>
    /^(get|TRACE|FOO)$/.test(request.method) || names(request).includes('x-http-method-override'),
  14: ({ request }) => names(request).filter((name) => name === 'authorization').length > 1,
  15: ({ request }) => names(request).some((name) => name.includes('_')),
  17: ({ claim }) =>
    [claim('scope'), claim('scp')].some((value) => /[ ,\t]/.test(JSON.stringify(value ?? ''))),
  18: ({ claim }) => ['tier', 'level', 'groups', 'active'].some((name) => isOdd(claim(name))),
  19: ({ claim }) => claim('a.b') !== undefined || claim('a', 'b') !== undefined,
  20: ({ claim }) => ['tier', 'level'].some((name) => ['', null].includes(claim(name) as null)),
  21: ({ claim }) => Array.isArray(claim('aud')) || claim('aud') === 'API',
  22: ({ claim, header }) => header('typ') === 'JWT' || isOneOf(claim('token_use'), ['id', 'Access']),
  23: ({ claim }) => typeof claim('exp') !== 'number' || !Number.isInteger(claim('exp')),
  24: ({ claim, request: { now } }) =>
    [claim('exp'), claim('nbf')].some(
      (at) => typeof at === 'number' && Math.abs(Math.abs(now - at) - 30) < 3,
    ),
  25: ({ request }) => request.path.includes('access_token='),
  26: ({ header }) => isOneOf(header('alg'), ['none', 'HS256', 'es256']),
  31: ({ request, claim }) => request.authority.includes('-shop') || claim('groups') === 'axb',
  32: ({ request }) => request.method === 'OPTIONS' && names(request).includes('origin'),
  34: ({ request }) => names(request).includes('x-forwarded-client-cert'),
};

/** The pitfalls that a request alone can go for; the others are about a deployment, and are tests by name. */
export const PITFALL_NUMBERS: readonly number[] = Object.keys(PITFALLS).map(Number);

export function pitfallsOf(request: Request): number[] {
  const { credential } = request;
  const token = credential.kind === 'jwt' ? credential : undefined;
  const look: Look = {
    request,
    path: request.path.replace(/\?.*$/s, ''),
    claim: (...path) => token && claimAt(token.claims, path),
    header: (name) => token && claimAt(token.header, [name]),
  };
  return Object.entries(PITFALLS)
    .filter(([number, goesFor]) => (token !== undefined || !NEEDS_TOKEN.has(Number(number))) && goesFor(look))
    .map(([number]) => Number(number));
}

const NEEDS_TOKEN = new Set([17, 18, 19, 20, 21, 22, 23, 24, 26]);

function names({ headers }: Request): string[] {
  return headers.map(([name]) => name);
}

function isOneOf(value: Json | undefined, values: readonly Json[]): boolean {
  return value !== undefined && values.includes(value);
}

function isOdd(value: Json | undefined): boolean {
  return value !== undefined && typeof value !== 'string' && !Array.isArray(value);
}
