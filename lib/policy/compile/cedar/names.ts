/** The one namespace: Amazon Verified Permissions takes no more than one, and none with `cedar` or `aws` in it. */
export const NAMESPACE = 'ZeroTrust';

/**
 * What is asked. `call` is the request itself. The other two are asked about a request that is refused,
 * only to tell which refusal it is: `stepUp` whether the same token with stronger authentication would
 * pass, `challenge` whether a token could.
 */
export type CedarAction = 'call' | 'stepUp' | 'challenge';

/** The attribute that stands for a claim: its path as a JSON pointer (RFC 6901), so that no two are one. */
export function claimKey(path: readonly string[]): string {
  return path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The attribute that holds the segment at a place of the path, from 0. */
export function segmentKey(place: number): string {
  return `s${place + 1}`;
}
