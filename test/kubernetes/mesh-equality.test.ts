import fc from 'fast-check';
import { meshAuthorization, meshPolicy } from '../../lib/kubernetes/index.js';
import type { MeshAuthorizationOptions } from '../../lib/kubernetes/mesh-options.js';
import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { decide, indexPolicy } from '../../lib/policy/index.js';
import type { Request } from '../../lib/policy/request.js';
import { readCredential } from '../../lib/policy/token.js';
import { DECIDING_RULE } from '../../lib/point/decision-headers.js';
import { ruleOf } from '../../lib/model/access.js';
import { allow, deny, workload } from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import type { Plan } from '../../lib/plan/plan.js';
import { type RequestSpec, revocationsOf } from '../engines/equality/case.js';
import { Draw } from '../engines/equality/draw.js';
import { createIssuers, modelOf } from '../engines/equality/platform.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { authorization } from '../engines/equality/token.js';
import { repaired } from '../engines/equality/validity.js';
import { IstioReader } from './istio-reader.js';

const PORT = 8080;
const SIZE = { policies: 50, requests: 25 };
const instant = { now: 1_900_000_000, thumbprint: (name: string) => `thumbprint-of-${name}` };
const issuers = createIssuers();
const byName = new Map(issuers.map((issuer) => [issuer.name, issuer]));

function optionsOf(plan: Plan): MeshAuthorizationOptions {
  return {
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
  return { objects: meshAuthorization(plan, options), asked };
});

/** Where the objects, read as Istio does, differ from `decide`. */
function differences(change: Change) {
  const met = { ask: 0, allow: 0, refuse: 0, nonCanonical: 0 };
  const found = CASES.flatMap(({ objects, asked }) => {
    const reader = new IstioReader(change(objects), { app: 'orders' }, PORT);
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

test('the objects, read as Istio documents them, answer as `decide` does', () => {
  const { found, met } = differences((objects) => objects);
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
  expect(differences(change).found).not.toEqual([]);
});

test('where nobody asks the decision service nothing passes that was left to it', () => {
  const { found } = differences(NEEDED['the question to the decision service']!);
  expect(found.filter((text) => text.includes(', allow: '))).toEqual([]);
});

test('a pod that no rule speaks of admits nobody, by the allow-nothing of the namespace alone', () => {
  const [{ objects, asked }] = CASES as [(typeof CASES)[number]];
  const admitted = (left: typeof objects) => {
    const reader = new IstioReader(left, { app: 'unknown' }, PORT);
    return asked.some(({ request }) => reader.answer(request) === 'allow');
  };
  expect(admitted(objects)).toBe(false);
  expect(admitted(objects.filter(({ metadata }) => metadata.name !== 'allow-nothing'))).toBe(true);
});

test('a deny wins over an allow, and only by its own object', () => {
  const access = [
    allow(workload('web')).to('orders', 'GET /a/**'),
    deny(workload('web')).to('orders', 'GET /a/{x}'),
  ].map(ruleOf);
  const plan = resolve(modelOf({ access }), { engine: 'kubernetes' });
  const objects = meshAuthorization(plan, optionsOf(plan));
  const answers = (left: typeof objects) => {
    const reader = new IstioReader(left, { app: 'orders' }, PORT);
    const peer = plan.services['web']!.sidecar.spiffeId;
    return ['/a', '/a/b', '/a/b/c'].map((path) =>
      reader.answer(
        requestOf(
          {
            point: 'sidecar',
            http: 2,
            peer: 'web',
            source: '127.0.0.1',
            method: 'GET',
            path,
            host: 'orders.shop.example',
            headers: [],
          },
          peer,
        ),
      ),
    );
  };
  expect(answers(objects)).toEqual(['allow', 'refuse', 'allow']);
  const left = objects.filter(({ metadata }) => metadata.name !== 'orders-deny');
  expect(answers(left)).toEqual(['allow', 'allow', 'allow']);
});
