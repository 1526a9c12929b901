import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

export interface RsaPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A pair of 2,048 bits with any public exponent; Node itself makes none above 2^32 - 1. */
export function rsaPair(exponent: number): RsaPair {
  const isLong = exponent >= 2 ** 32;
  const options = { modulusLength: 2048, ...(!isLong && { publicExponent: exponent }) };
  const pair = generateKeyPairSync('rsa', options);
  if (!isLong) return pair;
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const [p, q, e] = [numberOf(jwk.p!), numberOf(jwk.q!), BigInt(exponent)];
  const d = inverse(e, (p - 1n) * (q - 1n));
  if (d === undefined) return rsaPair(exponent);
  const members = { e, d, dp: d % (p - 1n), dq: d % (q - 1n) };
  const texts = Object.entries(members).map(([name, value]) => [name, textOf(value)]);
  const key = { ...jwk, ...(Object.fromEntries(texts) as JsonWebKey) };
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Of a modulo m; undefined if they have a divisor in common. */
function inverse(a: bigint, m: bigint): bigint | undefined {
  let [rest, next, x, y] = [a, m, 1n, 0n];
  while (next !== 0n) {
    const times = rest / next;
    [rest, next, x, y] = [next, rest - times * next, y, x - times * y];
  }
  return rest === 1n ? ((x % m) + m) % m : undefined;
}

function numberOf(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
}

function textOf(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}
