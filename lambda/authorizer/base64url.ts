/** The last characters with no bit that belongs to no byte, by how many characters are beyond a whole group. */
const LAST: Readonly<Record<number, string>> = { 2: 'AQgw', 3: 'AEIMQUYcgkosw048' };

/**
 * Whether a text is the one spelling in base64url of the bytes that Node decoded from it, so many. Of ASCII
 * Node skips what it does not know, and so comes to fewer bytes, but for the two characters of plain base64;
 * of other characters it takes the last eight bits.
 */
export function isCanonical(text: string, bytes: number): boolean {
  const { length } = text;
  if (bytes !== Math.floor((length * 3) / 4) || Buffer.byteLength(text) !== length) return false;
  if (text.includes('+') || text.includes('/')) return false;
  const beyond = length % 4;
  return beyond === 0 || LAST[beyond]?.includes(text[length - 1]!) === true;
}
