import { decide, indexPolicy } from '../../lib/policy/index.js';
import { serviceTokenPolicies } from '../../lib/policy/compile/envoy/token.js';
import type { Revocation, RevocationDocument } from '../../lib/policy/revocation.js';
import {
  checkSuccession,
  MAX_REVOCATION_BYTES,
  readRevocationDocument,
  withEveryServiceClosed,
} from '../../lib/policy/revocation-document.js';
import { allow, NOW, policy, request } from './fixture.js';

const until = NOW + 60;

/** One of each kind, and the subject's with and without `before`. */
const entries: readonly Revocation[] = [
  { kind: 'service', service: 'orders', until },
  { kind: 'rule', rule: 'read', until: 0 },
  { kind: 'token', issuer: 'people', value: 'a', until },
  { kind: 'session', issuer: 'people', value: 'b', until },
  { kind: 'client', issuer: 'people', value: 'c', until },
  { kind: 'subject', issuer: 'people', value: 'd', until },
  { kind: 'subject', issuer: 'people', value: '', before: 0, until },
];

function read(entry: unknown): unknown {
  return readRevocationDocument(JSON.stringify({ version: 0, entries: [entry] })).entries[0];
}

test('a point reads a document of a mebibyte', () => {
  expect(MAX_REVOCATION_BYTES).toBe(1_048_576);
});

describe('a document is read whole or not at all', () => {
  test('every kind of entry is read as it is', () => {
    const text = JSON.stringify({ version: 7, entries });
    expect(readRevocationDocument(text)).toEqual({ version: 7, entries });
    expect(readRevocationDocument('{"version":0,"entries":[]}')).toEqual({ version: 0, entries: [] });
  });

  test.each([
    '{}',
    '[]',
    '{"entries":[]}',
    '{"version":1}',
    '{"version":1,"entries":{}}',
    '{"version":"1","entries":[]}',
    '{"version":-1,"entries":[]}',
    '{"version":1.5,"entries":[]}',
    '{"version":9007199254740992,"entries":[]}',
  ])('%s is none', (text) => {
    expect(() => readRevocationDocument(text)).toThrow('no revocation document');
  });

  test('the first entry that is not understood is named', () => {
    const of = (all: readonly unknown[]) => () =>
      readRevocationDocument(JSON.stringify({ version: 1, entries: all }));
    expect(of([null, ...entries])).toThrow('entry 0 of the revocation document is not understood');
    expect(of([...entries.slice(0, 2), {}, null])).toThrow('entry 2 of the revocation document');
  });

  test.each([null, 1, 'service', [], {}, { until }])('%j is no entry', (entry) => {
    expect(() => read(entry)).toThrow('entry 0');
  });

  test.each(entries.map((entry) => [entry.kind, entry] as const))(
    'an entry about a %s with a member too few, of another type or too many is none',
    (_, entry) => {
      expect(read(entry)).toEqual(entry);
      const members = Object.keys(entry).filter((name) => name !== 'before');
      for (const name of members) {
        expect(() => read({ ...entry, [name]: undefined })).toThrow('entry 0');
        for (const other of [null, {}, ['x'], true, 'half \ud800']) {
          expect(() => read({ ...entry, [name]: other })).toThrow('entry 0');
        }
      }
      for (const other of [-1, 1.5, 2 ** 53, String(until)]) {
        expect(() => read({ ...entry, until: other })).toThrow('entry 0');
      }
      expect(() => read({ ...entry, kind: 'Rule' })).toThrow('entry 0');
      for (const name of ['note', '', 'kind2', 'Stryker was here']) {
        expect(() => read({ ...entry, [name]: 'x' })).toThrow('entry 0');
      }
    },
  );

  test.each(['constructor', 'toString', '__proto__', 'nobody'])(
    'an entry about tokens of %s, whom a policy does not have, is read and speaks about nobody',
    (issuer) => {
      const entry: Revocation = { kind: 'client', issuer, value: 'x', until };
      expect(read(entry)).toEqual(entry);
      const policies = serviceTokenPolicies(policy([]), 'orders', [entry]);
      expect(policies).toEqual(serviceTokenPolicies(policy([]), 'orders', []));
    },
  );

  test('an instant before which a token was issued has a subject alone', () => {
    const [service, rule, token, session, client, subject] = entries;
    expect(read({ ...subject, before: NOW })).toEqual({ ...subject, before: NOW });
    for (const before of [-1, 0.5, String(NOW), null]) {
      expect(() => read({ ...subject, before })).toThrow('entry 0');
    }
    for (const entry of [service, rule, token, session, client]) {
      expect(() => read({ ...entry, before: NOW })).toThrow('entry 0');
    }
  });
});

describe('a document may take the place of another', () => {
  const at = (version: number, own: readonly Revocation[] = entries): RevocationDocument => ({
    version,
    entries: own,
  });
  const codeOf = (current: RevocationDocument, next: RevocationDocument, most = 10) => {
    try {
      checkSuccession(current, next, most);
      return 'taken';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };

  test('if its version is greater, or if it is the same', () => {
    expect(codeOf(at(3), at(4))).toBe('taken');
    expect(codeOf(at(3), at(4, []))).toBe('taken');
    expect(codeOf(at(3), at(3))).toBe('taken');
    expect(codeOf(at(3), at(2))).toBe('revocations-older');
    expect(codeOf(at(3, []), at(2, []))).toBe('revocations-older');
    // A change under the same number could bring back what was withdrawn.
    expect(codeOf(at(3), at(3, []))).toBe('revocations-older');
    expect(() => checkSuccession(at(3), at(2), 10)).toThrow('in force are version 3; 2 is refused');
  });

  test('if a point takes in as many entries', () => {
    expect(codeOf(at(3), at(4), entries.length)).toBe('taken');
    expect(codeOf(at(3), at(4), entries.length - 1)).toBe('too-many-revocations');
    expect(codeOf(at(3), at(3), entries.length - 1)).toBe('too-many-revocations');
    expect(() => checkSuccession(at(3), at(4), 6)).toThrow(
      "7 entries are more than the 6 that a point takes in; with `decisionService: 'everyPoint'`",
    );
  });
});

test('who does not know what is revoked admits nobody to the services that it stands before', () => {
  const [, rule] = entries;
  const document = { version: 5, entries: [rule!] };
  const closed = withEveryServiceClosed(document, ['orders', 'other']);
  expect(closed.version).toBe(5);
  expect(closed.entries[0]).toBe(rule);
  expect(closed.entries.slice(1).map((entry) => entry.kind === 'service' && entry.service)).toEqual([
    'orders',
    'other',
  ]);
  expect(readRevocationDocument(JSON.stringify(closed))).toEqual(closed);
  const open = policy([allow('open', { operations: ['GET /orders'] })]);
  const asked = request({ now: 253_402_300_798 });
  expect(decide(indexPolicy(open, document), asked).outcome).toBe('allow');
  expect(decide(indexPolicy(open, closed), asked).outcome).toBe('forbidden');
});
