import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  canonicalPatterns,
  type Credential,
  decide,
  indexPolicy,
  nonCanonicalPart,
  parseOperation,
  type Policy,
  type Request,
  STATUS,
} from '../../lib/policy/index.js';
import { passes } from '../../lib/policy/claim.js';
import { NO_TOKEN, NOW } from './fixture.js';

/** `docs/policy.md` is normative: whatever in it can be run is run here. */
const DOCUMENT = readFileSync(join(__dirname, '../../docs/policy.md'), 'utf8');

/** The rows of the table whose head begins with these cells, a cell each; `\|` is a character of a cell. */
function table(...head: readonly string[]): string[][] {
  const lines = DOCUMENT.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`| ${head.join(' | ')} |`));
  expect([head, begin > 0]).toEqual([head, true]);
  const rows = lines.slice(begin + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The text of every code span of a cell. */
function spans(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text]) => text!.replaceAll('\\|', '|'));
}

test('section 4 shows the expressions that are used', () => {
  const shown = table('Part', 'Expression').map(([part, expression]) => [
    spans(part)[0],
    spans(expression)[0],
  ]);
  expect(Object.fromEntries(shown)).toEqual(canonicalPatterns);
});

test('section 4 sorts its examples as the code does', () => {
  const partOf = (text: string) =>
    /^[A-Za-z[]/.test(text) && text !== 'a'
      ? nonCanonicalPart('GET', text, '/', [])
      : nonCanonicalPart('GET', 'a', text, []);
  const rows = table('Canonical', 'Not');
  expect(rows.length).toBeGreaterThan(3);
  for (const [good, bad] of rows) {
    for (const text of spans(good)) expect([text, partOf(text)]).toEqual([text, undefined]);
    for (const text of spans(bad)) expect([text, partOf(text) !== undefined]).toEqual([text, true]);
  }
});

test('section 8 sorts its claims as the code does', () => {
  const cells = table('Claim', '`contains "x"`').flatMap((row) => [row.slice(0, 3), row.slice(4, 7)]);
  expect(cells).toHaveLength(10);
  for (const [claim, contains, presentAndNot] of cells) {
    for (const text of spans(claim)) {
      const claims = { c: JSON.parse(text) };
      expect([text, passes(claims, { claim: ['c'], test: 'contains', value: 'x' })]).toEqual([
        text,
        contains === 'yes',
      ]);
      expect([text, passes(claims, { claim: ['c'], test: 'presentAndNot', value: 'x' })]).toEqual([
        text,
        presentAndNot === 'yes',
      ]);
    }
  }
});

test('section 9 sorts its paths as the code does', () => {
  const base = example();
  for (const [template, covered, other] of table('Template', 'Covers')) {
    const operation = `GET ${spans(template)[0]}`;
    expect(typeof parseOperation(operation)).toBe('object');
    const rule = {
      id: 'a',
      effect: 'allow',
      principals: [{ kind: 'anyone' }],
      operations: [operation],
      conditions: [],
    };
    const index = indexPolicy({
      ...base,
      services: { orders: { ...base.services['orders']!, rules: [rule] } },
    } as Policy);
    const outcome = (path: string) => decide(index, request('client', 'GET', path, NO_TOKEN)).outcome;
    for (const path of spans(covered))
      expect([operation, path, outcome(path)]).toEqual([operation, path, 'allow']);
    for (const path of spans(other))
      expect([operation, path, outcome(path)]).toEqual([operation, path, 'forbidden']);
  }
});

test('sections 13 and 14 name every outcome with its status', () => {
  const outcomes = table('Outcome', 'When').map(([outcome]) => spans(outcome)[0]);
  expect(new Set(outcomes)).toEqual(new Set([...Object.keys(STATUS), 'allow']));
  expect(outcomes).toHaveLength(Object.keys(STATUS).length + 1);
  const answers = table('Outcome', 'Status at the gateway').filter(([outcome]) => outcome !== 'no decision');
  expect(Object.fromEntries(answers.map(([outcome, status]) => [spans(outcome)[0], Number(status)]))).toEqual(
    STATUS,
  );
  const grpc: { readonly [status: string]: string } = {
    '400': '13',
    '401': '16',
    '403': '7',
    '200': '–',
    '302': '–',
  };
  for (const [outcome, status, , , , code] of answers)
    expect([outcome, code]).toEqual([outcome, grpc[status!]]);
});

/** The policy of section 16. */
function example(): Policy {
  const text = /```json\n([^]*?)\n```/.exec(DOCUMENT)?.[1];
  return JSON.parse(text ?? '') as Policy;
}

function request(from: string, method: string, path: string, credential: Credential): Request {
  const isClient = from === 'client';
  return {
    point: isClient ? { kind: 'gateway' } : { kind: 'sidecar', service: 'orders' },
    ...(!isClient && { peer: `spiffe://local.dev.shop.example/ns/default/sa/${from}` }),
    method,
    authority: 'orders.shop.example',
    path,
    headers: [],
    credential,
    sourceAddress: '192.0.2.1',
    now: NOW,
  };
}

function credentialOf(cell: string | undefined): Credential {
  const text = spans(cell)[0];
  if (text === undefined) return NO_TOKEN;
  const claims = {
    iss: 'https://people.example',
    aud: 'https://orders.shop.example',
    exp: NOW + 300,
    ...(JSON.parse(text) as object),
  };
  return { kind: 'jwt', header: { alg: 'ES256' }, claims, bytes: 500, signature: 'valid' };
}

describe('section 16', () => {
  const index = indexPolicy(example());
  test.each(table('From', 'Request', 'Claims').map((row) => [row.join(' | '), row] as const))(
    '%s',
    (_, row) => {
      const [from, asked, claims, outcome, rule] = row;
      const [method = '', path = ''] = spans(asked)[0]?.split(' ') ?? [];
      const decision = decide(index, request(from!, method, path, credentialOf(claims)));
      expect([decision.outcome, decision.rule]).toEqual([spans(outcome)[0], spans(rule)[0]]);
    },
  );
});
