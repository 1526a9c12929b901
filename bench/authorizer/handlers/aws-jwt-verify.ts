import { JwtVerifier } from 'aws-jwt-verify';
import { answer, audience, type Event, issuer, jwks, tokenIn } from './event.js';

/** A Lambda authorizer as a team writes it with aws-jwt-verify. */
const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks.json` });
verifier.cacheJwks(JSON.parse(jwks) as Parameters<typeof verifier.cacheJwks>[0]);

export async function handler(event: Event) {
  return answer((await verifier.verify(tokenIn(event)))['scope']);
}
