import { type Names, type Node, shapesOf, shapeText, without } from './shape.js';

describe('shapes', () => {
  const names: Names = { names: new Set(['orders', 'users']) };
  const document: Node = {
    clusters: [
      { name: 'services/orders', timeout: '1s' },
      { name: 'services/users', timeout: '2s', tls: { options: { only: {} } } },
    ],
    policies: { orders: { any: true }, 'orders#0': { any: true }, 'token-form': { any: true } },
    rules: [{ not: { exact: 'a' } }, { not: { exact: 'b' } }],
    protocols: ['h2', 'http/1.1'],
  };
  const shapes = (places: boolean) => shapesOf(document, names, places).map(shapeText);

  test('have no names of the model, and all others', () => {
    expect(shapes(false)).toEqual([
      'clusters',
      'clusters[services/*]',
      'clusters[services/*].name',
      'clusters[services/*].timeout',
      'clusters[services/*].tls',
      'clusters[services/*].tls.options',
      'clusters[services/*].tls.options.only',
      'policies',
      'policies[*]',
      'policies[*].any',
      'policies[*#*]',
      'policies[*#*].any',
      'policies[token-form]',
      'policies[token-form].any',
      'rules',
      'rules[]',
      'rules[].not',
      'rules[].not.exact',
      'protocols',
      'protocols[h2]',
      'protocols[http/1.1]',
    ]);
  });

  test('tell the places of a list apart where they matter', () => {
    expect(shapes(true)).toContain('rules[1].not.exact');
  });

  test.each([
    [
      'clusters[services/*].timeout',
      { clusters: [{ name: 'services/orders' }, expect.not.objectContaining({ timeout: '2s' })] },
    ],
    [
      'clusters[services/*].tls.options.only',
      { clusters: [expect.anything(), { name: 'services/users', timeout: '2s' }] },
    ],
    ['policies[*].any', { policies: { 'orders#0': { any: true }, 'token-form': { any: true } } }],
    ['rules[].not.exact', { rules: [{ not: { exact: 'b' } }] }],
    ['protocols[h2]', { protocols: ['http/1.1'] }],
  ])('%s is taken away with what is empty then', (text, expected) => {
    const shape = shapesOf(document, names, false).find((each) => shapeText(each) === text)!;
    expect(without(document, shape, names, false)).toEqual(expect.objectContaining(expected));
  });

  test('that are not there take nothing away', () => {
    expect(without(document, ['clusters', '[services/*]', 'missing'], names, false)).toBeUndefined();
  });
});
