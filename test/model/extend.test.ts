import fc from 'fast-check';
import { InvalidModelError } from '../../lib/diagnostic.js';
import {
  allow,
  allowOut,
  defineZeroTrust,
  deny,
  http,
  mfa,
  oidc,
  user,
  workload,
  anyone,
} from '../../lib/index.js';
import { extendModel, extendZeroTrust, type ModelChanges } from '../../lib/model/extend.js';
import { parseModel } from '../../lib/model/parse.js';

const base = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',
  identity: {
    providers: { people: oidc({ issuer: 'https://dev.example', jwksUri: 'https://dev.example/jwks' }) },
  },
  services: {
    web: http({ host: 'www.dev.example', requestsPerSecond: 10, cors: { origins: ['https://a.example'] } }),
    orders: http({ host: 'orders.dev.example' }),
  },
  access: [
    allow(anyone()).to('web', 'GET /').named('window'),
    allow(user()).to('orders', 'GET /orders').when(mfa()).named('list'),
    deny(anyone()).to('orders', 'DELETE /**'),
  ],
  egress: [allowOut(workload('orders')).to('https://pay.example').named('pay')],
});

const extended = (changes: ModelChanges) => parseModel(extendZeroTrust(base, changes)).model;
const plain = parseModel(base).model!;

test('members are merged, null takes one away, and a list is replaced', () => {
  const model = extended({
    environment: 'stage',
    identity: { providers: { people: { issuer: 'https://stage.example' } } },
    services: {
      web: { host: 'www.stage.example', requestsPerSecond: null, cors: { origins: ['https://b.example'] } },
    },
    firewall: { maxConnections: 5 },
  });
  expect(model).toEqual({
    ...plain,
    environment: 'stage',
    identity: {
      providers: { people: { ...plain.identity?.providers?.['people'], issuer: 'https://stage.example' } },
    },
    services: {
      ...plain.services,
      web: { protocol: 'http', host: 'www.stage.example', cors: { origins: ['https://b.example'] } },
    },
    firewall: { maxConnections: 5 },
  });
});

test('rules are changed, taken away and added by their names, and all others keep their order', () => {
  const { model, origins } = extendModel(base, {
    access: {
      'just-here': allow(user()).to('web', 'GET /just-here'),
      window: null,
      list: { operations: ['GET /orders', 'HEAD /orders'], when: null },
    },
    egress: { pay: { operations: ['POST /charges'] } },
  });
  const [, list, unnamed] = plain.access;
  const { when: _, ...without } = list as { when?: unknown };
  expect(parseModel(model).model?.access).toEqual([
    { ...without, operations: ['GET /orders', 'HEAD /orders'] },
    unnamed,
    {
      effect: 'allow',
      principals: [user()],
      service: 'web',
      operations: ['GET /just-here'],
      name: 'just-here',
    },
  ]);
  expect(origins).toEqual({
    access: [{ base: 1, changes: 'list' }, { base: 2 }, { changes: 'just-here' }],
    egress: [{ base: 0, changes: 'pay' }],
  });
});

test.each<[string, unknown, string, string, string | undefined]>([
  [
    'a service',
    { services: { wbe: { host: 'x.example' } } },
    'unknown-service',
    'services.wbe',
    'did you mean "web"?',
  ],
  [
    'a service to take away',
    { services: { order: null } },
    'unknown-service',
    'services.order',
    'did you mean "orders"?',
  ],
  [
    'a provider',
    { identity: { providers: { poeple: { issuer: 'https://x.example' } } } },
    'unknown-provider',
    'identity.providers.poeple',
    'did you mean "people"?',
  ],
  ['a rule', { access: { lst: { when: null } } }, 'unknown-rule', 'access.lst', 'did you mean "list"?'],
  [
    'a rule to take away',
    { access: { elsewhere: null } },
    'unknown-rule',
    'access.elsewhere',
    'leave it out',
  ],
  [
    'an egress rule',
    { egress: { payy: { operations: [] } } },
    'unknown-rule',
    'egress.payy',
    'did you mean "pay"?',
  ],
  [
    'a member to take away',
    { services: { web: { requestPerSecond: null } } },
    'unknown-member',
    'services.web.requestPerSecond',
    'did you mean "requestsPerSecond"?',
  ],
  [
    'a member of a rule',
    { access: { list: { unles: null } } },
    'unknown-member',
    'access.list.unles',
    undefined,
  ],
  ['rules as a list', { access: [] }, 'rules-by-name', 'access', undefined],
  ['another name', { access: { list: { name: 'all' } } }, 'rule-name', 'access.list.name', undefined],
  ['no object', { access: { list: 'GET /' } }, 'wrong-type', 'access.list', undefined],
  ['nothing', null, 'wrong-type', '', undefined],
])('changes of what is not there are an error: %s', (_, changes, code, path, remedy) => {
  const found = errorOf(() => extendModel(base, changes)).diagnostics;
  expect(found).toEqual([
    expect.objectContaining({ severity: 'error', code, path, ...(remedy && { remedy }) }),
  ]);
});

test('what the schema refuses is found in the extended model, where a misspelt member is', () => {
  const { diagnostics } = parseModel(extendModel(base, { services: { web: { hots: 'x.example' } } }).model);
  expect(diagnostics).toEqual([
    expect.objectContaining({
      code: 'unknown-key',
      path: 'services.web.hots',
      remedy: 'did you mean "host"?',
    }),
  ]);
});

test('for objects without rules it is the merge patch of RFC 7396, as far as nothing is named that is not there', () => {
  const value = fc.oneof(fc.integer(), fc.array(fc.integer(), { maxLength: 2 }));
  const leaf = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value);
  const tree = fc.dictionary(fc.constantFrom('x', 'y'), leaf);
  const patch = fc.dictionary(
    fc.constantFrom('x', 'y'),
    fc.oneof(
      fc.constant(null),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(value, fc.constant(null))),
    ),
  );
  let merged = 0;
  fc.assert(
    fc.property(tree, patch, (old, changes) => {
      let model: unknown;
      try {
        ({ model } = extendModel({ firewall: old }, { firewall: changes }));
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidModelError);
        return;
      }
      merged += 1;
      expect(model).toEqual({ firewall: rfc7396(old, changes) });
    }),
    { seed: 7396, numRuns: 500 },
  );
  expect(merged).toBeGreaterThan(100);
});

/** `MergePatch` of RFC 7396 section 2, word for word. */
function rfc7396(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = (
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  ) as Record<string, unknown>;
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = rfc7396(result[name], value);
  }
  return result;
}

function errorOf(run: () => unknown): InvalidModelError {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidModelError) return error;
  }
  throw new Error('it throws nothing');
}
