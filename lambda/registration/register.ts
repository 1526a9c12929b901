import { AuthorityError } from '../../lib/authority/error.js';
import { requestedKey } from '../../lib/authority/request.js';
import { checkAttestation } from './attestation.js';
import type { CallerIdentity } from './caller-identity.js';
import type { Configuration } from './configuration.js';
import type { Whereabouts } from './endpoint.js';
import type { IdentityRecords } from './identity-records.js';
import type { IssuanceStore } from './issuance-store.js';
import type { LeafIssuer } from './issuer.js';
import { keyHash } from './key-hash.js';
import type { Attestation, IssuedAnswer, RegistrationAnswer, RegistrationRequest } from './protocol.js';
import { ISSUED, REFUSED } from './logged.js';
import { Refusal, refusedAnswer } from './refusal.js';
import { parseRequest } from './request.js';

/** What the registration authority works with. */
export interface Registration {
  readonly configuration: Configuration;
  readonly whereabouts: Whereabouts;
  readonly whoSigned: (attestation: Attestation, region: string) => Promise<CallerIdentity>;
  readonly records: IdentityRecords;
  readonly store: IssuanceStore;
  readonly issuer: LeafIssuer;
  /** One line of the log. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
}

/** Answer one request. It never throws: what goes wrong is a refusal, and nothing is issued. */
export async function register(
  registration: Registration,
  event: unknown,
  now: Date = new Date(),
): Promise<RegistrationAnswer> {
  // Filled in as it becomes known, so that a refusal says whose it was.
  const known: Record<string, unknown> = { platform: registration.configuration.platform };
  try {
    return await issue(registration, event, now, known);
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'authority-unavailable';
    const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    registration.log({ event: REFUSED.event, ...known, code, message: message.slice(0, 1000) });
    return refusedAnswer(code);
  }
}

async function issue(
  { configuration, whereabouts, whoSigned, records, store, issuer, log }: Registration,
  event: unknown,
  now: Date,
  known: Record<string, unknown>,
): Promise<IssuedAnswer> {
  const request = parseRequest(event);
  const { platform, identities, limits, profiles } = configuration;
  const { region, account } = whereabouts;
  const publicKey = await provenKey(request);
  const claim = keyHash(publicKey);
  const { signature, signedAt } = checkAttestation(
    request.attestation,
    { platform, region, keyHash: claim },
    now,
  );

  const caller = await whoSigned(request.attestation, region);
  Object.assign(known, { roleName: caller.roleName, roleId: caller.roleId, session: caller.session });
  if (caller.account !== account)
    throw new Refusal('unknown-identity', `a role of account ${caller.account}`);
  const { point } = await records.of(caller);
  const spiffeId = Object.hasOwn(identities, point) ? identities[point] : undefined;
  if (spiffeId === undefined) throw new Refusal('unknown-identity', `the plan has no point ${point}`);
  Object.assign(known, { point, spiffeId });

  const window = Math.floor(signedAt.getTime() / 1000 / profiles.workload.lifetimeSeconds);
  const asking = { point, session: caller.session, window };
  await store.checkLimits(asking, limits);
  const leaf = await issuer.issue({ csr: request.csr, publicKey, spiffeId, point }, now);
  const { serial, certificates, roots } = leaf;
  const notAfter = leaf.notAfter.toISOString();
  const { roleId, session } = caller;
  // Only what is on record leaves: a certificate that nobody knows of would be one too many.
  await store.record(asking, signature, {
    point,
    spiffeId,
    serial,
    notAfter,
    roleId,
    session,
    keyHash: claim,
  });
  const issuerDaysLeft = Math.floor((leaf.issuerNotAfter.getTime() - now.getTime()) / 86_400_000);
  log({ event: ISSUED.event, ...known, serial, notAfter, keyHash: claim, [ISSUED.daysLeft]: issuerDaysLeft });
  return { kind: 'issued', certificates, notAfter, roots };
}

async function provenKey({ csr }: RegistrationRequest): Promise<Uint8Array> {
  try {
    return (await requestedKey(csr)).spki;
  } catch (error) {
    if (!(error instanceof AuthorityError)) throw error;
    throw new Refusal('refused-key', `${error.code}: ${error.message}`);
  }
}
