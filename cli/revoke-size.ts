import type { Diagnostic } from '../lib/diagnostic.js';
import type { RevocationDocument } from '../lib/policy/revocation.js';
import { cliError } from './error.js';

/** How long a document may become. */
interface Room {
  /** As `--in` names it. */
  readonly place: string;
  /** Bytes that its place holds and points read. */
  readonly maxBytes: number;
  /** Entries that points take in. */
  readonly maxEntries: number;
}

/** From this part of what a document may have on it is said that it fills. */
const NEARLY = 0.8;

/**
 * What is to be said of a document before it is written. Throws `too-many-revocations`, and `revocations-too-large`: a
 * document that points do not read revokes nothing, and in the end closes every service.
 */
export function sizeWarnings(next: RevocationDocument, text: string, room: Room): Diagnostic[] {
  const { place, maxBytes, maxEntries } = room;
  const bytes = Buffer.byteLength(text);
  const count = next.entries.length;
  if (count > maxEntries) {
    throw cliError('too-many-revocations', place, 'the points take in no document of that length', {
      found: `${count} entries that are in force`,
      expected: `at most ${maxEntries}`,
      remedy: `${remedy(next)}; with \`decisionService: 'everyPoint'\` at every service far more are looked up`,
    });
  }
  if (bytes > maxBytes) {
    throw cliError('revocations-too-large', place, 'no point would read a document of that size', {
      found: `${bytes} bytes in ${count} entries that are in force`,
      expected: `at most ${maxBytes} bytes`,
      remedy: remedy(next),
    });
  }
  if (bytes < maxBytes * NEARLY && count < maxEntries * NEARLY) return [];
  return [
    {
      code: 'revocations-nearly-full',
      severity: 'warning',
      path: place,
      message: 'the document fills; a longer one than points take in is not written',
      found: `${bytes} bytes in ${count} entries that are in force`,
      expected: `at most ${maxBytes} bytes and ${maxEntries} entries`,
      remedy: remedy(next),
    },
  ];
}

/** Nobody knows which single tokens a wider entry covers: whoever revoked them does. */
function remedy({ entries }: RevocationDocument): string {
  const end = entries.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY);
  return (
    "revoke a subject, a session or a client in place of single tokens, or change the issuer's keys, and take out by hand " +
    'what that covers, under a higher `version`; entries that are over are dropped at each write, the next one after ' +
    new Date(end * 1000).toISOString().replace('.000Z', 'Z')
  );
}
