import type { Revocation, RevocationDocument } from '../../lib/policy/revocation.js';

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

function isRevocation(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  const members = entry as Readonly<Record<string, unknown>>;
  const named = NAMED.get(members['kind']);
  if (!named?.every((name) => typeof members[name] === 'string') || !isCount(members['until'])) return false;
  const known = ['kind', 'until', ...named, ...(members['kind'] === 'subject' ? ['before'] : [])];
  if (!Object.keys(members).every((name) => known.includes(name))) return false;
  return members['before'] === undefined || isCount(members['before']);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
