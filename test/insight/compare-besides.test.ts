import { changedBesides } from '../../lib/insight/compare-besides.js';
import { comparePolicies } from '../../lib/insight/compare.js';
import { explain } from '../../lib/insight/explain.js';
import {
  allow,
  anyone,
  dataDomain,
  http,
  oidc,
  type Plan,
  resolve,
  senderConstrained,
  user,
  workload,
} from '../../lib/index.js';

const NOW = 1_780_000_000;
const staff = user({ issuer: 'people', groups: ['staff'] });
const usual = [
  allow(user({ issuer: 'people' }))
    .to('web', 'GET /a')
    .named('a'),
  allow(staff).to('api', 'GET /b').named('b'),
];

interface Parts {
  readonly provider?: object;
  readonly web?: object;
  readonly access?: readonly unknown[];
  readonly more?: object;
}

function planOf({ provider, web, access = usual, more }: Parts = {}): Plan {
  const issuer = 'https://people.example';
  return resolve(
    {
      trustDomain: 'shop.example',
      environment: 'dev',
      identity: {
        providers: {
          people: oidc({
            issuer,
            jwksUri: `${issuer}/jwks`,
            audiences: { web: 'one', api: 'two', third: 'three' },
            ...provider,
          }),
        },
      },
      services: {
        web: http({ host: 'www.shop.example', decisionService: 'everyPoint', ...web }),
        api: http({ host: 'api.shop.example', decisionService: 'everyPoint' }),
        third: http({ host: 'third.shop.example', decisionService: 'everyPoint' }),
      },
      access,
      ...more,
    },
    { now: new Date(NOW * 1000) },
  );
}

const compared = (before: Parts, after: Parts) => {
  const both = [planOf(before), planOf(after)] as const;
  const comparison = comparePolicies(...both, NOW);
  for (const { example, change } of comparison.differences) {
    const admitted = both.map((plan) => explain(plan, example).outcome === 'admitted');
    expect(admitted).toEqual([change === 'closed', change === 'opened']);
  }
  return comparison;
};

test('another audience claim: tokens that have one, and tokens that have the other', () => {
  const { differences, isSame } = compared({}, { provider: { audienceClaim: 'client_id' } });
  const at = differences.filter(({ path }) => path === '/a');
  const claims = at.map(({ change, example: { credential } }) => [
    change,
    credential.kind === 'jwt' &&
      ['aud', 'client_id'].filter((name) => Object.hasOwn(credential.claims, name)),
  ]);
  expect([isSame, claims]).toEqual([
    false,
    [
      ['opened', ['client_id']],
      ['closed', ['aud']],
    ],
  ]);
});

test('proofs at one service: a bound token that comes as a bearer token is refused at every other', () => {
  const proven = [usual[0]!, allow(staff).to('api', 'GET /b').when(senderConstrained('dpop')).named('b')];
  const { differences, byDiagram } = compared({}, { access: proven });
  expect(byDiagram).toEqual([]);
  expect(differences.filter(({ path }) => path === '/a')).toMatchObject([
    { change: 'closed', after: { outcome: 'invalidToken' } },
    { change: 'opened', example: { credential: { scheme: 'DPoP' } } },
  ]);
});

test.each<[string, Parts, Parts, string]>([
  ['preflights', {}, { web: { cors: { origins: ['https://x.example'] } } }, 'policy.services.web.cors'],
  [
    'one origin more',
    { web: { cors: { origins: ['https://x.example'] } } },
    { web: { cors: { origins: ['https://x.example', 'https://y.example'] } } },
    'policy.services.web.cors.origins',
  ],
  [
    'the claim by which a client is revoked',
    {},
    { provider: { clientClaim: 'azp' } },
    'policy.issuers.people.profile.clientClaim',
  ],
  ['where keys are', {}, { provider: { jwksUri: 'https://other.example/keys' } }, 'issuers.people.jwksUri'],
  ['the trust domain', {}, { more: { trustDomain: 'other.example' } }, 'trustDomain'],
  ['the namespace', {}, { more: { authority: { namespace: 'other' } } }, 'namespace'],
  [
    'who reaches data',
    { more: { data: { cards: dataDomain('card-data', workload('api')) } } },
    { more: { data: { cards: dataDomain('card-data', workload('api'), workload('web')) } } },
    'data.cards.workloads',
  ],
])('%s cannot be asked about, and is said', (_, before, after, path) => {
  const { differences, besides, isSame } = compared(before, after);
  expect([differences, isSame]).toEqual([[], false]);
  expect(besides.map((one) => one.path)).toEqual([path]);
});

test('a service, an operation or a rate more is nothing besides', () => {
  const more = [...usual, allow(anyone()).to('web', 'GET /c'), allow(workload('api')).to('web', 'GET /d')];
  const { besides, differences } = compared({}, { access: more, web: { requestsPerSecond: 7 } });
  expect([besides, differences.length]).toEqual([[], 2]);
  const { third: _, ...fewer } = planOf().services;
  const { third: __, ...policies } = planOf().policy.services;
  const without = {
    ...planOf(),
    services: fewer,
    policy: { ...planOf().policy, services: policies },
  } as Plan;
  expect(changedBesides(without, planOf())).toEqual([]);
  expect(changedBesides(planOf(), without)).toEqual([]);
});

test('a member of the plan that nobody thought of is listed', () => {
  const plan = planOf();
  const web = { ...plan.policy.services['web']!, quota: 3 };
  const policy = { ...plan.policy, services: { ...plan.policy.services, web } };
  expect(changedBesides(plan, { ...plan, policy, lenient: true } as Plan)).toEqual([
    { path: 'lenient', after: true },
    { path: 'policy.services.web.quota', after: 3 },
  ]);
  expect(changedBesides({ ...plan, policy } as Plan, plan)).toEqual([
    { path: 'policy.services.web.quota', before: 3 },
  ]);
});

test('what is revoked until an instant is a difference from then on', () => {
  const [before, after] = [planOf({ access: [usual[1]!] }), planOf()].map((plan): Plan => {
    const entries = [{ kind: 'service', service: 'web', until: NOW + 60 }] as const;
    return { ...plan, revocation: { ...plan.revocation, document: { version: 1, entries } } };
  });
  expect(comparePolicies(before!, after!, NOW).differences).toMatchObject([
    { change: 'opened', path: '/a', from: NOW + 60 },
  ]);
});
