import fc from 'fast-check';
import { meshAuthorization, meshPolicy } from '../../lib/kubernetes/index.js';
import type { MeshAuthorizationOptions, MeshMode } from '../../lib/kubernetes/mesh-options.js';
import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { decide, indexPolicy } from '../../lib/policy/index.js';
import type { Request } from '../../lib/policy/request.js';
import { readCredential } from '../../lib/policy/token.js';
import { DECIDING_RULE } from '../../lib/point/decision-headers.js';
import { ruleOf } from '../../lib/model/access.js';
import { allow, deny, sourceNetwork, workload } from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import type { Plan } from '../../lib/plan/plan.js';
import { type RequestSpec, revocationsOf } from '../engines/equality/case.js';
import { Draw } from '../engines/equality/draw.js';
import { createIssuers, modelOf } from '../engines/equality/platform.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { authorization } from '../engines/equality/token.js';
import { repaired } from '../engines/equality/validity.js';
import { IstioReader, type Reading } from './istio-reader.js';

const PORT = 8080;
const SIZE = { policies: 50, requests: 25 };
const instant = { now: 1_900_000_000, thumbprint: (name: string) => `thumbprint-of-${name}` };
const issuers = createIssuers();
const byName = new Map(issuers.map((issuer) => [issuer.name, issuer]));

function optionsOf(plan: Plan, mode: MeshMode = 'sidecar'): MeshAuthorizationOptions {
  return {
    mode,
    services: Object.fromEntries(
      Object.keys(plan.services).map((name) => [name, { selector: { app: name }, port: PORT }]),
    ),
    ingressGateway: {
      namespace: 'edge',
      serviceAccount: 'edge',
      checksClientProofs: { reason: 'the test is of what is behind it', until: '2100-01-01' },
    },
    decisionService: { selector: { app: 'decision' }, serviceName: 'decision', servicePort: 9000 },
  };
}

function requestOf(spec: RequestSpec, peer: string): Request {
  const headers = spec.headers.map(
    ([name, value]) =>
      [name, typeof value === 'string' ? value : authorization(value, byName, instant)] as const,
  );
  const credential = readCredential(headers, (compact, header, claims) => {
    const issuer = issuers.find((one) => one.issuer === claims['iss']);
    return issuer?.verify(compact, header) ?? false;
  });
  const { method, host: authority, path, source: sourceAddress } = spec;
  const point = { kind: 'sidecar', service: 'orders' } as const;
  return { point, peer, method, authority, path, headers, credential, sourceAddress, now: instant.now };
}

type Change = (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];

const SERVICE_NAMES = [
  'orders',
  'orders.default:80',
  'ORDERS.default.svc',
  'orders.default.svc.cluster.local',
  'web',
];

/** Random policies as objects, and what `decide` says of random requests; drawn once, as keys take their time. */
const CASES = fc.sample(fc.noBias(fc.gen()), { seed: 1, numRuns: SIZE.policies }).map((value) => {
  const draw = new Draw(value);
  const { policy: spec, plan: drawn } = repaired(drawPolicy(draw), instant);
  const document = revocationsOf(spec, instant);
  const plan = { ...drawn, revocation: { ...drawn.revocation, document } };
  const options = optionsOf(plan);
  const policy = meshPolicy(plan, options);
  const index = indexPolicy(policy, document);
  const asked = draw.list(SIZE.requests, () => {
    const sent = drawRequest(draw, plan, spec.revocations, 'sidecar');
    const own = sent.peer === 'gateway' ? policy.gateways[0]! : plan.services[sent.peer]!.sidecar.spiffeId;
    const peer = draw.chance(10) ? own.replace(plan.trustDomain, 'other.example') : own;
    const headers = sent.headers.filter(([name]) => name !== 'authorization');
    const request = requestOf(draw.chance(40) ? { ...sent, headers } : sent, peer);
    return { request, decision: decide(index, request) };
  });
  // The same requests without sidecars, some by a name of the Kubernetes Service.
  const ambient = optionsOf(plan, 'ambient');
  const named = indexPolicy(meshPolicy(plan, ambient), document);
  const askedByName = asked.map(({ request: sent }) => {
    const request = draw.chance(20) ? { ...sent, authority: draw.pick(SERVICE_NAMES) } : sent;
    return { request, decision: decide(named, request) };
  });
  return {
    sidecar: { objects: meshAuthorization(plan, options), asked },
    ambient: { objects: meshAuthorization(plan, ambient), asked: askedByName },
  };
});

/** How each mode's objects are read, and the port that a request is then known by. */
const READ: Readonly<Record<MeshMode, readonly [Reading, port: number]>> = {
  sidecar: [{ labels: { app: 'orders' } }, PORT],
  ambient: [{ waypoint: 'waypoint', service: 'orders' }, 80],
};
const MODES = ['sidecar', 'ambient'] as const;

/** Where the objects, read as Istio does, differ from `decide`. */
function differences(change: Change, mode: MeshMode = 'sidecar') {
  const met = { ask: 0, allow: 0, refuse: 0, nonCanonical: 0 };
  const found = CASES.flatMap(({ [mode]: { objects, asked } }) => {
    const reader = new IstioReader(change(objects), ...READ[mode]);
    return asked.flatMap(({ request, decision: { outcome, reason, rule = '' } }) => {
      const answer = reader.answer(request);
      met[answer] += 1;
      // Whoever was asked decides as `decide` does, and what it admits must pass.
      const headers = [...request.headers, [DECIDING_RULE, rule] as const];
      const isSame =
        answer === 'ask'
          ? outcome !== 'allow' || reader.afterwards({ ...request, headers }) === 'allow'
          : answer === (outcome === 'forbidden' ? 'refuse' : outcome);
      return isSame
        ? []
        : [`${outcome} (${reason}), ${answer}: ${request.method} ${request.path} by ${request.peer}`];
    });
  });
  return { found, met };
}

test.each(MODES)('the objects of %s mode, read as Istio documents them, answer as `decide` does', (mode) => {
  const { found, met } = differences((objects) => objects, mode);
  expect(found).toEqual([]);
  for (const [answer, count] of Object.entries(met)) expect([answer, count > 20]).toEqual([answer, true]);
});

/** What keeps the answers equal, and what the objects are without it. */
const NEEDED: Record<string, Change> = {
  'the canonical filter': (objects) => objects.filter(({ kind }) => kind !== 'EnvoyFilter'),
  'the question to the decision service': (objects) =>
    objects.filter(({ metadata }) => metadata.name !== 'orders-custom'),
  'the trust domain in principals': (objects) =>
    JSON.parse(
      JSON.stringify(objects).replaceAll('"local.dev.shop.example/', '"other.example/'),
    ) as typeof objects,
};

test.each(Object.entries(NEEDED))('%s is needed', (_, change) => {
  for (const mode of MODES) expect(differences(change, mode).found).not.toEqual([]);
});

test('the canonical filter reaches a waypoint only by its target', () => {
  const untargeted: Change = (objects) =>
    objects.map((object) => {
      const { targetRefs: _, ...spec } = object['spec'] as Record<string, unknown>;
      return object.kind === 'EnvoyFilter' ? { ...object, spec } : object;
    });
  expect(differences(untargeted, 'ambient').found).not.toEqual([]);
});

test('where nobody asks the decision service nothing passes that was left to it', () => {
  const { found } = differences(NEEDED['the question to the decision service']!);
  expect(found.filter((text) => text.includes(', allow: '))).toEqual([]);
});

test('a pod that no rule speaks of admits nobody, by the allow-nothing of the namespace alone', () => {
  const [{ sidecar, ambient }] = CASES as [(typeof CASES)[number]];
  const admitted = ({ objects, asked }: typeof sidecar, by: Reading, leftOut = '') => {
    const left = objects.filter(({ metadata }) => metadata.name !== leftOut);
    const reader = new IstioReader(left, by, PORT);
    return asked.some(({ request }) => reader.answer(request) === 'allow');
  };
  const pod = { labels: { app: 'unknown' } };
  expect(admitted(sidecar, pod)).toBe(false);
  expect(admitted(sidecar, pod, 'allow-nothing')).toBe(true);
  // Behind a waypoint it is the waypoint's own that holds, and the namespace's does not.
  const service = { waypoint: 'waypoint', service: 'unknown' };
  expect(admitted(ambient, service)).toBe(false);
  expect(admitted(ambient, service, 'allow-nothing')).toBe(false);
  expect(admitted(ambient, service, 'waypoint.allow-nothing')).toBe(true);
});

test('a waypoint takes the address at which a tunnel begins, and none that a request names', () => {
  const access = [
    allow(workload('web')).to('orders', 'GET /a').when(sourceNetwork('10.0.0.0/8')),
    deny(workload('web')).to('orders', 'GET /b').unless(sourceNetwork('10.0.0.0/8')),
    allow(workload('web')).to('orders', 'GET /b'),
  ].map(ruleOf);
  const plan = resolve(modelOf({ access }), { engine: 'kubernetes' });
  const objects = meshAuthorization(plan, optionsOf(plan, 'ambient'));
  const answers = (left: readonly KubernetesObject[], source: string) => {
    const reader = new IstioReader(left, ...READ.ambient);
    const headers = [['x-forwarded-for', '10.0.0.1'] as const];
    return ['/a', '/b'].map((path) =>
      reader.answer(requestOf(asked(path, source, headers), plan.services['web']!.sidecar.spiffeId)),
    );
  };
  expect(answers(objects, '10.1.1.1')).toEqual(['allow', 'allow']);
  expect(answers(objects, '192.0.2.1')).toEqual(['refuse', 'refuse']);
  const told = JSON.stringify(objects).replaceAll('"use_remote_address":true,', '');
  expect(answers(JSON.parse(told) as typeof objects, '192.0.2.1')).toEqual(['allow', 'allow']);
});

/** Of `web`, without a token. */
function asked(path: string, source: string, headers: RequestSpec['headers'] = []): RequestSpec {
  const host = 'orders.shop.example';
  return { point: 'sidecar', http: 2, peer: 'web', source, method: 'GET', path, host, headers };
}

test('a deny wins over an allow, and only by its own object', () => {
  const access = [
    allow(workload('web')).to('orders', 'GET /a/**'),
    deny(workload('web')).to('orders', 'GET /a/{x}'),
  ].map(ruleOf);
  const plan = resolve(modelOf({ access }), { engine: 'kubernetes' });
  const objects = meshAuthorization(plan, optionsOf(plan));
  const answers = (left: typeof objects) => {
    const reader = new IstioReader(left, { labels: { app: 'orders' } }, PORT);
    const peer = plan.services['web']!.sidecar.spiffeId;
    return ['/a', '/a/b', '/a/b/c'].map((path) => reader.answer(requestOf(asked(path, '127.0.0.1'), peer)));
  };
  expect(answers(objects)).toEqual(['allow', 'refuse', 'allow']);
  const left = objects.filter(({ metadata }) => metadata.name !== 'orders-deny');
  expect(answers(left)).toEqual(['allow', 'allow', 'allow']);
});
