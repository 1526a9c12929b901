import { boundKey } from './claim.js';
import { type Facts, seesClient } from './condition.js';

/**
 * What is wrong with the way in which a token comes, where the policy takes proofs (RFC 9449 section 7): one
 * that is bound to a key comes as `DPoP` with a proof by that key, any other as `Bearer`. The proof is judged
 * where the client's own connection ends; behind it the request must have come from there.
 */
export function possessionFault(
  { request, throughGateway, token }: Facts,
  isTaken: boolean,
): string | undefined {
  const isProof = request.credential.kind === 'jwt' && request.credential.scheme === 'DPoP';
  if (!isTaken || !token) return isProof ? 'scheme' : undefined;
  const key = boundKey(token.claims);
  if (isProof !== (key !== undefined)) return 'scheme';
  if (key === undefined) return undefined;
  const isProven = seesClient(request.point) ? request.provenKey === key : throughGateway;
  return isProven ? undefined : 'proof';
}
