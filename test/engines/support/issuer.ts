import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto';
import type { SignatureAlgorithm } from '../../../lib/model/identity.js';
import type { JsonObject } from '../../../lib/policy/request.js';

/** A key that an issuer signs with. */
export interface IssuerKey {
  /** Absent: the published key names none, so it fits every token's `kid`. */
  readonly kid?: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Members of the published key over the usual ones, such as `use`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Make a key; RSA takes some tenths of a second. */
export function issuerKey(
  algorithm: SignatureAlgorithm,
  kid?: string,
  members?: IssuerKey['members'],
): IssuerKey {
  return { algorithm, ...(kid !== undefined && { kid }), ...pair(algorithm), ...(members && { members }) };
}

/** An issuer of tokens whose keys are in this process. */
export class TestIssuer {
  constructor(
    /** Its name in the policy. */
    readonly name: string,
    readonly issuer: string,
    readonly keys: readonly IssuerKey[],
  ) {}

  /** What it publishes. */
  jwks(): { readonly keys: readonly JsonWebKey[] } {
    return {
      keys: this.keys.map(({ kid, algorithm, publicKey, members }) => ({
        ...publicKey.export({ format: 'jwk' }),
        ...(kid !== undefined && { kid }),
        alg: algorithm,
        use: 'sig',
        ...members,
      })),
    };
  }

  /** A compact token; `claims` may be a text that is no JSON. */
  sign(header: JsonObject | string, claims: JsonObject | string, key = this.keys[0]): string {
    if (!key) throw new RangeError(`${this.name} has no such key`);
    const input = [header, claims]
      .map((part) =>
        Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'),
      )
      .join('.');
    return `${input}.${signature(key, Buffer.from(input)).toString('base64url')}`;
  }

  /** Whether one of its keys signed the token, by that key's own algorithm. */
  verify(compact: string, header: JsonObject): boolean {
    const end = compact.lastIndexOf('.');
    const input = Buffer.from(compact.slice(0, end));
    const bytes = Buffer.from(compact.slice(end + 1), 'base64url');
    const kid = header['kid'];
    return this.keys.some(
      (key) =>
        key.members?.['use'] !== 'enc' &&
        key.algorithm === header['alg'] &&
        (key.kid === undefined || kid === undefined || kid === '' || key.kid === kid) &&
        isSigned(key, input, bytes),
    );
  }
}

function pair(algorithm: SignatureAlgorithm): Pick<IssuerKey, 'privateKey' | 'publicKey'> {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

function signature({ algorithm, privateKey }: IssuerKey, input: Buffer): Buffer {
  return sign(hash(algorithm), input, { key: privateKey, ...options(algorithm) });
}

function isSigned({ algorithm, publicKey }: IssuerKey, input: Buffer, bytes: Buffer): boolean {
  return verify(hash(algorithm), input, { key: publicKey, ...options(algorithm) }, bytes);
}

function hash(algorithm: SignatureAlgorithm): string | null {
  return algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`;
}

/** RFC 7518 sections 3.4 and 3.5. */
function options(algorithm: SignatureAlgorithm): object {
  if (algorithm.startsWith('ES')) return { dsaEncoding: 'ieee-p1363' };
  if (!algorithm.startsWith('PS')) return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
