import shop from '../../examples/shop/model.js';
import { explain } from '../../lib/insight/explain.js';
import { comparePolicies, type PolicyComparison } from '../../lib/insight/compare.js';
import {
  allow,
  claim,
  deny,
  http,
  mfa,
  oidc,
  type Plan,
  resolve,
  signedInWithin,
  sourceNetwork,
  user,
  workload,
} from '../../lib/index.js';
import { hostOf } from '../../lib/policy/request.js';
import { indexPolicy, rulesFor } from '../../lib/policy/index-rules.js';
import { pathOf } from '../../lib/policy/canonical.js';
import { partsOf } from '../engines/equality/case.js';
import { modelOf } from '../engines/equality/platform.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { repaired } from '../engines/equality/validity.js';
import { Memory, seededDraw } from '../equality/memory.js';

const NOW = 1_900_000_000;
const now = new Date(NOW * 1000);

function planOf(access: readonly unknown[]): Plan {
  return resolve(
    {
      trustDomain: 'shop.example',
      environment: 'dev',
      identity: {
        providers: {
          people: oidc({ issuer: 'https://people.example', jwksUri: 'https://people.example/jwks' }),
        },
      },
      services: { orders: http({ host: 'orders.shop.example' }), web: http({ host: 'www.shop.example' }) },
      access,
    },
    { now },
  );
}

const changes = ({ differences }: PolicyComparison) =>
  differences.map(({ change, method, path, caller, from }) =>
    [change, method, path, caller, ...(from === undefined ? [] : [from - NOW])].join(' '),
  );
const compared = (before: readonly unknown[], after: readonly unknown[]) =>
  changes(comparePolicies(planOf(before), planOf(after), NOW));

const staff = user({ issuer: 'people', groups: ['staff'] });
const read = allow(staff).to('orders', 'GET /orders/{id}').named('read');

test('a life of tokens that is bounded otherwise opens and closes, with a token that shows it', () => {
  const bounded = (maxTokenLifetimeSeconds?: number) =>
    resolve(
      {
        trustDomain: 'shop.example',
        environment: 'dev',
        identity: {
          providers: {
            people: oidc({
              issuer: 'https://people.example',
              jwksUri: 'https://people.example/jwks',
              ...(maxTokenLifetimeSeconds !== undefined && { maxTokenLifetimeSeconds }),
            }),
          },
        },
        services: { orders: http({ host: 'orders.shop.example' }) },
        access: [read],
      },
      { now },
    );
  const between = (before?: number, after?: number, maxCallers?: number) => {
    const options = maxCallers === undefined ? {} : { maxCallers };
    const { differences, isExact } = comparePolicies(bounded(before), bounded(after), NOW, options);
    expect(isExact).toBe(true);
    return differences.map(({ change }) => change);
  };
  // One caller at a time, and all at once by the diagram.
  for (const maxCallers of [undefined, 1]) {
    expect(between(3600, 3600, maxCallers)).toEqual([]);
    expect(between(undefined, 3600, maxCallers)).toEqual(['closed']);
    expect(between(3600, undefined, maxCallers)).toEqual(['opened']);
    expect(between(3600, 1800, maxCallers)).toEqual(['closed']);
  }
});

test('a model and itself, and one that says the same in other words, do not differ', () => {
  const plan = resolve(shop, { now });
  expect(comparePolicies(plan, plan, NOW)).toMatchObject({ differences: [], requests: 0, isExact: true });
  const split = [
    allow(staff).to('orders', 'GET /orders/{id}').when(mfa()),
    allow(staff).to('orders', 'GET /orders/{number}').named('again'),
  ];
  expect(compared([read], split)).toEqual([]);
});

test.each<[string, readonly unknown[], readonly unknown[], readonly string[]]>([
  ['a rule that is gone', [read], [], ['closed GET /orders/x a client']],
  ['a wider path', [read], [allow(staff).to('orders', 'GET /orders/**')], ['opened GET /orders a client']],
  [
    'a literal that was a parameter',
    [read],
    [allow(staff).to('orders', 'GET /orders/x')],
    ['closed GET /orders/xx a client'],
  ],
  [
    'another method',
    [read],
    [read, allow(staff).to('orders', 'HEAD /orders/{id}')],
    ['opened HEAD /orders/x a client'],
  ],
  [
    'a claim less',
    [read],
    [allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}')],
    ['opened GET /orders/x a client'],
  ],
  [
    'a condition more',
    [read],
    [allow(staff).to('orders', 'GET /orders/{id}').when(mfa())],
    ['closed GET /orders/x a client'],
  ],
  [
    'a longer time',
    [
      allow(staff)
        .to('orders', 'POST /orders')
        .when(signedInWithin({ minutes: 5 })),
    ],
    [
      allow(staff)
        .to('orders', 'POST /orders')
        .when(signedInWithin({ minutes: 6 })),
    ],
    ['opened POST /orders a client'],
  ],
  [
    'a smaller network',
    [allow(staff).to('orders', 'POST /orders').when(sourceNetwork('10.0.0.0/8'))],
    [allow(staff).to('orders', 'POST /orders').when(sourceNetwork('10.0.0.0/9'))],
    ['closed POST /orders a client'],
  ],
  [
    'a deny',
    [read],
    [
      read,
      deny(staff.kind === 'user' ? user({ issuer: 'people' }) : staff)
        .to('orders', 'GET /**')
        .unless(claim('tier').equals('gold')),
    ],
    ['closed GET /orders/x a client'],
  ],
  [
    'a workload',
    [read],
    [read, allow(workload('web')).to('orders', 'GET /orders/{id}')],
    ['opened GET /orders/x the workload web'],
  ],
  [
    'another group',
    [read],
    [allow(user({ issuer: 'people', groups: ['Staff'] })).to('orders', 'GET /orders/{id}')],
    ['opened GET /orders/x a client', 'closed GET /orders/x a client'],
  ],
])('%s is found, and nothing else', (_, before, after, expected) => {
  expect([...compared(before, after)].sort()).toEqual([...expected].sort());
});

test('a rule in audit is a difference from the instant on at which it is enforced', () => {
  const until = new Date((NOW + 60) * 1000).toISOString();
  const audited = allow(staff).to('orders', 'GET /orders/{id}').audited({ until, reason: 'tried' });
  expect(compared([], [audited])).toEqual(['opened GET /orders/x a client 60']);
});

test('an allow with an end is a difference until then, and from then on where the other has none', () => {
  const at = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();
  const forever = allow(staff).to('orders', 'GET /orders/{id}');
  const whole = (before: readonly unknown[], after: readonly unknown[]) =>
    comparePolicies(planOf(before), planOf(after), NOW).differences.map(({ change, from, until }) => [
      change,
      from && from - NOW,
      until && until - NOW,
    ]);
  const [soon, later] = [forever.until(at(60)), forever.until(at(120))];
  expect(whole([], [soon])).toEqual([['opened', undefined, 60]]);
  expect(whole([forever], [soon])).toEqual([['closed', 60, undefined]]);
  expect(whole([soon], [later])).toEqual([['opened', 60, 120]]);
  expect(whole([later], [soon])).toEqual([['closed', 60, 120]]);
  expect(whole([soon], [forever.until(at(60)).named('again')])).toEqual([]);
  // Over already.
  expect(whole([], [forever.until(at(0))])).toEqual([]);
  // What is opened again after the end is said again.
  const again = forever.audited({ until: at(90), reason: 'tried' }).named('again');
  expect(whole([], [soon, again])).toEqual([
    ['opened', undefined, 60],
    ['opened', 90, undefined],
  ]);
});

test.each([
  ['tried', {}],
  ['held by a diagram', { maxCallers: 0 }],
])('callers for whom it ends are a row apart from the rest, if they are %s', (_, options) => {
  const at = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();
  const of = (group: string) => allow(user({ issuer: 'people', groups: [group] })).to('orders', 'GET /a');
  const [a, b] = [of('a').named('forever'), of('b').named('ending').until(at(60))];
  const again = of('b')
    .named('again')
    .audited({ until: at(90), reason: 'tried' });
  const whole = (before: readonly unknown[], after: readonly unknown[]) =>
    comparePolicies(planOf(before), planOf(after), NOW, options).differences.map((one) => {
      const [from, until] = [one.from, one.until].map((instant) => instant && instant - NOW);
      const { example } = one;
      const groups = example.credential.kind === 'jwt' && example.credential.claims['groups'];
      return [one.change, groups, from, until, one.contains];
    });
  // Who is in `b` alone until the end; who is in `a` from then on as well, which is not said again.
  expect(whole([], [a, b])).toEqual([
    ['opened', 'b', undefined, 60, undefined],
    ['opened', 'a', undefined, undefined, 1],
  ]);
  expect(whole([a, b], [])).toEqual([
    ['closed', 'b', undefined, 60, undefined],
    ['closed', 'a', undefined, undefined, 1],
  ]);
  // What is opened again is in neither row.
  expect(whole([], [a, b, again])).toMatchObject([
    {},
    {},
    ['opened', expect.anything(), 90, undefined, undefined],
  ]);
  // What turns from opened to closed at one instant ends there, too.
  const taken = of('b')
    .named('taken')
    .audited({ until: at(60), reason: 'tried' });
  expect(whole([taken], [b])).toEqual([
    ['opened', 'b', undefined, 60, undefined],
    ['closed', 'b', 60, undefined, undefined],
  ]);
});

test('above 16 conditions a decision diagram tells all callers apart, and it says so', () => {
  const groups = Array.from({ length: 18 }, (_, at) => `g${at}`);
  const rule = (of: readonly string[]) =>
    allow(...of.map((group) => user({ issuer: 'people', groups: [group] })))
      .to('orders', 'GET /a')
      .named('many');
  const comparison = comparePolicies(planOf([rule(groups)]), planOf([rule(groups.slice(1))]), NOW);
  expect([comparison.isExact, comparison.byDiagram]).toEqual([true, ['orders: GET /a']]);
  // One caller of 2^18 sets of groups: nobody but who is in that group alone.
  expect(comparison.differences).toMatchObject([
    { change: 'closed', example: { credential: { claims: { groups: 'g0' } } } },
  ]);
  const same = comparePolicies(planOf([rule(groups)]), planOf([rule(groups.toReversed())]), NOW);
  expect([same.differences, same.isExact]).toEqual([[], true]);
});

test('a diagram finds what trying all callers finds', async () => {
  const instant = (await Memory.create()).world.instant(NOW);
  let found = 0;
  for (let number = 0; number < 16; number += 1) {
    const draw = seededDraw(12, number);
    const parts = partsOf(repaired(drawPolicy(draw), instant).policy, instant);
    if (parts.access.length > 6) continue;
    const gone = draw.below(parts.access.length);
    const [before, after] = [parts.access, parts.access.toSpliced(gone, 1)].map((access) =>
      resolve(modelOf({ ...parts, access }), { now }),
    ) as [Plan, Plan];
    const tried = comparePolicies(before, after, NOW);
    const held = comparePolicies(before, after, NOW, { maxCallers: 0 });
    const shape = ({ differences }: PolicyComparison) =>
      differences.map(({ change, service, method, path, caller, example }) => {
        const issuer = example.credential.kind === 'jwt' ? example.credential.claims['iss'] : undefined;
        return JSON.stringify([change, service, method, path, caller, issuer]);
      });
    if (!tried.isExact || tried.byDiagram.length > 0) continue;
    found += tried.differences.length;
    expect([number, shape(held)]).toEqual([number, shape(tried)]);
  }
  expect(found).toBeGreaterThan(8);
});

test('whatever random requests tell two random models apart by, the comparison has said', async () => {
  const memory = await Memory.create();
  const instant = memory.world.instant(NOW);
  let apart = 0;
  for (let number = 0; number < 30; number += 1) {
    const draw = seededDraw(11, number);
    const { policy } = repaired(drawPolicy(draw), instant);
    const parts = partsOf(policy, instant);
    if (parts.access.length > 7 || parts.access.length < 3) continue;
    const gone = draw.below(parts.access.length);
    const before = resolve(modelOf(parts), { now });
    const after = resolve(modelOf({ ...parts, access: parts.access.filter((_, at) => at !== gone) }), {
      now,
    });
    const comparison = comparePolicies(before, after, NOW);
    const indexes = [before, after].map((plan) => indexPolicy(plan.policy));
    const classOf = (service: string, method: string, path: string) =>
      indexes
        .map((index) =>
          rulesFor(index, service, method, path)
            .map(({ id }) => id)
            .join(' '),
        )
        .join(' | ');
    for (let count = 0; count < 100; count += 1) {
      const { request } = memory.world.pose(drawRequest(draw, before, [], 'gateway'), instant);
      const [old, next] = [before, after].map((plan) => explain(plan, request).outcome === 'admitted');
      if (old === next) continue;
      apart += 1;
      const service = Object.values(before.services).find(
        ({ authority }) => authority === hostOf(request.authority),
      )!.name;
      const wanted = classOf(service, request.method, pathOf(request.path));
      const said = comparison.differences.some(
        (one) =>
          one.service === service &&
          one.change === (next ? 'opened' : 'closed') &&
          classOf(service, one.method, one.path) === wanted,
      );
      expect([number, request.method, request.path, said]).toEqual([
        number,
        request.method,
        request.path,
        true,
      ]);
    }
    for (const { example, change } of comparison.differences.filter(({ from }) => from === undefined)) {
      const [old, next] = [before, after].map((plan) => explain(plan, example).outcome === 'admitted');
      expect([old, next]).toEqual([change === 'closed', change === 'opened']);
    }
  }
  expect(apart).toBeGreaterThan(100);
});
