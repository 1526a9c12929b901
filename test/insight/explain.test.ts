import signedIn from '../../examples/shop/login.js';
import shop from '../../examples/shop/model.js';
import { type Call, explain, type PointExplanation } from '../../lib/insight/explain.js';
import { claimsToken, pipelineToken, userToken, type UserTokenDescription } from '../../lib/insight/token.js';
import { resolve } from '../../lib/plan/resolve.js';
import type { Credential, JsonObject } from '../../lib/policy/request.js';

const now = Date.parse('2026-11-23T12:00:00Z') / 1000;
const plan = resolve(shop, { now: new Date(now * 1000) });

function call(request: string, credential: Credential = { kind: 'none' }, more: Partial<Call> = {}): Call {
  const [method = '', url = ''] = request.split(' ');
  const [authority = '', ...path] = url.split('/');
  return {
    method,
    authority,
    path: `/${path.join('/')}`,
    credential,
    sourceAddress: '192.0.2.1',
    now,
    ...more,
  };
}

function person(service: string, described: Partial<UserTokenDescription> = {}): Credential {
  return userToken(plan, service, { issuer: 'people', ...described }, now);
}

/** Each point with what it answers: `gateway 403 forbidden`, `services/orders/sidecar allow`. */
function answers(asked: Call, only?: 'gateway' | 'sidecar'): string[] {
  return explain(plan, asked, only).points.map(({ point, reached, decision, status }) =>
    [
      point,
      ...(status === undefined ? [] : [status]),
      decision.outcome,
      ...(reached ? [] : ['(unreached)']),
    ].join(' '),
  );
}
const because = (asked: Call) => explain(plan, asked).points[0]?.because.join('\n');

const ORDER = 'GET orders.shop.example/orders/17';
const CHARGE = 'POST payments.dev.shop.example.internal/shop.Payments/Charge';

describe('the way of a request', () => {
  test("a client's crosses the gateway, and then the sidecar of the service", () => {
    const asked = call(ORDER, person('orders'));
    expect(answers(asked)).toEqual(['gateway allow', 'services/orders/sidecar allow']);
    expect(explain(plan, asked).outcome).toBe('admitted');
  });

  test('a point behind one that refuses is asked all the same', () => {
    const asked = call('GET orders.shop.example/orders', person('orders'));
    expect(answers(asked)).toEqual([
      'gateway 403 forbidden',
      'services/orders/sidecar 403 forbidden (unreached)',
    ]);
    expect(explain(plan, asked).outcome).toBe('refused');
  });

  test("a workload's crosses the sidecar of the service it calls, and nothing else", () => {
    expect(answers(call(ORDER, { kind: 'none' }, { workload: 'web' }))).toEqual([
      'services/orders/sidecar allow',
    ]);
  });

  test('the gateway answers a preflight by itself', () => {
    const headers = [
      ['origin', 'https://www.shop.example'],
      ['access-control-request-method', 'GET'],
    ] as const;
    const asked = call('OPTIONS orders.shop.example/orders/17', { kind: 'none' }, { headers });
    expect(answers(asked)).toEqual(['gateway 200 preflight']);
    expect(explain(plan, asked).outcome).toBe('answered');
  });

  test('an unknown host ends at the gateway; no workload has a way to it', () => {
    expect(answers(call('GET nowhere.example/'))).toEqual(['gateway 403 forbidden']);
    const asked = call('GET nowhere.example/', { kind: 'none' }, { workload: 'web' });
    expect(() => explain(plan, asked)).toThrow(expect.objectContaining({ code: 'unknown-service' }));
  });

  test('one point alone can be asked', () => {
    expect(answers(call(ORDER, person('orders')), 'sidecar')).toEqual(['services/orders/sidecar allow']);
    expect(answers(call(ORDER, person('orders')), 'gateway')).toEqual(['gateway allow']);
  });

  test('what another point refuses is not admitted by the one that is asked', () => {
    const wrong = call(ORDER, person('web'));
    expect(explain(plan, wrong, 'sidecar').outcome).toBe('refused');
    expect(explain(plan, wrong, 'sidecar').points.map(({ reached }) => reached)).toEqual([false]);
    expect(explain(plan, call('GET nowhere.example/'), 'sidecar')).toEqual({
      outcome: 'refused',
      points: [],
    });
  });
});

describe('who calls', () => {
  test("a user's token at a service of its audience, and at another", () => {
    expect(answers(call(ORDER, person('orders')))[0]).toBe('gateway allow');
    expect(answers(call(ORDER, person('web')))[0]).toBe('gateway 401 invalidToken');
  });

  test('groups where the provider has them, nested too', () => {
    const carrier = { issuer: 'partners', groups: ['carrier'], claims: { contract: 'gold' } };
    const asked = call('GET orders.shop.example/orders/17/shipment', userToken(plan, 'orders', carrier, now));
    expect(answers(asked)).toEqual(['gateway allow', 'services/orders/sidecar allow']);
    const credential = userToken(plan, 'orders', carrier, now);
    expect(credential).toMatchObject({ claims: { realm: { roles: ['carrier'] } } });
  });

  test('factors, time of sign-in and the bound certificate, as the provider shows them', () => {
    const finance = { groups: ['staff', 'finance'], claims: { employment: 'employee' } };
    const refund = (more: Partial<UserTokenDescription>) =>
      answers(call('POST refunds.shop.example/refunds/17', person('refunds', { ...finance, ...more })))[0];
    expect(refund({ multiFactor: true, signedInAgo: 60 })).toBe('gateway allow');
    expect(refund({ multiFactor: true, signedInAgo: 3600 })).toBe('gateway 401 stepUp');
    expect(refund({ signedInAgo: 60 })).toBe('gateway 401 stepUp');

    const payout = (certificateThumbprint: string) =>
      answers(
        call('POST refunds.shop.example/payouts', person('refunds', { ...finance, boundTo: 'one' }), {
          certificateThumbprint,
        }),
      );
    expect(payout('one')).toEqual(['gateway allow', 'services/refunds/sidecar allow']);
    expect(payout('other')).toEqual(['gateway 403 forbidden', 'services/refunds/sidecar allow (unreached)']);
  });

  test('a pipeline, and a workload that acts for a user', () => {
    const release = call('POST reports.shop.example/releases', pipelineToken(plan, 'reports', 'deploy', now));
    expect(answers(release)[0]).toBe('gateway allow');
    const charge = (workload: string) => answers(call(CHARGE, person('payments'), { workload }));
    expect(charge('orders')).toEqual(['services/payments/sidecar allow']);
    expect(charge('web')).toEqual(['services/payments/sidecar 403 forbidden']);
  });

  test('claims are taken as they are', () => {
    const claims = { iss: 'https://login.shop.example', aud: 'https://orders.shop.example', exp: now + 60 };
    expect(answers(call(ORDER, claimsToken(plan, claims)))[0]).toBe('gateway allow');
    expect(answers(call(ORDER, claimsToken(plan, { ...claims, exp: now - 60 })))[0]).toBe(
      'gateway 401 invalidToken',
    );
    expect(answers(call(ORDER, claimsToken(plan, claims, { alg: 'none' })))[0]).toBe(
      'gateway 401 invalidToken',
    );
  });

  test.each([
    ['unknown-provider', () => person('orders', { issuer: 'peeple' })],
    ['unknown-provider', () => person('orders', { issuer: Object.keys(plan.issuers)[2] ?? '' })],
    ['unknown-pipeline', () => pipelineToken(plan, 'orders', 'build', now)],
    ['unknown-pipeline', () => pipelineToken(plan, 'orders', 'toString', now)],
    ['not-shown', () => person('orders', { issuer: 'partners', multiFactor: true })],
    ['not-shown', () => person('orders', { issuer: 'partners', signedInAgo: 1 })],
  ])('%s', (code, make) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe('the sentences', () => {
  test('a refusal names what would be enough, of what the same caller can become', () => {
    expect(because(call('GET orders.shop.example/orders/17'))).toBe(
      'There is no token, and one could be enough.\nThis would be enough:\n- see-order: a user of people through the gateway',
    );
    const stolen = call(ORDER, person('orders'), { workload: 'refunds' });
    expect(because(stolen)).toContain('- web-sees-order: the workload web');
  });

  test('a deny is named, with what was not established and what would be needed besides', () => {
    const asked = call('POST refunds.shop.example/refunds/17', person('refunds', { multiFactor: true }));
    expect(because(asked)).toContain('Rule no-contractors refuses it: POST /** for every request, unless');
    expect(because(asked)).toContain('Not established: a token in which employment is there');
    expect(because(asked)).toContain('And without that rule, this would be needed:\n- refund: ');
  });

  test('nothing more is said to be needed where a deny alone refuses', () => {
    const carrier = userToken(plan, 'orders', { issuer: 'partners', groups: ['carrier'] }, now);
    expect(because(call('DELETE orders.shop.example/orders/17', carrier))).toBe(
      'Rule partners-cancel-nothing refuses it: DELETE /** for a user of partners.',
    );
  });

  test('rules in audit are told with their dates', () => {
    const daily = call('GET reports.shop.example/reports/daily', person('reports', { groups: ['staff'] }), {
      sourceAddress: '127.0.0.1',
    });
    expect(because(daily)).toContain(
      'In audit: rule daily-with-two-factors refuses this from 2030-01-01 on.',
    );
    const partner = userToken(plan, 'reports', { issuer: 'partners' }, now);
    const report = call('GET reports.shop.example/reports/partners', partner);
    expect(because(report)).toContain('In audit: rule partner-report admits this from 2030-01-01 on.');
  });

  test('a service without a public host, and a workload without a listener, are told', () => {
    expect(because(call(CHARGE, person('payments')))).toContain('payments has no public host');
    const asked = call(
      'GET web.shop.example/',
      { kind: 'none' },
      { workload: 'payments', authority: 'www.shop.example' },
    );
    expect(because(asked)).toContain('its sidecar has no listener for it');
  });

  test('what only the gateway can judge is told at the sidecar', () => {
    const board = call('GET reports.shop.example/reports/board', person('reports', { groups: ['staff'] }));
    const [gateway, sidecar] = explain(plan, board).points;
    expect(gateway?.because.join()).toContain('a connection from 198.51.100.0/24');
    expect(sidecar?.because.at(-1)).toBe(
      "What hangs on the client's own connection is judged at the gateway.",
    );
  });

  test('on AWS the authorizer judges what the gateway and the sidecar behind it cannot', () => {
    const aws = resolve(shop, { engine: 'aws', now: new Date(now * 1000) });
    const board = call(
      'GET reports.shop.example/reports/board',
      userToken(aws, 'reports', { issuer: 'people', groups: ['staff'] }, now),
    );
    const { outcome, points } = explain(aws, board);
    expect(outcome).toBe('refused');
    expect(points.map(({ point, decision, reached }) => [point, decision.outcome, reached])).toEqual([
      ['authorizer', 'forbidden', true],
      ['gateway', 'allow', false],
      ['services/reports/sidecar', 'allow', false],
    ]);
    for (const { because } of points.slice(1)) {
      expect(because.at(-1)).toBe("What hangs on the client's own connection is judged at the authorizer.");
    }
  });

  test('on AWS whoever comes to a service with login comes to the gateway past the authorizer', () => {
    const aws = resolve(signedIn, { engine: 'aws', now: new Date(now * 1000) });
    const page = call(
      'GET desk.shop.example/tickets/7',
      userToken(aws, 'desk', { issuer: 'people', groups: [] }, now),
    );
    const { outcome, points } = explain(aws, page);
    expect([outcome, ...points.map(({ point }) => point)]).toEqual([
      'admitted',
      'gateway',
      'services/desk/sidecar',
    ]);
  });

  test('where the authorizer is stricter than the policy it refuses, and says why; the points behind do not', () => {
    const aws = resolve(shop, { engine: 'aws', now: new Date(now * 1000) });
    const claims = {
      iss: 'https://login.shop.example',
      aud: 'https://orders.shop.example',
      iat: now,
      exp: now + 60,
    };
    const at = (over: object, header?: JsonObject, path = 'GET orders.shop.example/orders/17') => {
      const { outcome, points } = explain(aws, call(path, claimsToken(aws, { ...claims, ...over }, header)));
      expect(points.slice(1).map(({ stricter }) => stricter)).toEqual([undefined, undefined]);
      expect(points.slice(1).map(({ decision }) => decision.outcome)).toEqual(['allow', 'allow']);
      const [{ decision, status, stricter, because }] = points as [PointExplanation];
      expect(stricter === undefined).toBe(outcome === 'admitted');
      if (stricter !== undefined) expect(because[0]).toBe(`Stricter here than at other points: ${stricter}.`);
      return [status, decision.outcome, decision.rule === undefined, stricter?.slice(0, 20)];
    };
    expect(at({})).toEqual([undefined, 'allow', false, undefined]);
    const bad = (begins: string) => [401, 'invalidToken', true, begins.slice(0, 20)];
    expect(at({}, { alg: 'RS256' })).toEqual(bad('`kid` is required, 1 to'));
    expect(at({}, { alg: 'RS256', kid: '1', cty: 'JWT' })).toEqual(bad('no `b64`, `cty`, `enc`'));
    expect(at({}, { alg: 'RS256', kid: '1', typ: 'dpop+jwt' })).toEqual(bad('without a `tokenType`'));
    expect(at({ at_hash: 'AAAA' })).toEqual(bad('no `at_hash`, `c_hash`'));
    expect(at({ iat: now + 31 })).toEqual(bad('`iat` is there, and at'));
    expect(at({ exp: now + 100_801 })).toEqual(bad('a life of at most `max'));
    expect(at({ cnf: { 'x5t#S256': 'AAAA' } })).toEqual(bad('a token with `cnf` passes'));
    expect(at({}, undefined, 'GET orders.shop.example/orders/*')).toEqual([
      400,
      'nonCanonical',
      true,
      'a path with `*` or `',
    ]);
  });

  test.each([
    ['GET orders.shop.example/orders/', 'a slash at its end'],
    ['GET orders.shop.example/orders/%2e', 'an escape of what needs none'],
    ['GET orders.shop.example/orders/%C0%80', 'not UTF-8'],
    ['TRACE orders.shop.example/orders/1', 'the method'],
    ['GET orders.shop.example./orders/1', 'the host'],
  ])('%s is said to be not canonical for %s', (request, part) => {
    expect(because(call(request))).toContain(part);
  });
});
