import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { answer, audience, type Event, issuer, jwks, tokenIn } from './event.js';

/** A Lambda authorizer as a team writes it with fast-jwt and its cache. */
const { keys } = JSON.parse(jwks) as { readonly keys: readonly (JsonWebKey & { readonly kid: string })[] };
const pems = new Map(
  keys.map((key) => [
    key.kid,
    createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' }) as string,
  ]),
);
const verify = createVerifier({
  key: ({ header }: { header: Record<string, unknown> }) =>
    Promise.resolve(pems.get(String(header['kid'])) ?? ''),
  allowedIss: issuer,
  allowedAud: audience,
  requiredClaims: ['exp'],
  cache: 20_000,
});

export async function handler(event: Event) {
  const { scope } = (await verify(tokenIn(event))) as { readonly scope: unknown };
  return answer(scope);
}
