import { ZeroTrustError } from '../diagnostic.js';
import { canonicalJson } from '../plan/json.js';
import type { Revocation, RevocationDocument } from './revocation.js';

/** Bytes of the longest document that a point reads. One that is longer is to every point as if it could not be had. */
export const MAX_REVOCATION_BYTES = 1024 * 1024;

/** The members that entries of each kind have besides `kind` and `until`, all of them strings. */
const NAMED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['service', ['service']],
  ['rule', ['rule']],
  ['token', ['issuer', 'value']],
  ['session', ['issuer', 'value']],
  ['client', ['issuer', 'value']],
  ['subject', ['issuer', 'value']],
]);

/**
 * Read a revocation document. Throws at the first thing that is not as it should be: an entry that is
 * not understood may be the one that matters.
 */
export function readRevocationDocument(text: string): RevocationDocument {
  const { version, entries } = JSON.parse(text) as { version?: unknown; entries?: unknown };
  if (!isCount(version) || !Array.isArray(entries)) throw new Error('no revocation document');
  const wrong = entries.findIndex((entry) => !isRevocation(entry));
  if (wrong !== -1) throw new Error(`entry ${wrong} of the revocation document is not understood`);
  return { version, entries: entries as Revocation[] };
}

/**
 * Whether a document may take the place of another. Throws `revocations-older` if it may not: what
 * was withdrawn stays withdrawn, whoever brings back an old file. Throws `too-many-revocations`.
 */
export function checkSuccession(
  current: RevocationDocument,
  next: RevocationDocument,
  maxEntries: number,
): void {
  const same = canonicalJson(current) === canonicalJson(next);
  if (next.version < current.version || (next.version === current.version && !same)) {
    throw new ZeroTrustError(
      'revocations-older',
      `the revocations in force are version ${current.version}; ${next.version} is refused, a change needs a greater one`,
    );
  }
  if (next.entries.length > maxEntries) {
    throw new ZeroTrustError(
      'too-many-revocations',
      `${next.entries.length} entries are more than the ${maxEntries} that a point takes in; ` +
        "with `decisionService: 'everyPoint'` at every service, decision services look them up",
    );
  }
}

/** The last second of the year 9999, which every clock and format here can say. */
const NEVER = 253_402_300_799;

/** What a point enforces while it does not know what is revoked: these services admit nobody. */
export function withEveryServiceClosed(
  { version, entries }: RevocationDocument,
  services: readonly string[],
): RevocationDocument {
  const closed = services.map((service) => ({ kind: 'service', service, until: NEVER }) as const);
  return { version, entries: [...entries, ...closed] };
}

function isRevocation(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  const members = entry as Readonly<Record<string, unknown>>;
  const named = NAMED.get(members['kind']);
  if (!named?.every((name) => isText(members[name])) || !isCount(members['until'])) return false;
  const known = ['kind', 'until', ...named, ...(members['kind'] === 'subject' ? ['before'] : [])];
  if (!Object.keys(members).every((name) => known.includes(name))) return false;
  return members['before'] === undefined || isCount(members['before']);
}

/** Half of a surrogate pair is in no token, and in no configuration of an Envoy. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
