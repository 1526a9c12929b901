import { AuthorityError } from '../../lib/authority/error.js';
import { issueIssuing, issueRoot } from '../../lib/authority/issue.js';
import { certifiedKey } from '../../lib/authority/public-key.js';
import type { Signer } from '../../lib/authority/signer.js';
import {
  authorityCertificate,
  firstBundle,
  parseTrustBundle,
  type TrustBundle,
  withGeneration,
} from '../../lib/authority/trust-bundle.js';
import { ROOT_SIGNATURE } from '../registration/logged.js';
import { knownBundle, type RootKeys } from '../registration/known-roots.js';
import type { CertificateProfile, CertificateProfiles } from '../../lib/plan/plan.js';

/** What the root authority works with; all of it comes from its deployment, nothing from an event. */
export interface RootAuthority {
  readonly platform: string;
  readonly profiles: CertificateProfiles;
  readonly root: Signer;
  /** Only its public key is asked for. */
  readonly issuing: Signer;
  readonly store: BundleStore;
  /** Of every generation: what a bundle that is there may trust. */
  readonly rootKeys: RootKeys;
  /** One line of the log. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
}

/** Where the trust bundle is kept. */
export interface BundleStore {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

interface Certificates {
  readonly root: string;
  readonly issuing: string;
}

/**
 * Bring the trust bundle up to the keys that are deployed, and return it. A root or issuing certificate
 * that still serves is kept, so asking again signs nothing. Throws `one-change-at-a-time` if both keys
 * changed, and `rotation-in-progress` while a new root is being introduced.
 */
export async function updateBundle(authority: RootAuthority, now: Date): Promise<TrustBundle> {
  const { platform, store } = authority;
  const text = await store.read();
  const found = text === undefined ? undefined : parseTrustBundle(text, platform);
  // What somebody else wrote is not carried on, nor a root that a deployment brought which was rolled back.
  const bundle = found && (await knownBundle(found, authority.rootKeys, now));
  const last = bundle?.generations.at(-1);
  const wanted = await certificates(authority, last, now);
  const isSame = last?.root === wanted.root && last.issuing === wanted.issuing;
  if (bundle && isSame && bundle === found) return bundle;
  const updated = next(authority, bundle, isSame ? undefined : wanted, now);
  await store.write(`${JSON.stringify(updated, undefined, 2)}\n`);
  return updated;
}

function next(
  { platform, profiles }: RootAuthority,
  bundle: TrustBundle | undefined,
  wanted: Certificates | undefined,
  now: Date,
): TrustBundle {
  if (!wanted) return bundle!;
  if (!bundle) return firstBundle(platform, wanted, now);
  return withGeneration(bundle, wanted, profiles.workload.lifetimeSeconds, now);
}

async function certificates(
  { platform: name, profiles, root: signer, issuing, log }: RootAuthority,
  last: Certificates | undefined,
  now: Date,
): Promise<Certificates> {
  const rootKey = await signer.publicKey();
  const issuingKey = await issuing.publicKey();
  const keepsRoot = last !== undefined && serves(last.root, rootKey, needed(profiles), now);
  const sameIssuingKey = last !== undefined && isOfKey(last.issuing, issuingKey);
  if (last && !keepsRoot && !sameIssuingKey) {
    throw new AuthorityError(
      'one-change-at-a-time',
      'root and issuing key were both changed: keep the issuing key until the new root is introduced',
    );
  }
  const signed = (kind: string) => log({ event: ROOT_SIGNATURE.event, platform: name, kind });
  const root = keepsRoot ? last.root : (await issueRoot(profiles, { signer, name, now })).pem;
  if (!keepsRoot) signed('root');
  if (keepsRoot && serves(last.issuing, issuingKey, halfOf(profiles.issuing), now)) {
    return { root, issuing: last.issuing };
  }
  const { pem } = await issueIssuing(profiles, { signer, certificate: root }, { issuing, name, now });
  signed('issuing');
  return { root, issuing: pem };
}

/** Seconds that a root must still live to be worth keeping: a whole issuing certificate. */
function needed({ issuing }: CertificateProfiles): number {
  return issuing.lifetimeSeconds;
}

function halfOf({ lifetimeSeconds }: CertificateProfile): number {
  return lifetimeSeconds / 2;
}

function serves(pem: string, key: Uint8Array, secondsLeft: number, now: Date): boolean {
  const { notAfter } = authorityCertificate(pem);
  return isOfKey(pem, key) && notAfter.getTime() - now.getTime() > secondsLeft * 1000;
}

function isOfKey(pem: string, key: Uint8Array): boolean {
  const { spki } = certifiedKey(key);
  return Buffer.from(authorityCertificate(pem).publicKey).equals(spki);
}
