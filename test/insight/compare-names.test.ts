import { changedLimits } from '../../lib/insight/compare-besides.js';
import { namedAlike } from '../../lib/insight/compare-names.js';
import { comparePolicies } from '../../lib/insight/compare.js';
import {
  allow,
  defineZeroTrust,
  extendZeroTrust,
  http,
  type ModelChanges,
  oidc,
  resolve,
  user,
  workload,
} from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';

const NOW = 1_780_000_000;
const stage = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'stage',
  identity: {
    providers: {
      people: oidc({ issuer: 'https://login.stage.example', jwksUri: 'https://login.stage.example/jwks' }),
    },
  },
  services: {
    web: http({ host: 'www.stage.example', cors: { origins: ['https://www.stage.example'] } }),
    orders: http({ host: 'orders.stage.example', audience: 'api://orders-stage' }),
    inner: http(),
  },
  access: [
    allow(user({ groups: ['staff'] }))
      .to('web', 'GET /admin')
      .named('admin'),
    allow(workload('web')).to('inner', 'GET /x').named('inner'),
  ],
});
const named: ModelChanges = {
  environment: 'production',
  identity: {
    providers: {
      people: { issuer: 'https://login.shop.example', jwksUri: 'https://login.shop.example/jwks' },
    },
  },
  services: {
    web: { host: 'www.shop.example', cors: { origins: ['https://www.shop.example'] } },
    orders: { host: 'orders.shop.example', audience: null },
  },
};

function compared(changes: ModelChanges) {
  const model = (value: unknown) => parseModel(value).model!;
  const other = model(extendZeroTrust(extendZeroTrust(stage, named), changes));
  const alike = namedAlike(model(stage), other);
  const now = new Date(NOW * 1000);
  const plans = [resolve(stage, { now }), resolve(alike.model, { now })] as const;
  return { ...comparePolicies(...plans, NOW), names: alike.names, limits: changedLimits(...plans) };
}

test('environments that differ by their names decide alike, and every name is listed', () => {
  const { isSame, besides, names } = compared({});
  expect({ isSame, besides }).toEqual({ isSame: true, besides: [] });
  expect(names.map(({ path }) => path).sort()).toEqual([
    'environment',
    'identity.providers.people.issuer',
    'identity.providers.people.jwksUri',
    'services.orders.audience',
    'services.orders.host',
    'services.web.host',
  ]);
});

test('without that nothing is alike', () => {
  expect(comparePolicies(resolve(stage), resolve(extendZeroTrust(stage, named)), NOW).isSame).toBe(false);
});

test.each<[string, ModelChanges, string]>([
  ['another group', { access: { admin: { principals: [user({ groups: ['ops'] })] } } }, 'web'],
  ['a rule less', { access: { inner: null } }, 'inner'],
  [
    'a service that only one of them shows the public',
    { services: { inner: { host: 'inner.shop.example' } } },
    'inner',
  ],
])('%s is a difference', (_, changes, service) => {
  const { isSame, differences, besides } = compared(changes);
  expect(isSame).toBe(false);
  expect([...differences.map((one) => one.service), ...besides.map(({ path }) => path)].join()).toContain(
    service,
  );
});

test('an audience that only one of them has is no name: it says which services a provider is for', () => {
  const { besides, differences } = compared({
    identity: { providers: { people: { audiences: { web: 'https://www.stage.example' } } } },
  });
  expect([...besides, ...differences]).not.toEqual([]);
});

test('limits decide about nobody, and are listed', () => {
  const { isSame, limits } = compared({
    firewall: { maxConnections: 7 },
    services: { web: { requestsPerSecond: 5 } },
  });
  expect(isSame).toBe(true);
  expect(limits).toEqual([
    { path: 'firewall.maxConnections', before: 10_000, after: 7 },
    { path: 'services.web.requestsPerSecond', before: expect.any(Number), after: 5 },
  ]);
});
