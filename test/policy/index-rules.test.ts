import { indexPolicy, rulesFor } from '../../lib/policy/index.js';
import { allow, deny, issuer, PEOPLE, policy, proven, service } from './fixture.js';

describe('the index', () => {
  const rules = [
    allow('e', { operations: ['GET /a/b', 'GET /{x}/b'] }),
    allow('d', { operations: ['GET /a/**'] }),
    deny('c', { operations: ['GET /**'] }),
    allow('b', { operations: ['GET /a/{y}'] }),
    allow('a', { operations: ['GET /a/b/c', 'POST /a/b'] }),
  ];
  const index = indexPolicy(policy(rules));
  const found = (method: string, path: string, name = 'orders') =>
    rulesFor(index, name, method, path).map(({ id, operation }) => `${id}: ${operation}`);

  test('finds every rule that covers a request, by id, each once with its first operation', () => {
    expect(found('GET', '/a/b')).toEqual(['b: GET /a/{y}', 'c: GET /**', 'd: GET /a/**', 'e: GET /a/b']);
    expect(found('GET', '/z/b')).toEqual(['c: GET /**', 'e: GET /{x}/b']);
    expect(found('GET', '/a')).toEqual(['c: GET /**', 'd: GET /a/**']);
    expect(found('GET', '/')).toEqual(['c: GET /**']);
    expect(found('GET', '/a/b/c/d')).toEqual(['c: GET /**', 'd: GET /a/**']);
    expect(found('POST', '/a/b')).toEqual(['a: POST /a/b']);
  });

  test('finds nothing for other methods, services and names of the prototype', () => {
    expect(found('HEAD', '/a/b')).toEqual([]);
    expect(found('GET', '/a/b', 'payments')).toEqual([]);
    expect(found('GET', '/a/b', 'constructor')).toEqual([]);
    expect(found('constructor', '/a/b')).toEqual([]);
  });

  test('a segment named like a method of objects is a segment', () => {
    const odd = indexPolicy(policy([allow('a', { operations: ['GET /__proto__/constructor'] })]));
    expect(rulesFor(odd, 'orders', 'GET', '/__proto__/constructor')).toHaveLength(1);
    expect(rulesFor(odd, 'orders', 'GET', '/__proto__')).toHaveLength(0);
    expect(rulesFor(odd, 'orders', 'GET', '/toString')).toHaveLength(0);
  });

  test('a service may be named like a method of objects', () => {
    const rule = allow('a', { operations: ['GET /'] });
    const odd = indexPolicy({ ...policy([]), services: { constructor: service('constructor', [rule]) } });
    expect(odd.byAuthority.get('constructor.shop.test')).toBe('constructor');
    expect(rulesFor(odd, 'constructor', 'GET', '/')).toHaveLength(1);
  });

  test('reads no more of the rules for more of them: nodes on the way only', () => {
    // 2^10 templates of ten segments all cover one path: each is found once, the others are not met.
    const many = Array.from({ length: 1024 }, (_, at) => {
      const segments = Array.from({ length: 10 }, (__, bit) => ((at >> bit) % 2 ? `{p${bit}}` : 's'));
      return allow(`r${at}`, { operations: [`GET /${segments.join('/')}`] });
    });
    const dense = indexPolicy(policy(many));
    expect(rulesFor(dense, 'orders', 'GET', '/s'.repeat(10))).toHaveLength(1024);
    expect(rulesFor(dense, 'orders', 'GET', '/t'.repeat(10))).toHaveLength(1);
  });

  test('finds the same whether rules are few, and compared, or many, and told apart', () => {
    // More rules of the same service, none of which covers the paths that are asked for.
    const others = Array.from({ length: 64 }, (_, at) =>
      allow(`x${at}`, { operations: [`GET /a/b/x${at}/{y}`, `GET /{z}/x${at}`, `PUT /a/b/c${at}/**`] }),
    );
    const crowded = indexPolicy(policy([...rules, ...others]));
    for (const path of ['/', '/a', '/a/b', '/a/b/c', '/a/b/c/d', '/z/b', '/z', '/b/a', '/a/b/x']) {
      for (const method of ['GET', 'POST', 'HEAD']) {
        const more = rulesFor(crowded, 'orders', method, path).map(
          ({ id, operation }) => `${id}: ${operation}`,
        );
        expect([method, path, more]).toEqual([method, path, found(method, path)]);
      }
    }
  });

  test('a star is no segment of a path that a parameter could be taken for', () => {
    // `*` may be in a path, and is not a literal of any template.
    const starred = indexPolicy(policy([allow('a', { operations: ['GET /{x}/b'] })]));
    expect(rulesFor(starred, 'orders', 'GET', '/*/b')).toHaveLength(1);
    expect(rulesFor(starred, 'orders', 'GET', '/*')).toHaveLength(0);
    expect(rulesFor(starred, 'orders', 'GET', '/a*/b')).toHaveLength(1);
  });
});

describe('an ambiguous or unreadable policy has no index', () => {
  const ambiguous = (what: string) =>
    expect.objectContaining({
      code: 'ambiguous-policy',
      message: expect.stringContaining(`the policy has the ${what} twice`),
    });
  test('two services of one host', () => {
    const services = {
      a: service('a', [], { authority: 'x.test' }),
      b: service('b', [], { authority: 'x.test' }),
    };
    expect(() => indexPolicy({ ...policy([]), services })).toThrow(ambiguous('authority x.test'));
  });
  test('two issuers of one `iss`', () => {
    expect(() => indexPolicy({ ...policy([]), issuers: { a: issuer(PEOPLE), b: issuer(PEOPLE) } })).toThrow(
      ambiguous(`issuer ${PEOPLE}`),
    );
  });
  test('two rules of one id', () => {
    const twice = [allow('a', { operations: ['GET /a'] }), deny('a', { operations: ['GET /b'] })];
    expect(() => indexPolicy(policy(twice))).toThrow(ambiguous('rule a'));
  });
  test('a proof that the policy takes none of', () => {
    const rules = [allow('a', { operations: ['GET /a'], conditions: [proven] })];
    expect(() => indexPolicy(policy(rules))).toThrow(expect.objectContaining({ code: 'proofs-not-taken' }));
    expect(indexPolicy(policy(rules, { dpop: true })).services.size).toBe(2);
  });
  test('an operation that is none', () => {
    const rules = [allow('a', { operations: ['GET /a*'] })];
    expect(() => indexPolicy(policy(rules))).toThrow(expect.objectContaining({ code: 'invalid-operation' }));
  });
  test('a range that is none, also where no request ever meets it', () => {
    const rules = [
      allow('a', { operations: ['GET /a'], conditions: [{ kind: 'sourceNetwork', ranges: ['10.0.0.0'] }] }),
    ];
    expect(() => indexPolicy(policy(rules))).toThrow(expect.objectContaining({ code: 'invalid-range' }));
  });
});
