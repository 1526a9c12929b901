import { allow, InvalidModelError, resolve, user, workload } from '../../lib/index.js';
import { errorsOf, megabyte, now, person, rule } from './broken.js';
import { shop, shopWithRule } from './shop.js';

describe('a rule', () => {
  // What differs from a right rule, and where in the rule the error is.
  test.each<[string, object, string, string]>([
    ['an unknown effect', { effect: 'permit' }, 'unknown-value', '.effect'],
    ['an unknown key', { priority: 1 }, 'unknown-key', '.priority'],
    ['a condition of a deny', { unless: [] }, 'condition-placement', '.unless'],
    ['a condition of an allow', { effect: 'deny', when: [] }, 'condition-placement', '.when'],
    ['no principals', { principals: [] }, 'too-few', '.principals'],
    ['no operations', { operations: [] }, 'too-few', '.operations'],
    ['an unknown service', { service: 'wbe' }, 'unknown-service', '.service'],
    ['a service called constructor', { service: 'constructor' }, 'unknown-service', '.service'],
    ['the name of another rule', { name: 'read-orders' }, 'duplicate-name', '.name'],
    [
      'an audit to a day that is not',
      { audit: { until: '2027-02-30', reason: 'x' } },
      'invalid-date',
      '.audit.until',
    ],
    ['an end on a day that is not', { until: '2027-02-30' }, 'invalid-date', '.until'],
    ['an end without a zone', { until: '2027-02-03T18:00:00' }, 'invalid-date', '.until'],
    ['the end of a deny', { effect: 'deny', until: '2027-02-03' }, 'unknown-key', '.until'],
    ['an audit to a date object', { audit: { until: now, reason: 'x' } }, 'not-plain-data', '.audit.until'],
    [
      'an audit for no reason',
      { audit: { until: '2027-02-03', reason: ' ' } },
      'missing-reason',
      '.audit.reason',
    ],
  ])('%s', (_, change, code, at) => {
    expect(errorsOf(shopWithRule({ ...rule, ...change }))).toEqual([`${code} access[5]${at}`]);
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'wrong-type access[5]'],
    ['a list', [], 'wrong-type access[5]'],
    ['a rule without its end', allow(user()), 'incomplete-rule access[5]'],
    ['the same rule again', shop().access[0], 'duplicate-rule access[5]'],
  ])('%s', (_, value, error) => {
    expect(errorsOf(shopWithRule(value))).toEqual([error]);
  });

  test.each<[string, unknown, string, string?]>([
    ['of an unknown kind', { kind: 'group' }, 'unknown-value', '.kind'],
    ['an unknown workload', { kind: 'workload', service: 'ordrs' }, 'unknown-service', '.service'],
    ['an unknown provider', user({ issuer: 'peopel' }), 'unknown-provider', '.issuer'],
    [
      'an unknown provider acted for',
      workload('web').onBehalfOf(user({ issuer: 'x' })),
      'unknown-provider',
      '.forUser.issuer',
    ],
    ['an unknown pipeline', { kind: 'pipeline', pipeline: 'x' }, 'unknown-pipeline', '.pipeline'],
    ['half a character', { ...person, groups: ['\ud800'] }, 'invalid-text', '.groups[0]'],
    ['half a character as a name', { ...person, claims: { '\ud800': 'a' } }, 'invalid-text', '.claims'],
    ['an empty group', { ...person, groups: [''] }, 'invalid-group', '.groups[0]'],
    ['no group at all', { ...person, groups: [] }, 'empty-selector', '.groups'],
    ['no claim at all', { ...person, claims: {} }, 'empty-selector', '.claims'],
    ['two scopes in one', { ...person, scopes: ['a b'] }, 'invalid-scope', '.scopes[0]'],
    ['a claim of a megabyte', { ...person, claims: { a: megabyte } }, 'too-long', '.claims.a'],
    ['a claim that is NaN', { ...person, claims: { a: Number.NaN } }, 'claim-value', '.claims.a'],
    ['a claim that is null', { ...person, claims: { a: null } }, 'claim-value', '.claims.a'],
    ['a claim that is empty', { ...person, claims: { a: '' } }, 'claim-value', '.claims.a'],
    ['a claim beyond 2^53', { ...person, claims: { a: 2 ** 53 } }, 'claim-value', '.claims.a'],
    ['a claim that is a fraction', { ...person, claims: { a: 0.1 } }, 'claim-value', '.claims.a'],
    ['a claim with an empty name', { ...person, claims: { '': 'a' } }, 'invalid-name', '.claims[""]'],
  ])('whose principal is %s', (_, principal, code, at = '') => {
    const errors = errorsOf(shopWithRule({ ...rule, principals: [principal] }));
    expect(errors).toEqual([`${code} access[5].principals[0]${at}`]);
  });

  test.each<[string, unknown, string, string?]>([
    ['is unknown', { kind: 'weather' }, 'unknown-value', '.kind'],
    ['is a duration in words', { kind: 'signedInWithin', seconds: '15m' }, 'invalid-seconds', '.seconds'],
    ['is a duration of nothing', { kind: 'signedInWithin', seconds: 0 }, 'out-of-range', '.seconds'],
    [
      'is a duration without end',
      { kind: 'signedInWithin', seconds: Infinity },
      'invalid-seconds',
      '.seconds',
    ],
    [
      'is a range without bits',
      { kind: 'sourceNetwork', ranges: ['10.0.0.1'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is an address in a range',
      { kind: 'sourceNetwork', ranges: ['10.0.0.1/8'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is a mapped range',
      { kind: 'sourceNetwork', ranges: ['::ffff:a00:0/104'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is a number not to be',
      { kind: 'claim', claim: 'a', test: 'presentAndNot', value: 1 },
      'claim-not-text',
      '.value',
    ],
  ])('whose condition %s', (_, condition, code, at = '') => {
    const errors = errorsOf(shopWithRule({ ...rule, principals: [person], when: [condition] }));
    expect(errors).toEqual([`${code} access[5].when[0]${at}`]);
  });

  test.each<[string, unknown, string?]>([
    ['is not ASCII', 'GET /straße'],
    ['has an escape', 'GET /a%2fb'],
    ['goes up', 'GET /a/../b'],
    ['has an empty segment', 'GET //a'],
    ['ends with a slash', 'GET /a/'],
    ['has stars in the middle', 'GET /**/a'],
    ['is a regular expression', 'GET /a.*$'],
    ['has one name twice', 'GET /{a}/{a}'],
    ['has a method in lower case', 'get /a'],
    ['has no method', '/a'],
    ['is a number', 5],
    ['is a megabyte', `GET /${megabyte}`, 'operation-too-long'],
    ['is a connection', 'tcp', 'operation-protocol'],
    ['is a method of a gRPC service', 'rpc a.B/C', 'operation-protocol'],
  ])('whose operation %s', (_, operation, code = 'invalid-operation') => {
    const errors = errorsOf(shopWithRule({ ...rule, operations: [operation] }));
    expect(errors).toEqual([`${code} access[5].operations[0]`]);
  });

  test('with overlapping templates', () => {
    const errors = errorsOf(shopWithRule({ ...rule, operations: ['GET /a/{x}', 'GET /a/{y}'] }));
    expect(errors).toEqual(['overlapping-operations access[5].operations[1]']);
  });

  test('that denies a group', () => {
    const errors = errorsOf(
      shopWithRule({ ...rule, effect: 'deny', principals: [{ ...person, groups: ['a'] }] }),
    );
    expect(errors).toEqual(['deny-principal access[5].principals[0].groups']);
  });

  test('that closes a circle of delegation', () => {
    const acting = (service: string) => [{ kind: 'workload', service, forUser: person }];
    const there = { ...rule, principals: acting('web'), service: 'orders' };
    const back = { ...rule, principals: acting('orders'), service: 'web' };
    expect(errorsOf({ ...shop(), access: [...shop().access, there, back] })).toEqual([
      'delegation-cycle access[5].principals[0].forUser',
    ]);
  });

  test('with a claim whose name is a megabyte, of which the path shows the beginning', () => {
    const errors = errorsOf(
      shopWithRule({ ...rule, principals: [{ ...person, claims: { [megabyte]: 'a' } }] }),
    );
    const shown = `"${'x'.repeat(119)}… (1000002 characters)`;
    expect(errors).toEqual([`invalid-name access[5].principals[0].claims[${shown}]`]);
  });
});

test('a typo is answered with the name that was meant', () => {
  expect(remedyOf(shopWithRule({ ...rule, service: 'wbe' }))).toBe('did you mean "web"?');
  expect(remedyOf(shopWithRule({ ...rule, service: 'warehouse' }))).not.toContain('did you mean');
});

function remedyOf(model: unknown): string | undefined {
  try {
    resolve(model, { now });
  } catch (error) {
    if (error instanceof InvalidModelError) return error.diagnostics[0]?.remedy;
  }
  return undefined;
}
