import { allow, anyone, type Diagnostic, type OptOut, user } from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';
import { runChecks } from '../../lib/rules/index.js';
import { people, platform } from './examples/example.js';

const broad = { rule: 'broad-public-route', reason: 'a public site', expires: '2026-11-20' };

/** What is said of two broad public routes and of the opt-outs, at noon of 20 November 2026 or when said. */
function findings(optOuts: readonly OptOut[], now = '2026-11-20T12:00:00Z'): string[] {
  const access = [allow(anyone()).to('web', 'GET /**', 'PUT /**'), allow(user()).to('orders', 'GET /')];
  const { model } = parseModel(platform(access, { providers: { people }, pipelines: {}, optOuts }));
  const codes = ['broad-public-route', 'opt-out-'];
  return runChecks(model!, 'local', new Date(now))
    .filter(({ code }) => codes.some((prefix) => code.startsWith(prefix)))
    .map(({ severity, code, path }: Diagnostic) => `${severity} ${code} ${path}`);
}

const first = 'warning broad-public-route access[0].operations[0]';
const second = 'warning broad-public-route access[0].operations[1]';

test('without an opt-out both are reported', () => {
  expect(findings([])).toEqual([first, second]);
});

test.each<[string, Partial<OptOut>, ...string[]]>([
  ['everywhere', {}],
  ['at an element and inside it', { path: 'access[0]' }],
  ['at one of them', { path: 'access[0].operations[1]' }, first],
])('it silences %s', (_, change, ...left) => {
  expect(findings([{ ...broad, ...change }])).toEqual(left);
});

test.each<[string, Partial<OptOut>, string]>([
  ['unknown', { rule: 'broad-public-rout' }, 'error opt-out-unknown optOuts[0].rule'],
  ['of an error', { rule: 'issuer-conflict' }, 'error opt-out-not-allowed optOuts[0].rule'],
  ['of what the schema refuses', { rule: 'insecure-url' }, 'error opt-out-unknown optOuts[0].rule'],
  ['expired', { expires: '2026-11-19' }, 'error opt-out-expired optOuts[0].expires'],
  [
    'expired an hour ago',
    { expires: '2026-11-20T12:00:00+01:00' },
    'error opt-out-expired optOuts[0].expires',
  ],
  ['for another element', { path: 'access[1]' }, 'warning opt-out-unused optOuts[0]'],
  [
    'for an element whose path begins alike',
    { path: 'access[0].operation' },
    'warning opt-out-unused optOuts[0]',
  ],
])('it silences nothing when it is %s', (_, change, about) => {
  expect(findings([{ ...broad, ...change }])).toEqual([first, second, about]);
});

test('a date counts to its end', () => {
  expect(findings([broad], '2026-11-20T23:59:59Z')).toEqual([]);
  expect(findings([broad], '2026-11-21T00:00:00Z')).toHaveLength(3);
});

test('each opt-out is judged by itself', () => {
  const two = [broad, { ...broad, path: 'access[0]' }, { ...broad, rule: 'shared-audience' }];
  expect(findings(two)).toEqual(['warning opt-out-unused optOuts[2]']);
});
