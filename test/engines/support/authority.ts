import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import {
  issueEdge,
  issueIssuing,
  issueRoot,
  issueWorkload,
  memorySigner,
} from '../../../lib/authority/index.js';
import type { CertificateProfiles } from '../../../lib/plan/plan.js';

/** A leaf certificate with its chain, and its key; both PEM. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
  /** base64url SHA-256 of the leaf's DER (RFC 8705 section 3.1). */
  readonly thumbprint: string;
}

/** One trust domain's authority, with its keys in this process. */
export class TestAuthority {
  private constructor(
    readonly profiles: CertificateProfiles,
    /** PEM of the root. */
    readonly root: string,
    private readonly issuing: Parameters<typeof issueWorkload>[1],
  ) {}

  static async create(profiles: CertificateProfiles, name: string): Promise<TestAuthority> {
    // Made two days ago, so that it can also sign what has ended by now.
    const now = new Date(Date.now() - 2 * 86_400_000);
    const rootSigner = memorySigner(newKey());
    const signer = memorySigner(newKey());
    const root = await issueRoot(profiles, { signer: rootSigner, name, now });
    const issuing = await issueIssuing(
      profiles,
      { signer: rootSigner, certificate: root.pem },
      { issuing: signer, name, now },
    );
    return new TestAuthority(profiles, root.pem, { signer, certificate: issuing.pem });
  }

  /** A workload's leaf; `now` may lie in the past, for one that has expired. */
  async workload(spiffeId: string, now = new Date()): Promise<Leaf> {
    const { privateKey, publicKey } = newPair();
    const leaf = await issueWorkload(this.profiles, this.issuing, {
      publicKey: spki(publicKey),
      spiffeId,
      now,
    });
    return this.#leaf(leaf.pem, privateKey);
  }

  /** A server's leaf for these host names. */
  async edge(hosts: readonly string[]): Promise<Leaf> {
    const { privateKey, publicKey } = newPair();
    const leaf = await issueEdge(this.profiles, this.issuing, {
      publicKey: spki(publicKey),
      hosts,
      now: new Date(),
    });
    return this.#leaf(leaf.pem, privateKey);
  }

  #leaf(pem: string, privateKey: KeyObject): Leaf {
    return {
      certificate: `${pem}${this.issuing.certificate}`,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      thumbprint: createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url'),
    };
  }
}

function newPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function newKey(): KeyObject {
  return newPair().privateKey;
}

function spki(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' });
}
