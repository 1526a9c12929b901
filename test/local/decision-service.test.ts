import { replaceFile } from '../../local/files.js';
import { allow, anyone, deny, http, user, workload, type ZeroTrustModel } from '../../lib/model/index.js';
import { ABILITIES } from '../../lib/policy/compile/abilities/index.js';
import { requestBytes } from '../engines/support/http1.js';
import { TestPlatform } from '../engines/support/platform.js';
import { ORDERS, shop, WEB } from './model.js';
import { eventually } from './temporary.js';

/** An Envoy that takes the shop's paths, and not `/reports/quarterly/by-region/{region}/{id}`. */
beforeAll(() => {
  const { envoy } = ABILITIES;
  const limits = envoy.limits.map((limit) => ({ ...limit, most: 30 }));
  jest.replaceProperty(ABILITIES as { envoy: typeof envoy }, 'envoy', { ...envoy, limits });
});
afterAll(() => jest.restoreAllMocks());

const REPORTS = '/reports/quarterly/by-region';

function model(decisionService: 'everyPoint' | 'sidecar'): ZeroTrustModel {
  const access = [
    allow(user({ groups: ['staff'] }))
      .to('orders', `GET ${REPORTS}/{region}/{id}`)
      .named('reports'),
    deny(anyone()).to('orders', `GET ${REPORTS}/secret/{id}`).named('no-secrets'),
    allow(user()).to('orders', 'GET /plain').named('plain'),
    allow(workload('web')).to('orders', `GET ${REPORTS}/{region}/{id}`).named('web-reports'),
  ];
  const whole = shop(...access);
  return { ...whole, services: { ...whole.services, orders: http({ host: ORDERS, decisionService }) } };
}

describe.each(['everyPoint', 'sidecar'] as const)('decisionService: %s', (place) => {
  let running: TestPlatform;
  beforeAll(async () => {
    running = await TestPlatform.start(model(place));
  });
  afterAll(() => running.close());

  const bearer = (claims: Record<string, string[]>, service = 'orders') =>
    [['authorization', `Bearer ${running.token('people', service, claims)}`]] as const;
  const staff = () => bearer({ groups: ['staff'] });
  const ask = async (path: string, headers: readonly (readonly [string, string])[] = []) => {
    const {
      status,
      headers: answered,
      body,
    } = await running.http1(running.gateway).send(requestBytes('GET', path, ORDERS, headers));
    return [status, new Map(answered).get('www-authenticate'), body.startsWith('{') ? 'arrived' : body];
  };

  test('the reference decides, by whomever', async () => {
    expect(await ask(`${REPORTS}/north/1`, staff())).toEqual([200, undefined, 'arrived']);
    expect(await ask(`${REPORTS}/north/1?x=1`, staff())).toEqual([200, undefined, 'arrived']);
    expect(await ask(`${REPORTS}/secret/1`, staff())).toEqual([403, undefined, 'forbidden']);
    expect(await ask(`${REPORTS}/north/1`, bearer({ groups: ['x'] }))).toEqual([403, undefined, 'forbidden']);
    expect(await ask(`${REPORTS}/north/1`)).toEqual([401, 'Bearer', 'token required']);
    expect(await ask(`${REPORTS}/north`)).toEqual([403, undefined, 'forbidden']);
    expect(await ask(`${REPORTS}/north/1`, bearer({}, 'web'))).toEqual([
      401,
      'Bearer error="invalid_token"',
      'invalid token',
    ]);
    expect(await ask(`${REPORTS}//1`, staff())).toEqual([400, undefined, 'non-canonical request']);
    expect(await ask('/plain', staff())).toEqual([200, undefined, 'arrived']);
    expect(await ask('/plain')).toEqual([401, 'Bearer', 'token required']);
  });

  test('at the sidecar the peer counts, and a workload with a stolen token does not pass', async () => {
    const path = `${REPORTS}/north/1`;
    const at = async (as: string, headers: readonly (readonly [string, string])[] = []) =>
      (await running.http1(running.sidecar('orders', as)).send(requestBytes('GET', path, ORDERS, headers)))
        .status;
    expect(await at('web')).toBe(200);
    expect(await at('payments')).toBe(403);
    expect(await at('payments', staff())).toBe(403);
    expect(await at('gateway', staff())).toBe(200);
    expect(await at('gateway')).toBe(401);
    const said = [['x-ztp-peer', running.platform.plan.services['web']!.sidecar.spiffeId]] as const;
    expect(await at('payments', said)).toBe(403);
  });

  /** Who logged what of the requests for a path, once so many have: each writes in its own time. */
  const logged = async (path: string, count: number) => {
    const lines = () =>
      running.events
        .flatMap((event) => (event.kind === 'decision' ? [JSON.parse(event.line) as Logged] : []))
        .filter((line) => line.path === path);
    await eventually(() => lines().length >= count, `${count} points have logged`);
    return lines().map(({ point, decision, rule, status, reason }) => [
      `${point}: ${decision} ${rule ?? '-'}`,
      ...(decision === 'refuse' ? [status, reason] : []),
    ]);
  };

  test('each point logs who decided', async () => {
    await ask(`${REPORTS}/north/7`, staff());
    expect(
      (await logged(`${REPORTS}/north/7`, place === 'everyPoint' ? 4 : 3)).map(String).toSorted(),
    ).toEqual([
      ...(place === 'everyPoint'
        ? ['gateway/decision: allow reports', 'gateway: allow reports']
        : ['gateway: allow !sidecar']),
      'services/orders/sidecar/decision: allow reports',
      'services/orders/sidecar: allow reports',
    ]);
    await ask(`${REPORTS}/secret/7`, staff());
    expect(await logged(`${REPORTS}/secret/7`, place === 'everyPoint' ? 2 : 3)).toEqual(
      expect.arrayContaining(
        place === 'everyPoint'
          ? [
              ['gateway/decision: refuse no-secrets', 403, 'denied'],
              ['gateway: refuse -', 403, 'ext_authz_denied'],
            ]
          : [
              ['services/orders/sidecar: refuse -', 403, 'ext_authz_denied'],
              ['services/orders/sidecar/decision: refuse no-secrets', 403, 'denied'],
            ],
      ),
    );
  });

  test('only where it must be asked it is', async () => {
    await ask('/plain', staff());
    expect(
      (await logged('/plain', 2)).map(([line]) => line).filter((line) => /decision:/.test(String(line))),
    ).toEqual([]);
  });

  test('a subject that was withdrawn is refused by the decision service as well', async () => {
    const { platform } = running;
    const withdraw = async (...entries: object[]) => {
      const version = platform.revocations.version + 1;
      replaceFile(platform.revocationsPath, JSON.stringify({ version, entries }));
      return platform.revoke();
    };
    const until = Math.floor(Date.now() / 1000) + 600;
    await withdraw({ kind: 'rule', rule: 'reports', until });
    expect((await ask(`${REPORTS}/north/8`, staff()))[0]).toBe(403);
    await withdraw();
    expect((await ask(`${REPORTS}/north/8`, staff()))[0]).toBe(200);
  });

  test('without its decision service nothing passes there, and everything else does', async () => {
    const name = place === 'everyPoint' ? 'gateway/decision' : 'services/orders/sidecar/decision';
    process.kill(running.platform.ready().pids[name]!, 'SIGKILL');
    await eventually(() => running.platform.ready().pids[name] === undefined, 'it is gone');
    expect(await ask(`${REPORTS}/north/9`, staff())).toEqual([503, undefined, 'unavailable']);
    expect(await ask(`${REPORTS}/secret/9`)).toEqual([503, undefined, 'unavailable']);
    expect((await ask('/plain', staff()))[0]).toBe(200);
    await running.platform.update({ model: model(place) });
    // A new process may take longer for its first answer than an Envoy waits.
    await eventually(
      async () => (await ask(`${REPORTS}/north/9`, staff()))[0] === 200,
      'the new one answers',
    );
  });
});

test('more revocations than an Envoy takes in are looked up by the decision services, where every service has one', async () => {
  const { services, ...rest } = shop();
  const whole = {
    ...rest,
    services: mapped(services, (service) => ({ ...service, decisionService: 'everyPoint' as const })),
  };
  const running = await TestPlatform.start(whole);
  try {
    const { platform } = running;
    const until = Math.floor(Date.now() / 1000) + 600;
    const entries = Array.from({ length: 1_500 }, (_, at) => ({
      kind: 'subject',
      issuer: 'people',
      value: `user-${at}`,
      until,
    }));
    const as = async (sub: string) => {
      const token = running.token('people', 'orders', { sub, groups: ['staff'] });
      const bytes = requestBytes('GET', '/orders/1', ORDERS, [['authorization', `Bearer ${token}`]]);
      return (await running.http1(running.gateway).send(bytes)).status;
    };
    expect(await as('user-1499')).toBe(200);
    replaceFile(platform.revocationsPath, JSON.stringify({ version: 1, entries }));
    await platform.revoke();
    expect([await as('user-0'), await as('user-1499'), await as('ada')]).toEqual([401, 401, 200]);
    const direct = running.http1(running.sidecar('orders', 'gateway'));
    const token = running.token('people', 'orders', { sub: 'user-700', groups: ['staff'] });
    const bytes = requestBytes('GET', '/orders/1', ORDERS, [['authorization', `Bearer ${token}`]]);
    expect((await direct.send(bytes)).status).toBe(401);
    expect((await running.http1(running.gateway).send(requestBytes('GET', '/', WEB))).status).toBe(200);
  } finally {
    await running.close();
  }
});

interface Logged {
  readonly point: string;
  readonly path: string;
  readonly decision: string;
  readonly rule?: string;
  readonly status: number;
  readonly reason: string;
}

function mapped<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
