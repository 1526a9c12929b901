import { z } from 'zod';
import { CLOCK_SKEW_SECONDS } from '../plan/issuers.js';
import { AuthorityError } from './error.js';
import { jsonValue } from './json.js';
import { X509Certificate } from './x509.js';

/** Seconds after which, at the latest, those who hand out the roots know one that was written to the bundle. */
const DEPLOYMENT_SECONDS = 3600;

/** A root, the issuing certificate below it, and from when on the issuing one signs leaves. */
export interface AuthorityGeneration {
  /** PEM. */
  readonly root: string;
  /** PEM. */
  readonly issuing: string;
  /** ISO 8601, UTC. */
  readonly activeFrom: string;
}

/**
 * The authorities of one platform, oldest first. A new root is trusted at once and signs only when
 * every leaf's holder has heard of it; an old one is trusted until its last leaf has ended.
 */
export interface TrustBundle {
  readonly version: 1;
  /** The trust domain. */
  readonly platform: string;
  readonly generations: readonly AuthorityGeneration[];
}

const BUNDLE = z.strictObject({
  version: z.literal(1),
  platform: z.string().min(1),
  generations: z
    .array(z.strictObject({ root: z.string(), issuing: z.string(), activeFrom: z.iso.datetime() }))
    .min(1),
});

/** Read a bundle. Throws `malformed-bundle`, also for another platform's. */
export function parseTrustBundle(text: string, platform: string): TrustBundle {
  const { data } = BUNDLE.safeParse(jsonValue(text));
  if (!data || data.platform !== platform) {
    throw new AuthorityError('malformed-bundle', `this is no trust bundle of ${platform}`);
  }
  return data;
}

/**
 * The generation that signs now: the newest one of those whose issuing certificate is of this key (DER
 * SubjectPublicKeyInfo). So while a deployment changes the key, who has the old one goes on by the old certificate.
 * Throws `issuer-not-valid` if there is none.
 */
export function signingGeneration(
  bundle: TrustBundle,
  now: Date,
  issuingKey: Uint8Array,
): AuthorityGeneration {
  const key = Buffer.from(issuingKey);
  const found = bundle.generations.findLast(
    ({ activeFrom, issuing }) =>
      new Date(activeFrom) <= now && key.equals(authorityCertificate(issuing).publicKey),
  );
  if (!found)
    throw new AuthorityError('issuer-not-valid', 'no authority of the bundle signs by this key now');
  return found;
}

/** Generations that count now: the signing one, those to come, and those with leaves that still live. */
function countingGenerations(
  { generations }: TrustBundle,
  leafLifetimeSeconds: number,
  now: Date,
): readonly AuthorityGeneration[] {
  return generations.filter((_, at) => {
    const next = generations[at + 1];
    return next === undefined || now.getTime() < lastLeafEnds(next, leafLifetimeSeconds);
  });
}

/** When no leaf lives any more that was signed before this generation was active, in milliseconds. */
function lastLeafEnds(next: AuthorityGeneration, leafLifetimeSeconds: number): number {
  return new Date(next.activeFrom).getTime() + (leafLifetimeSeconds + CLOCK_SKEW_SECONDS) * 1000;
}

/** The roots that count now, each once: one PEM text. */
export function trustedRoots(bundle: TrustBundle, leafLifetimeSeconds: number, now: Date): string {
  const roots = countingGenerations(bundle, leafLifetimeSeconds, now).map(({ root }) => root);
  return [...new Set(roots)].join('');
}

/**
 * The bundle with one more generation, without those that no longer count.
 *
 * The issuing certificate of a known root signs at once. That of a new root signs after a deployment and a leaf's
 * whole life, by when every holder of a leaf has been told of the root or has no leaf. Throws
 * `rotation-in-progress` while an earlier new root still waits.
 */
export function withGeneration(
  bundle: TrustBundle,
  { root, issuing }: Omit<AuthorityGeneration, 'activeFrom'>,
  leafLifetimeSeconds: number,
  now: Date,
): TrustBundle {
  const waiting = bundle.generations.find(({ activeFrom }) => new Date(activeFrom) > now);
  if (waiting) {
    throw new AuthorityError(
      'rotation-in-progress',
      `an earlier root is being introduced until ${waiting.activeFrom}; change the authority after that`,
    );
  }
  const known = bundle.generations.some((generation) => generation.root === root);
  const wait = known ? 0 : leafLifetimeSeconds + CLOCK_SKEW_SECONDS + DEPLOYMENT_SECONDS;
  const generation = { root, issuing, activeFrom: new Date(now.getTime() + wait * 1000).toISOString() };
  const counting = countingGenerations(bundle, leafLifetimeSeconds, now);
  return { ...bundle, generations: [...counting, generation] };
}

/** The first bundle of a platform: its authority signs at once. */
export function firstBundle(
  platform: string,
  authority: Omit<AuthorityGeneration, 'activeFrom'>,
  now: Date,
): TrustBundle {
  return { version: 1, platform, generations: [{ ...authority, activeFrom: now.toISOString() }] };
}

/** What deciding about a certificate's renewal takes. */
export interface AuthorityCertificate {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Read a root or issuing certificate (PEM). */
export function authorityCertificate(pem: string): AuthorityCertificate {
  const { publicKey, notBefore, notAfter } = new X509Certificate(pem);
  return { publicKey: new Uint8Array(publicKey.rawData), notBefore, notAfter };
}
