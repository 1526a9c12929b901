/** When a leaf is renewed, in milliseconds since the epoch: at a random point between half and two thirds of its life. */
export function renewalTime(
  { issuedAt, expiresAt }: { readonly issuedAt: number; readonly expiresAt: number },
  random: number,
): number {
  return issuedAt + (expiresAt - issuedAt) * (1 / 2 + random / 6);
}

/** Milliseconds before the first repetition, and before any. */
const FIRST = 500;
const LONGEST = 60_000;

/**
 * Milliseconds to wait after the `failures`th failure in a row: twice as long each time, half of it at
 * random, so that a fleet does not come back at once.
 */
export function backOff(failures: number, random: number): number {
  const longest = Math.min(LONGEST, FIRST * 2 ** (failures - 1));
  return longest * (1 / 2 + random / 2);
}
