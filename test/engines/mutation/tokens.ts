import type { JsonObject } from '../../../lib/policy/request.js';
import type { World } from './world.js';

/** Values; a function is asked when the token is signed: for what depends on the time. */
type Changes = { readonly [name: string]: JsonObject[string] | undefined | (() => JsonObject[string]) };

export interface TokenOptions {
  /** Over the usual claims; undefined takes one away. */
  readonly claims?: Changes;
  readonly header?: Changes;
  /** The issuer's key, by its place. @default 0 */
  readonly key?: number;
}

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** A good token of one of the issuers for the service, but for what is changed. */
export function token(world: World, issuer: string, service: string, options: TokenOptions = {}): string {
  const { claims = {}, header = {}, key: place = 0 } = options;
  const signer = world.issuers[issuer]!;
  const key = signer.keys[place]!;
  const usual = { alg: key.algorithm, kid: key.kid, typ: issuer === 'people' ? 'at+jwt' : 'JWT' };
  return signer.sign(
    changed(usual, header),
    changed({ ...common(world, issuer, service), ...own[issuer as keyof typeof own] }, claims),
    key,
  );
}

const own = {
  people: { sub: 'alice', token_use: 'access', client_id: 'shop', sid: 'session' },
  partners: { sub: 'bob', client_id: 'partner-client' },
  'pipelines.pipeline-example': { sub: 'repo:proof/app' },
} as const;

function common(world: World, issuer: string, service: string): JsonObject {
  return {
    iss: world.issuers[issuer]!.issuer,
    aud: world.plan.services[service]!.audience,
    exp: now() + 3600,
    iat: now() - 60,
    jti: 'token',
  };
}

function changed(usual: Changes, changes: Changes): JsonObject {
  const entries = Object.entries({ ...usual, ...changes })
    .map(([name, value]) => [name, typeof value === 'function' ? value() : value])
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}
