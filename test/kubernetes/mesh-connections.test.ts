import fc from 'fast-check';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { meshAuthorization } from '../../lib/kubernetes/index.js';
import type { MeshAuthorizationOptions } from '../../lib/kubernetes/mesh-options.js';
import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { allow, connect, defineZeroTrust, http, type Rule, tcp, workload } from '../../lib/model/index.js';
import { spiffeId } from '../../lib/plan/names.js';
import type { Plan } from '../../lib/plan/plan.js';
import { resolve } from '../../lib/plan/resolve.js';
import { decideConnection } from '../../lib/policy/connection.js';
import { indexPolicy } from '../../lib/policy/index.js';
import type { Request } from '../../lib/policy/request.js';
import { Draw } from '../engines/equality/draw.js';
import { CALLERS, drawPlan, planOf, SOURCES } from '../engines/tcp/draw.js';
import { IstioReader } from './istio-reader.js';
import { problemsOf } from './validate.js';

const PORT = 5432;
const now = Math.floor(Date.now() / 1000);

function optionsOf(plan: Plan, asksDecisions: boolean): MeshAuthorizationOptions {
  return {
    services: Object.fromEntries(
      Object.keys(plan.services).map((name) => [name, { selector: { app: name }, port: PORT }]),
    ),
    ...(asksDecisions && {
      decisionService: { selector: { app: 'decision' }, serviceName: 'decision', servicePort: 9000 },
    }),
  };
}

/** Of a connection nothing else is looked at. */
const CONNECTION: Request = {
  point: { kind: 'sidecar', service: 'ledger' },
  method: '',
  authority: '',
  path: '',
  headers: [],
  credential: { kind: 'none' },
  sourceAddress: '',
  now,
};

type Change = (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];

/** Random policies of a TCP service as objects, and what `decide` says of who connects. */
const CASES = fc.sample(fc.noBias(fc.gen()), { seed: 1, numRuns: 60 }).map((value, at) => {
  const draw = new Draw(value);
  const { plan: drawn, revocations: entries } = drawPlan(draw, { engine: 'kubernetes', dated: false });
  const plan = { ...drawn, revocation: { ...drawn.revocation, document: { version: 1, entries } } };
  const index = indexPolicy(plan.policy, plan.revocation.document);
  const id = (name: string, domain = plan.trustDomain) => spiffeId(domain, plan.namespace, name);
  const peers = [...CALLERS.map((name) => id(name)), id('ledger'), id('gateway'), id('web', 'other.example')];
  return {
    objects: meshAuthorization(plan, optionsOf(plan, at % 2 === 0)),
    asked: peers.flatMap((peer) =>
      SOURCES.map((sourceAddress) => {
        const connection = { service: 'ledger', peer, sourceAddress, now };
        return { ...connection, isAllowed: decideConnection(index, connection).outcome === 'allow' };
      }),
    ),
  };
});

/** Where the objects, read as Istio does, differ from `decideConnection`. */
function differences(change: Change) {
  const met = { allowed: 0, refused: 0 };
  const found = CASES.flatMap(({ objects, asked }) => {
    const reader = new IstioReader(change(objects), { labels: { app: 'ledger' } }, PORT);
    return asked.flatMap(({ peer, sourceAddress, isAllowed }) => {
      met[isAllowed ? 'allowed' : 'refused'] += 1;
      const answer = reader.afterwards({ ...CONNECTION, peer, sourceAddress });
      return (answer === 'allow') === isAllowed ? [] : [`${answer}: ${peer} from ${sourceAddress}`];
    });
  });
  return { found, met };
}

test('the objects of a TCP service, read as Istio documents them, answer as `decideConnection` does', () => {
  const { found, met } = differences((objects) => objects);
  expect(found).toEqual([]);
  expect(met.allowed).toBeGreaterThan(100);
  expect(met.refused).toBeGreaterThan(100);
});

test('they name nothing of HTTP, ask nobody, and the schemas take them', () => {
  const own = CASES.flatMap(({ objects }) =>
    objects.filter(({ metadata }) => metadata.name.startsWith('ledger')),
  );
  const policies = own.filter(({ kind }) => kind === 'AuthorizationPolicy');
  expect(JSON.stringify(policies)).not.toMatch(/"(?:methods|paths|hosts|provider)"|request\./);
  expect(new Set(own.map(({ kind, metadata }) => `${kind} ${metadata.name}`))).toEqual(
    new Set([
      'AuthorizationPolicy ledger-allow',
      'AuthorizationPolicy ledger-deny',
      'EnvoyFilter ledger-connections',
      'Sidecar ledger-connections',
    ]),
  );
  expect(own.slice(0, 40).flatMap(problemsOf)).toEqual([]);
});

test.each<[string, Change]>([
  ['the denies', (objects) => objects.filter(({ metadata }) => metadata.name !== 'ledger-deny')],
  ['the allows', (objects) => objects.filter(({ metadata }) => metadata.name !== 'ledger-allow')],
  ['the allow-nothing', (objects) => objects.filter(({ metadata }) => metadata.name !== 'allow-nothing')],
  [
    'the trust domain in principals',
    (objects) =>
      JSON.parse(
        JSON.stringify(objects).replaceAll('"kubernetes.test.shop.example/', '"other.example/'),
      ) as typeof objects,
  ],
])('%s: without, another answer', (_, change) => {
  expect(differences(change).found).not.toEqual([]);
});

test('no connection is opened to the service before the rules were asked, and each ends', () => {
  const plan = planOf([allow(workload('web')).to('ledger', connect()).rule as Rule], 'kubernetes');
  const objects = meshAuthorization(plan, optionsOf(plan, false));
  const own = objects.filter(({ metadata }) => metadata.name === 'ledger-connections');
  expect(own).toMatchObject([
    {
      spec: {
        workloadSelector: { labels: { app: 'ledger' } },
        configPatches: [
          {
            match: { context: 'SIDECAR_INBOUND', listener: { filterChain: { destinationPort: PORT } } },
            patch: {
              operation: 'MERGE',
              value: {
                typed_config: {
                  upstream_connect_mode: 'ON_DOWNSTREAM_DATA',
                  max_downstream_connection_duration: `${plan.services['ledger']!.connections!.maxSeconds}s`,
                },
              },
            },
          },
        ],
      },
    },
    { spec: { inboundConnectionPool: { tcp: { maxConnections: 1000 } } } },
  ]);
});

const ledger = allow(workload('web')).to('ledger', connect()).named('ledger-later');

test.each<[string, typeof ledger]>([
  ['an audit', ledger.audited({ until: '2030-01-01T00:00:00Z', reason: 'who would connect?' })],
  ['an end', ledger.until('2030-01-01T00:00:00Z')],
])('%s at a TCP service is refused with a connection that shows it: nobody is asked about one', (_, rule) => {
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    services: { web: http(), ledger: tcp() },
    access: [rule],
  });
  const plan = resolve(model, { engine: 'kubernetes', now: new Date('2026-11-29T00:00:00Z') });
  let thrown: unknown;
  try {
    meshAuthorization(plan, optionsOf(plan, true));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ZeroTrustError);
  const [diagnostic] = (thrown as ZeroTrustError).diagnostics;
  expect(diagnostic).toMatchObject({
    code: 'not-expressible',
    path: 'services.ledger, rule ledger-later',
    found: expect.stringMatching(/sidecar of ledger.*reference says forbidden, istio would say allow/),
    remedy: expect.stringContaining('write the rule without it'),
  });
});
