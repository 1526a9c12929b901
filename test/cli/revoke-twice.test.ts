import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { revoke } from '../../cli/revoke-run.js';
import type { RevokeOptions } from '../../cli/revoke.js';
import type { Revocation, RevocationDocument } from '../../lib/index.js';

const folder = mkdtempSync(join(tmpdir(), 'ztp-revoke-'));
const MODEL = join(folder, 'model.json');
const FILE = join(folder, 'revocations.json');

beforeAll(() => {
  const url = 'https://people.example';
  const identity = { providers: { people: { kind: 'oidc', issuer: url, jwksUri: url } } };
  const services = { web: { protocol: 'http', host: 'www.shop.example' } };
  const model = { trustDomain: 'shop.example', environment: 'dev', identity, services, access: [] };
  writeFileSync(MODEL, JSON.stringify(model));
});
afterAll(() => rmSync(folder, { recursive: true }));

const now = Math.floor(Date.now() / 1000);
const [soon, late] = [now + 600, now + 86_400 * 3650];
const token = { kind: 'token', issuer: 'people', value: 'jti-1' } as const;
const others: readonly Revocation[] = [
  { ...token, value: 'jti-2', until: soon },
  { ...token, kind: 'session', until: soon },
  { kind: 'subject', issuer: 'people', value: 'ana', before: 7, until: soon },
  { kind: 'service', service: 'web', until: soon },
];

/** What is said, and what is there then. */
async function revoked(before: readonly Revocation[], asked: Partial<RevokeOptions>) {
  writeFileSync(FILE, JSON.stringify({ version: 7, entries: before }));
  const said = await revoke(MODEL, { engine: 'local', in: FILE, json: true, ...asked });
  const { entries } = JSON.parse(readFileSync(FILE, 'utf8')) as RevocationDocument;
  return { said: JSON.parse(said) as { entries: number; entry: Revocation }, entries };
}

test('what is revoked twice is one entry, for longer if the second says so', async () => {
  const { said, entries } = await revoked([{ ...token, until: soon }, ...others], { token: 'jti-1' });
  expect(entries).toEqual([{ ...token, until: expect.any(Number) }, ...others]);
  expect(entries[0]!.until).toBeGreaterThan(soon);
  expect(said).toMatchObject({ entries: 5, entry: entries[0] });
});

test('a shorter time takes nothing back, and the answer says until when it holds', async () => {
  const before = [{ ...token, until: late }, ...others];
  const { said, entries } = await revoked(before, { token: 'jti-1', for: 3600 });
  expect(entries).toEqual(before);
  expect(said).toMatchObject({ entries: 5, entry: { ...token, until: late } });
});

test('entries that are there twice become one', async () => {
  const before = [...others, ...others.map((entry) => ({ ...entry, until: late }))];
  const { entries } = await revoked(before, { service: 'web', for: 60 });
  expect(entries).toEqual(others.map((entry) => ({ ...entry, until: late })));
});

test.each<[string, Partial<RevokeOptions>]>([
  ['of all times', { subject: 'ana' }],
  ['of another time', { subject: 'ana', before: 8 }],
  ['of another kind', { client: 'jti-2' }],
])('what is revoked %s is an entry of its own', async (_, asked) => {
  const { entries } = await revoked(others, asked);
  expect(entries.slice(0, -1)).toEqual(others);
  expect(entries).toHaveLength(5);
});
