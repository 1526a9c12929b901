import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONWebKeySet, JWK, JWTPayload } from 'jose';
import { z } from 'zod';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { SignatureAlgorithm } from '../../lib/model/identity.js';
import { replaceFile } from '../files.js';
import { checked, readJson } from '../part.js';

/** A private JWK as this file keeps it. */
const keySchema = z.looseObject({ kid: z.string(), alg: z.string(), kty: z.string(), use: z.literal('sig') });
const keysSchema = z.strictObject({ keys: z.array(keySchema).min(1) });

type SigningKey = z.output<typeof keySchema>;

/** Members of a JWK that are secret (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2). */
const PRIVATE: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']);

/** The signing keys of one issuer on disk; the newest signs, all are published. */
export class SigningKeys {
  #keys: readonly SigningKey[];

  private constructor(
    readonly path: string,
    readonly algorithm: SignatureAlgorithm,
    keys: readonly SigningKey[],
  ) {
    this.#keys = keys;
  }

  /** The keys of the folder; a new one if there is none, or the newest is for another algorithm. */
  static async open(folder: string, algorithm: SignatureAlgorithm): Promise<SigningKeys> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'keys.json');
    const found = existsSync(path)
      ? checked(readJson(path, 'invalid-keys'), keysSchema, path, 'invalid-keys').keys
      : [];
    const keys = new SigningKeys(path, algorithm, found);
    if (found.at(-1)?.alg !== algorithm) await keys.add();
    return keys;
  }

  /** The published keys. */
  get published(): JSONWebKeySet {
    return { keys: this.#keys.map((key) => publicPart(key) as JWK) };
  }

  /** Every key with its private part, the one that signs first. */
  get all(): JWK[] {
    return [...this.#keys].reverse() as JWK[];
  }

  get ids(): string[] {
    return this.#keys.map(({ kid }) => kid);
  }

  /** A new key, which signs from now on; the older ones stay published. Returns its `kid`. */
  async add(): Promise<string> {
    const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose');
    const { privateKey } = await generateKeyPair(this.algorithm, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    this.#write([...this.#keys, { ...jwk, kid, alg: this.algorithm, use: 'sig', kty: jwk.kty ?? '' }]);
    return kid;
  }

  /** No longer publish a key. Throws `unknown-key`, and `last-key` for the one that signs. */
  remove(kid: string): void {
    if (!this.ids.includes(kid)) throw new ZeroTrustError('unknown-key', `there is no key ${kid}`);
    if (this.ids.at(-1) === kid)
      throw new ZeroTrustError('last-key', 'this key signs: add another one first');
    this.#write(this.#keys.filter((key) => key.kid !== kid));
  }

  /** A compact JWS over the claims with the newest key. */
  async sign(claims: JWTPayload, typ: string): Promise<string> {
    const { importJWK, SignJWT } = await import('jose');
    const key = this.#keys.at(-1) as SigningKey;
    const header = { alg: key.alg, kid: key.kid, typ };
    return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key as JWK, key.alg));
  }

  /** The claims of a token that a published key signed for this issuer, and that is valid now. */
  async verify(token: string, issuer: string, clockTolerance: number): Promise<JWTPayload> {
    const { createLocalJWKSet, jwtVerify } = await import('jose');
    const options = { issuer, clockTolerance, algorithms: [this.algorithm], requiredClaims: ['exp'] };
    return (await jwtVerify(token, createLocalJWKSet(this.published), options)).payload;
  }

  #write(keys: readonly SigningKey[]): void {
    replaceFile(this.path, `${JSON.stringify({ keys })}\n`);
    this.#keys = keys;
  }
}

function publicPart(key: SigningKey): object {
  return Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE.has(name)));
}
