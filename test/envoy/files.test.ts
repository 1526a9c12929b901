import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import shop from '../../examples/shop/model.js';
import { type EnvoyFiles, envoyFiles, FILTERS, pointKeys } from '../../lib/envoy/index.js';
import {
  allow,
  allowOut,
  anyone,
  defineZeroTrust,
  http,
  login,
  oidc,
  user,
  workload,
  type ZeroTrustModel,
} from '../../lib/model/index.js';
import { canonicalJson } from '../../lib/plan/json.js';
import type { Plan } from '../../lib/plan/plan.js';
import { refsOf, substitute, type Template } from '../../lib/plan/refs.js';
import { resolve } from '../../lib/plan/resolve.js';
import { findEnvoy } from '../../local/envoy-binary.js';
import { TestAuthority } from '../engines/support/authority.js';
import { expectGolden } from '../golden.js';

const minimal = defineZeroTrust({
  trustDomain: 'acme.example',
  environment: 'dev',
  services: { web: http({ host: 'www.acme.example' }) },
  access: [allow(anyone()).to('web', 'GET /')],
});
/** With a way out, and an issuer whose keys come by it. */
const outside: ZeroTrustModel = {
  ...minimal,
  identity: {
    providers: {
      people: oidc({ issuer: 'https://id.acme.example', jwksUri: 'https://id.acme.example/jwks' }),
    },
  },
  access: [allow(user()).to('web', 'GET /')],
  egress: [
    allowOut(workload('web')).to('https://api.bank.example', 'POST /transfers').named('transfer'),
    allowOut(workload('web'))
      .to('https://mail.example:8443')
      .named('mail')
      .audited({ until: '2030-01-01T00:00:00Z', reason: 'tried' }),
  ],
};
/** With a page that browsers sign in to, at a provider whose token endpoint is not where its keys are. */
const signedIn: ZeroTrustModel = {
  ...minimal,
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://id.acme.example',
        jwksUri: 'https://id.acme.example/jwks',
        endpoints: {
          authorization: 'https://id.acme.example/authorize',
          token: 'https://tokens.acme.example/token',
          endSession: 'https://id.acme.example/leave',
        },
      }),
    },
  },
  services: {
    web: http({ host: 'www.acme.example', login: login({ provider: 'people', clientId: 'www' }) }),
    other: http({ host: 'other.acme.example' }),
  },
  access: [
    allow(anyone()).to('web', 'GET /'),
    allow(user()).to('web', 'GET /a'),
    allow(user()).to('other', 'GET /'),
  ],
};
const ledIn = (host: string) => http({ host, edge: 'loadBalancer' });
const PLANS: Record<string, Plan> = {
  minimal: resolve(minimal),
  shop: resolve(shop),
  outside: resolve(outside),
  login: resolve(signedIn),
};
const POINTS = Object.entries(PLANS).flatMap(([name, plan]) =>
  pointKeys(plan).map((point) => [name, point] as const),
);

/** Every kind of point and every kind of rule once; the others are made of the same parts. */
const GOLDEN = [
  'envoy/minimal-gateway',
  'envoy/minimal-services-web-sidecar',
  'envoy/shop-gateway',
  'envoy/shop-services-orders-sidecar',
  'envoy/outside-egress',
  'envoy/login-gateway',
  'envoy/outside-services-web-sidecar',
];

/** As people write Envoy's configuration; keys sorted, so that equal files have equal bytes. */
function yaml(template: Template): string {
  return stringify(JSON.parse(canonicalJson(template)), { aliasDuplicateObjects: false, lineWidth: 0 });
}

interface Route {
  readonly typed_per_filter_config?: Record<string, { '@type': string; rbac?: object; config?: object }>;
}
interface RoutesFile {
  readonly resources: readonly [
    {
      readonly virtual_hosts: readonly (Route & {
        readonly name: string;
        readonly routes: readonly Route[];
      })[];
    },
  ];
}

/** Every object of a document. */
function objects(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const nested = Object.values(value).flatMap(objects);
  return Array.isArray(value) ? nested : [value as Record<string, unknown>, ...nested];
}

/** The names of the HTTP filters of the point's judging listener, in order. */
function filterNames(bootstrap: Template): string[] {
  const managers = objects(bootstrap).filter((object) => object['stat_prefix'] === 'inbound');
  expect(managers).toHaveLength(1);
  return (managers[0]!['http_filters'] as { name: string }[]).map(({ name }) => name);
}

describe.each(POINTS)('%s: %s', (name, point) => {
  const files = envoyFiles(PLANS[name]!, point);
  const file = `envoy/${name}-${point.replaceAll('/', '-')}`;

  if (GOLDEN.includes(file)) {
    test('the bootstrap', () => expectGolden(`${file}-bootstrap.yaml`, yaml(files.bootstrap)));

    test('the routes', () => expectGolden(`${file}-routes.yaml`, yaml(files.routes)));
  }

  test('a real Envoy takes the bootstrap, and the routes as a part of it', async () => {
    await validate(PLANS[name]!, files);
  });

  test('configuration of a route names only filters that are there: Envoy ignores any other', () => {
    const names = filterNames(files.bootstrap);
    const { virtual_hosts: hosts } = (files.routes as unknown as RoutesFile).resources[0];
    for (const place of hosts.flatMap((host) => [host, ...host.routes])) {
      for (const [filter, config] of Object.entries(place.typed_per_filter_config ?? {})) {
        expect(names).toContain(filter);
        // Without `rbac` such a filter is off.
        if (config['@type'].endsWith('RBACPerRoute')) expect(Object.keys(config.rbac ?? {})).not.toEqual([]);
      }
    }
  });

  test('the filters stand in the order of filter-order.ts, and the last of them are always there', () => {
    const order: readonly string[] = Object.values(FILTERS);
    const names = filterNames(files.bootstrap);
    expect(names).toEqual(order.filter((filter) => names.includes(filter)));
    // On the way out no token is looked at.
    const tokens = point === 'egress' ? [] : (['jwt', 'token'] as const);
    for (const filter of ['canonical', ...tokens, 'deny', 'allow'] as const) {
      expect(names).toContain(FILTERS[filter]);
    }
  });

  test('the same bytes twice', () => {
    expect(canonicalJson(envoyFiles(PLANS[name]!, point))).toBe(canonicalJson(files));
  });
});

test.each([
  ['one', signedIn],
  ['no', { ...signedIn, services: { web: signedIn.services['web']! }, access: signedIn.access!.slice(0, 2) }],
  [
    'a load-balanced',
    { ...signedIn, services: { ...signedIn.services, other: ledIn('other.acme.example') } },
  ],
])(
  'a gateway behind API Gateway with %s service without login has a listener for each edge',
  async (_, model) => {
    const plan = resolve(model, { engine: 'aws' });
    const files = envoyFiles(plan, 'gateway', undefined, { edge: 'apiGateway', keys: 'tunnel' });
    const { static_resources: made } = files.bootstrap as {
      static_resources: { listeners: { name: string }[] };
    };
    expect(made.listeners.map(({ name }) => name).slice(0, 2)).toEqual(['public', 'browsers']);
    await validate(plan, files);
  },
);

test('behind API Gateway each listener of the gateway takes the hosts of its own edge', async () => {
  const model = {
    ...minimal,
    services: { ...minimal.services, led: ledIn('led.acme.example') },
    access: [...minimal.access!, allow(anyone()).to('led' as never, 'GET /')],
  };
  const plan = resolve(model, { engine: 'aws' });
  const files = envoyFiles(plan, 'gateway', undefined, { edge: 'apiGateway', keys: 'tunnel' });
  const { static_resources: made } = files.bootstrap as {
    static_resources: { listeners: { name: string }[] };
  };
  const hosts = made.listeners.slice(0, 2).map((listener) => {
    const [filter] = objects(listener).filter(({ name }) => name === 'ztp.edge');
    const text = JSON.stringify(filter);
    return [listener.name, ['www', 'led'].filter((name) => new RegExp(`\\b${name}\\b`).test(text))];
  });
  expect(hosts).toEqual([
    ['public', ['www']],
    ['browsers', ['led']],
  ]);
  await validate(plan, files);
  // On one machine there is one way in.
  const local = envoyFiles(resolve(model), 'gateway');
  expect(JSON.stringify(local.bootstrap)).not.toContain('ztp.edge');
});

/** Throws unless a real Envoy takes the bootstrap, and the routes as a part of it. */
async function validate(plan: Plan, files: EnvoyFiles): Promise<void> {
  const { root } = await TestAuthority.create(plan.certificates, 'keys');
  const folder = mkdtempSync(join(tmpdir(), 'ztp-validate-'));
  try {
    const refs = [...new Set([...refsOf(files.bootstrap), ...refsOf(files.routes)])];
    const values = Object.fromEntries(refs.map((ref, at) => [ref, valueFor(folder, ref, at)]));
    for (const path of Object.values(values)) {
      if (typeof path === 'string' && path.startsWith(`${folder}/`)) writeFileSync(path, root);
    }
    const bootstrap = substitute(files.bootstrap, values);
    const whole = withRoutes(bootstrap, substitute(files.routes, values));
    expect(JSON.stringify(whole)).not.toContain('route_config_name');
    const { path } = await findEnvoy();
    for (const configuration of [bootstrap, whole]) {
      const config = join(folder, 'bootstrap.json');
      writeFileSync(config, JSON.stringify(configuration));
      const output = execFileSync(path, ['--mode', 'validate', '-c', config, '--log-level', 'error'], {
        encoding: 'utf8',
      });
      expect(output).toContain('OK');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bootstrap with the routes in it: those of a watched file are read by a running Envoy only. */
function withRoutes(bootstrap: unknown, routes: unknown): unknown {
  const { '@type': _, ...table } = (routes as RoutesFile).resources[0] as unknown as Record<string, unknown>;
  const inlined = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(inlined);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) =>
        name === 'rds' ? ['route_config', table] : [name, inlined(item)],
      ),
    );
  };
  return inlined(bootstrap);
}

function valueFor(folder: string, ref: string, at: number): string | number {
  if (ref.endsWith('/port')) return 10_000 + at;
  if (/\/client\/(current|next)$/.test(ref)) return '0'.repeat(64);
  if (ref.endsWith('/address')) return '127.0.0.1';
  if (ref.endsWith('/authority')) return '127.0.0.1:10000';
  if (ref.endsWith('/directory')) return folder;
  return join(folder, ref.replaceAll('/', '-'));
}

test('a point that the plan does not have is an error', () => {
  expect(() => envoyFiles(PLANS['shop']!, 'services/ghost/sidecar')).toThrow(RangeError);
});
