import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AUDIENCE, ISSUER, JWKS } from './tokens.js';

/** Verifies a token; throws or rejects if it is bad. */
export type Verify = (token: string) => unknown;

/** A library that a team would take instead. */
export interface Peer {
  readonly name: string;
  /** Without a cache of tokens, but with the keys in memory. */
  readonly verify: Verify;
  /** With its own cache of tokens, where it has one. */
  readonly cached?: Verify;
}

/** What ours makes of a request with this `Authorization`; a promise must end before that can be said. */
export type Judge = (
  authorization: string,
) => { readonly decision: { readonly outcome: string } } | Promise<void>;

interface Candidate {
  readonly createJudge: (options: object) => Promise<Judge>;
  readonly createVerifier: (options: object) => Promise<Verify>;
  readonly handler: (event: unknown) => Promise<unknown>;
}

const load = createRequire(__filename);
/** The deployed bundle, for benchmarks that know nothing of plans. */
export const CANDIDATE = join(__dirname, 'candidate.cjs');

/** The bundle that `npm run build` leaves. */
export function ours(): Candidate {
  process.env['AUTHZ_ISSUER'] = ISSUER;
  process.env['AUTHZ_AUDIENCE'] = AUDIENCE;
  process.env['AUTHZ_JWKS'] = JSON.stringify(JWKS);
  return load(CANDIDATE) as Candidate;
}

export function oursWith(cache: number): Promise<Verify> {
  return ours().createVerifier({ issuer: ISSUER, audience: AUDIENCE, jwks: JWKS, cache });
}

/** Ours without a cache, and without the error by which a verifier says no. */
export function ourJudge(): Promise<Judge> {
  return ours().createJudge({ issuer: ISSUER, audience: AUDIENCE, jwks: JWKS, cache: 0 });
}

export function peers(): Peer[] {
  return [awsJwtVerify(), fastJwt()];
}

function awsJwtVerify(): Peer {
  const { JwtVerifier } = load('aws-jwt-verify') as {
    JwtVerifier: { create(options: object): { cacheJwks(jwks: object): void; verifySync: Verify } };
  };
  const made = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks.json` });
  made.cacheJwks(JWKS);
  return { name: 'aws-jwt-verify', verify: (token) => made.verifySync(token) };
}

function fastJwt(): Peer {
  const { createVerifier } = load('fast-jwt') as {
    readonly createVerifier: (options: object) => Verify;
  };
  const { createPublicKey } = process.getBuiltinModule('node:crypto');
  const pems = new Map(
    JWKS.keys.map((jwk) => [
      jwk.kid,
      createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
    ]),
  );
  const options = {
    key: (jwt: { header: { kid: string } }) => Promise.resolve(pems.get(jwt.header.kid)),
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    requiredClaims: ['exp'],
  };
  return {
    name: 'fast-jwt',
    verify: createVerifier(options),
    cached: createVerifier({ ...options, cache: 20_000 }),
  };
}
