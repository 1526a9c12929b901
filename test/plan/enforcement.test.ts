import { envoyFiles, pointKeys } from '../../lib/envoy/index.js';
import {
  allow,
  anyone,
  deny,
  type Diagnostic,
  http,
  mfa,
  oidc,
  type RuleLike,
  type Service,
  senderConstrained,
  sourceNetwork,
  user,
  workload,
  type ZeroTrustModel,
} from '../../lib/index.js';
import { unguardedWays } from '../../lib/plan/enforcement.js';
import { fit } from '../../lib/plan/fit.js';
import { type Engine } from '../../lib/model/service.js';
import { parseModel } from '../../lib/model/parse.js';
import { trustDomainOf } from '../../lib/plan/names.js';
import { policyOf } from '../../lib/plan/policy.js';
import { tryResolve } from '../../lib/plan/resolve.js';
import { type Abilities, ABILITIES } from '../../lib/policy/compile/abilities/index.js';

const NOW = new Date('2026-11-29T12:00:00Z');
const { envoy } = ABILITIES;
/** Envoys that take short paths only, and that know nothing of factors. */
const short: Abilities = { ...envoy, limits: envoy.limits.map((limit) => ({ ...limit, most: 20 })) };
const withoutFactors: Abilities = {
  ...envoy,
  conditions: { ...envoy.conditions, multiFactor: { how: 'refused', note: 'it is told so' } },
};
/** Envoys whose clients' proofs somebody else must judge, where the clients are. */
const withoutProofs: Abilities = {
  ...envoy,
  conditions: { ...envoy.conditions, senderConstrained: { how: 'refused', only: 'gateway' } },
};

afterEach(() => jest.restoreAllMocks());

function model(service: Partial<Service>, access: readonly RuleLike[], more: Partial<ZeroTrustModel> = {}) {
  return {
    trustDomain: 'shop.example',
    environment: 'prod',
    identity: {
      providers: {
        people: oidc({
          issuer: 'https://id.shop.example',
          jwksUri: 'https://id.shop.example/jwks',
          mfa: { claim: 'amr', value: 'mfa' },
        }),
      },
    },
    services: {
      orders: { ...http({ host: 'orders.shop.example' }), ...service },
      web: http(),
    },
    access,
    ...more,
  };
}

/** What `resolve` says where Envoys are so able. */
function resolved(abilities: Abilities, of: ReturnType<typeof model>, engine: Engine = 'local', now = NOW) {
  jest.replaceProperty(ABILITIES as { envoy: Abilities }, 'envoy', abilities);
  return tryResolve(of, { now, engine });
}

const codes = (diagnostics: readonly Diagnostic[]) =>
  diagnostics
    .filter(({ code }) => code !== 'unreachable-service' && code !== 'unreachable-provider')
    .map(({ severity, code, path }) => `${severity} ${code} ${path}`);

const LONG = 'GET /reports/by-region/{region}/{id}';
const reports = allow(user()).to('orders', LONG).named('reports');
const web = allow(workload('web')).to('orders', 'GET /a').named('web');

describe('the ways to a service', () => {
  test('are those of the clients and of each workload that some allow names, each to an exact point', () => {
    const { plan } = resolved(envoy, model({}, [web, allow(user()).to('orders', 'GET /b')]));
    expect(plan?.delegations).toBeUndefined();
    expect(plan?.ways['orders']).toEqual([
      {
        from: 'clients',
        points: [
          { point: 'gateway', decides: 'exactly' },
          { point: 'services/orders/sidecar', decides: 'exactly' },
        ],
      },
      { from: 'services/web', points: [{ point: 'services/orders/sidecar', decides: 'exactly' }] },
    ]);
    expect(plan?.ways['web']).toEqual([]);
    const aws = resolved(envoy, model({}, [web, allow(user()).to('orders', 'GET /b')]), 'aws').plan;
    expect(aws?.ways['orders']?.[0]?.points.map(({ point }) => point)).toEqual([
      'authorizer',
      'gateway',
      'services/orders/sidecar',
    ]);
  });

  test('a way that ends at a point that hands on, or at none, is found', () => {
    const exact = { point: 'gateway', decides: 'exactly' } as const;
    const coarse = { point: 'services/orders/sidecar', decides: 'handsOn' } as const;
    const ways = {
      orders: [
        { from: 'clients', points: [exact, coarse] },
        { from: 'services/web', points: [exact] },
      ],
      web: [{ from: 'clients', points: [] }],
    };
    expect(unguardedWays(ways).map(({ service, way }) => `${way.from} to ${service}`)).toEqual([
      'clients to orders',
      'clients to web',
    ]);
  });
});

describe('what an Envoy cannot be told', () => {
  test('is refused, with what would differ and every choice', () => {
    const { plan, diagnostics } = resolved(short, model({}, [reports]));
    expect(plan).toBeUndefined();
    expect(codes(diagnostics)).toEqual(['error not-expressible access[0]']);
    const [{ found, remedy } = {}] = diagnostics.filter(({ severity }) => severity === 'error');
    expect(found).toMatch(
      /^GET \/reports\/by-region\/x\/x at the gateway .*: the reference says allow, envoy would say forbidden$/,
    );
    expect(remedy).toBe(
      "delegate orders to the decision service (`decisionService: 'everyPoint'` of the service); or " +
        "move the rule to the sidecar, which every path to orders crosses (`decisionService: 'sidecar'`); or " +
        'write the rule without it',
    );
  });

  test('a decision service at every point decides it there', () => {
    const { plan, diagnostics } = resolved(short, model({ decisionService: 'everyPoint' }, [reports, web]));
    expect(codes(diagnostics)).toEqual([]);
    const rules = [
      {
        rule: 'reports',
        operations: [LONG],
        feature: 'path with `{name}`',
        why: expect.any(String),
      },
    ];
    expect(plan?.delegations).toEqual({
      gateway: { key: 'gateway/decision', services: { orders: { to: 'decisionService', rules } } },
      'services/orders/sidecar': {
        key: 'services/orders/sidecar/decision',
        services: { orders: { to: 'decisionService', rules } },
      },
    });
    expect(plan?.ways['orders']?.flatMap(({ points }) => points)).toEqual([
      { point: 'gateway', decides: 'exactly', with: 'gateway/decision' },
      { point: 'services/orders/sidecar', decides: 'exactly', with: 'services/orders/sidecar/decision' },
      { point: 'services/orders/sidecar', decides: 'exactly', with: 'services/orders/sidecar/decision' },
    ]);
  });

  test('moved to the sidecar, the gateway hands it on and asks nobody', () => {
    const { plan, diagnostics } = resolved(short, model({ decisionService: 'sidecar' }, [reports]));
    expect(codes(diagnostics)).toEqual([]);
    expect(plan?.ways['orders']?.[0]?.points).toEqual([
      { point: 'gateway', decides: 'handsOn' },
      { point: 'services/orders/sidecar', decides: 'exactly', with: 'services/orders/sidecar/decision' },
    ]);
    const gateway = JSON.stringify(envoyFiles(plan!, 'gateway'));
    expect(gateway).toContain('"!sidecar"');
    expect(gateway).not.toContain('ext_authz');
    expect(unguardedWays(plan!.ways)).toEqual([]);
  });

  test('a rule for workloads alone matters at the sidecar alone', () => {
    const rule = allow(workload('web')).to('orders', LONG).named('web-reports');
    const { plan } = resolved(short, model({ decisionService: 'sidecar' }, [rule]));
    expect(plan?.delegations?.['gateway']).toBeUndefined();
    expect(plan?.ways['orders']?.[0]?.points[0]).toEqual({ point: 'gateway', decides: 'exactly' });
    const { diagnostics } = resolved(short, model({}, [rule]));
    expect(diagnostics.find(({ code }) => code === 'not-expressible')?.remedy).not.toContain('move the rule');
  });

  test.each([sourceNetwork('10.0.0.0/8'), senderConstrained()])(
    'the gateway hands on no path on which only it can judge %j',
    (condition) => {
      const near = allow(user())
        .to('orders', 'GET /reports/by-region/{region}')
        .when(condition)
        .named('near');
      const far = allow(user()).to('orders', 'GET /elsewhere').when(condition).named('far');
      const moved = (rule: RuleLike) =>
        codes(resolved(short, model({ decisionService: 'sidecar' }, [reports, rule])).diagnostics).filter(
          (code) => code.startsWith('error'),
        );
      expect(moved(near)).toEqual(['error proof-handed-on access[1]']);
      expect(moved(far)).toEqual([]);
      const { plan } = resolved(short, model({ decisionService: 'everyPoint' }, [reports, near]));
      expect(plan).toBeDefined();
    },
  );

  test('what only the gateway can judge cannot be moved to the sidecar', () => {
    const bound = allow(user()).to('orders', 'GET /a').when(senderConstrained()).named('bound');
    expect(
      codes(resolved(withoutProofs, model({ decisionService: 'sidecar' }, [bound])).diagnostics),
    ).toEqual(['error not-expressible access[0].when[0]']);
    const { plan } = resolved(withoutProofs, model({ decisionService: 'everyPoint' }, [bound]));
    expect(plan?.delegations?.['gateway']?.services['orders']?.rules).toHaveLength(1);
    expect(plan?.delegations?.['services/orders/sidecar']?.services['orders']?.rules).toEqual([]);
  });

  test('a cloud whose agents run no decision service refuses one', () => {
    const asking = model({ decisionService: 'everyPoint' }, [reports]);
    const { diagnostics } = resolved(short, asking, 'kubernetes');
    expect(codes(diagnostics)).toContain('error not-supported-yet services.orders.decisionService');
    expect(codes(resolved(short, asking, 'aws').diagnostics)).not.toContain(
      'error not-supported-yet services.orders.decisionService',
    );
  });
});

describe('a condition that is given up', () => {
  const rule = allow(user()).to('orders', 'GET /a').when(mfa(), sourceNetwork('10.0.0.0/8')).named('rule');
  const optOut = {
    rule: 'not-expressible',
    path: 'access[0].when[0]',
    reason: 'until Envoy knows factors',
    expires: '2026-12-31',
  };

  test('is refused without an opt-out, and the choices say how one is written', () => {
    const { diagnostics } = resolved(withoutFactors, model({}, [rule]));
    expect(codes(diagnostics)).toEqual(['error not-expressible access[0].when[0]']);
    expect(diagnostics.find(({ code }) => code === 'not-expressible')?.remedy).toContain(
      'drop multiFactor by an opt-out from not-expressible at access[0].when[0] with a reason and an end',
    );
  });

  test.each([[{}], [{ path: 'access[0]' }], [{ path: undefined }]])(
    'is left out of the policy that every point is compiled from, and the plan says so: %j',
    (over) => {
      const { plan, diagnostics } = resolved(
        withoutFactors,
        model({}, [rule], { optOuts: [{ ...optOut, ...over }] }),
      );
      expect(codes(diagnostics)).toEqual(['warning condition-dropped access[0].when[0]']);
      expect(plan?.policy.services['orders']?.rules[0]?.conditions.map(({ kind }) => kind)).toEqual([
        'sourceNetwork',
      ]);
      expect(plan?.optOuts).toHaveLength(1);
      expect(plan?.diagnostics).toEqual(diagnostics);
      for (const point of pointKeys(plan!)) expect(() => envoyFiles(plan!, point)).not.toThrow();
    },
  );

  test('counts again when the opt-out has ended, and an opt-out from nothing is told', () => {
    const late = new Date('2027-01-01T00:00:00Z');
    expect(
      codes(resolved(withoutFactors, model({}, [rule], { optOuts: [optOut] }), 'local', late).diagnostics),
    ).toEqual(['error not-expressible access[0].when[0]', 'error opt-out-expired optOuts[0].expires']);
    expect(codes(resolved(envoy, model({}, [rule], { optOuts: [optOut] })).diagnostics)).toEqual([
      'warning opt-out-unused optOuts[0]',
    ]);
  });

  test('is no way to give up a part of an operation', () => {
    const optOuts = [{ ...optOut, path: 'access[0]' }];
    expect(codes(resolved(short, model({}, [reports], { optOuts })).diagnostics)).toEqual([
      'error not-expressible access[0]',
      'warning opt-out-unused optOuts[0]',
    ]);
  });

  test('of a deny leaves a deny that always refuses', () => {
    const closed = deny(anyone()).to('orders', 'GET /b').unless(mfa()).named('closed');
    const { plan } = resolved(
      withoutFactors,
      model({}, [allow(user()).to('orders', 'GET /b'), closed], {
        optOuts: [{ ...optOut, path: 'access[1]' }],
      }),
    );
    expect(plan?.policy.services['orders']?.rules.find(({ id }) => id === 'closed')?.conditions).toEqual([]);
  });
});

test('fitting is the same whatever it is asked for first', () => {
  const { model: parsed } = parseModel(model({ decisionService: 'everyPoint' }, [reports]));
  const policy = policyOf(parsed!, trustDomainOf(parsed!, 'local'));
  const fitted = () => fit(parsed!, 'local', NOW, policy, short);
  expect(fitted()).toEqual(fitted());
});
