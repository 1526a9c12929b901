import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import { allowOut, workload, type ZeroTrustModel } from 'zero-trust-platform';
import {
  authorizerFile,
  meshAuthorization,
  meshDecisionData,
  MeshNetworkPolicies,
  meshOptions,
  meshPolicy,
  meshSettings,
  WorkloadGuard,
  type ZeroTrustPlatformProps,
} from 'zero-trust-platform/cdk8s';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { problemsOf } from '../../kubernetes/validate.js';
import { DIGEST, guard, model, objectsOf, platformOf } from './acme.js';

test('each part is a chart, and so a file, in the order in which they are applied', () => {
  expect(platformOf().charts.map(({ node }) => node.id)).toEqual([
    '0-namespace',
    '1-prerequisites',
    '3-network',
    '4-mesh',
    '5-guard',
    '9-visibility',
  ]);
});

test('any object takes JSON patches once it is weakened by name, and what is patched is what is written', () => {
  const platform = platformOf();
  platform.network
    .weakened('NetworkPolicy', 's1', { reason: 'it moves to another port', until: '2099-01-01' })
    .addJsonPatch(JsonPatch.replace('/spec/egress/0/ports/0/port', 9090));
  const written = objectsOf(platform).find(
    ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 's1',
  );
  expect(written).toMatchObject({ spec: { egress: [{ ports: [{ port: 9090 }] }] } });
});

test('a part alone writes what it writes in the platform, into a chart of the user', () => {
  const platform = platformOf();
  const chart = new Chart(new App(), 'own', { namespace: 'elsewhere', labels: { team: 'a' } });
  new MeshNetworkPolicies(chart, 'network', { plan: platform.plan });
  const own = Testing.synth(chart) as KubernetesObject[];
  const network = Testing.synth(platform.charts[2]!) as KubernetesObject[];
  const withTeam = network.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, team: 'a' } },
  }));
  expect(own).toEqual(withTeam);
});

test('sidecars heed the Services of the namespaces that the network leads to, and of no others', () => {
  const hosts = (network?: ZeroTrustPlatformProps['network']) => {
    const sidecar = objectsOf(platformOf(network ? { network } : {})).find(({ kind }) => kind === 'Sidecar');
    return (sidecar!['spec'] as { egress: { hosts: string[] }[] }).egress[0]!.hosts;
  };
  const of = (name: string) => `${name}/*.${name}.svc.cluster.local`;
  const dns = { namespace: 'names', selector: { app: 'resolver' }, ports: [53] };
  const egressGateway = { namespace: 'out', selector: { app: 'egress' }, ports: [8443], callers: ['s0'] };
  expect(hosts()).toEqual(['./*', of('kube-system')]);
  expect(hosts({ dns })).toEqual(['./*', of('names')]);
  expect(hosts({ egressGateway })).toEqual(['./*', of('kube-system'), of('out')]);
  const queues = {
    callers: ['s0'],
    reason: 'events',
    namespace: 'queues',
    selector: { app: 'a' },
    ports: [1],
  };
  expect(hosts({ shared: [queues] })).toEqual(['./*', of('kube-system'), of('queues')]);
  expect(hosts({ dns, egressGateway })).toEqual(['./*', of('names'), of('out')]);
});

test('the objects of the mesh are the same without a construct, and so is what goes with them', () => {
  const platform = platformOf();
  const options = meshOptions(platform.plan, {});
  const bare = meshAuthorization(platform.plan, options);
  const written = Testing.synth(platform.charts[3]!) as KubernetesObject[];
  expect(written.map(({ spec }) => spec)).toEqual(bare.map(({ spec }) => spec));
  expect(meshSettings(platform.plan, options)).toMatchObject({ trustDomain: platform.plan.trustDomain });
  const data = meshDecisionData(platform.plan, meshPolicy(platform.plan, options));
  expect(JSON.parse(authorizerFile(data))).toMatchObject({ point: 'mesh/decision' });
});

test('a part alone gives objects of the whole cluster no namespace of its chart', () => {
  const { plan } = platformOf();
  const chart = new Chart(new App(), 'own', { namespace: 'elsewhere' });
  new WorkloadGuard(chart, 'guard', { plan, ...guard });
  const own = Testing.synth(chart) as KubernetesObject[];
  expect(own.map(({ metadata }) => metadata.namespace)).toEqual(own.map(() => undefined));
  expect(own.length).toBeGreaterThan(10);
});

test('objects of the whole cluster get no namespace of a chart; labels get to every object', () => {
  const app = new App();
  const chart = new Chart(app, 'own', { namespace: 'elsewhere' });
  const objects = objectsOf(platformOf({ labels: { 'acme.example/owner': 'platform' } }, chart as never));
  expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set([undefined, 'acme']));
  expect(objects.every(({ metadata }) => metadata.labels?.['acme.example/owner'] === 'platform')).toBe(true);
  expect(objects.flatMap(problemsOf)).toEqual([]);
});

test('a revision of istiod is in every part that it is about', () => {
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
  } as const;
  const text = JSON.stringify(objectsOf(platformOf({ revision: '1-31', certificates })));
  for (const part of [
    '"istio.io/rev":"1-31"',
    'istiod-1-31.istio-system.svc',
    "labels['istio.io/rev'] == '1-31'",
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain('istio-injection');
});

test('the alarm about certificates is of those that are made, wherever the gateway is', () => {
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
    gatewayIssuer: { name: 'public' },
  } as const;
  const elsewhere = { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } };
  for (const more of [{}, { ingressGateway: elsewhere, guard: { ...guard, images: {} } }]) {
    const objects = objectsOf(platformOf({ certificates, ...more }));
    const made = objects.filter(({ kind }) => kind === 'Certificate');
    const watched = [...JSON.stringify(objects).matchAll(/name=\\"(\S+)\\",namespace=\\"(\S+)\\"} == 1/g)];
    expect(watched.map(([, name, namespace]) => `${namespace}/${name}`)).toEqual(
      made.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    );
  }
});

test('the alarm about certificates is of none that is not made', () => {
  expect(JSON.stringify(objectsOf(platformOf()))).not.toContain('AuthorityCertificate');
  const made = JSON.stringify(
    objectsOf(platformOf({ ingress: { issuer: { name: 'mesh' } }, guard: { ...guard, images: {} } })),
  );
  expect(made).toContain('name=\\"gateway-identity\\",namespace=\\"acme-ingress\\"');
  expect(made).not.toContain('name=\\"istiod\\"');
  expect(made).not.toContain('name=\\"gateway\\",namespace');
});

test('sidecars of other namespaces leave what they ask for as it is, but those of a gateway of yours', () => {
  const exportsOf = (more: Partial<ZeroTrustPlatformProps>) =>
    new Set(
      objectsOf(platformOf(more))
        .filter(({ kind }) => kind === 'VirtualService')
        .map(({ spec }) => JSON.stringify((spec as { exportTo: string[] }).exportTo)),
    );
  const ingressGateway = { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } };
  expect(exportsOf({})).toEqual(new Set(['["."]']));
  expect(exportsOf({ ingressGateway, guard: { ...guard, images: {} } })).toEqual(new Set(['[".","edge"]']));
});

test('an object that a part does not have is an error that says which it has', () => {
  expect(() => platformOf().network.object('NetworkPolicy', 'orders')).toThrow(
    expect.objectContaining({ code: 'unknown-object', message: expect.stringContaining('NetworkPolicy-s1') }),
  );
});

test('an object of the user with the name of one of ours stops synthesis', () => {
  const app = new App();
  platformOf({}, app);
  new ApiObject(new Chart(app, 'own'), 'open', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 's1', namespace: 'acme' },
    spec: { podSelector: {} },
  });
  expect(() => app.synthYaml()).toThrow(/object-collision: NetworkPolicy.*acme\/s1/);
});

test('objects grow with the services, and no admission policy does', () => {
  const sizes = [50, 100, 200].map((count) => {
    const objects = objectsOf(platformOf({ model: model(count) }));
    const policies = objects.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
    return {
      objects: objects.length,
      bytes: JSON.stringify(objects).length,
      policies: JSON.stringify(policies).length,
    };
  });
  const [small, middle, large] = sizes as [(typeof sizes)[0], (typeof sizes)[0], (typeof sizes)[0]];
  expect(large.objects - middle.objects).toBe(2 * (middle.objects - small.objects));
  // Names become longer by a digit.
  expect((large.bytes - middle.bytes) / (middle.bytes - small.bytes)).toBeCloseTo(2, 0);
  expect(large.policies).toBe(small.policies);
});

describe('a model with ways out', () => {
  const image = `registry.example/envoy${DIGEST}`;
  const leaving = {
    ...model(2),
    egress: [allowOut(workload('s0')).to('https://bank.example')],
  } as ZeroTrustModel;
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
    driverIssuer: { name: 'pods' },
  } as const;
  const volume = { secret: { secretName: 'egress' } };
  const code = (props: Partial<ZeroTrustPlatformProps>) => () => platformOf({ model: leaving, ...props });

  test('has an egress gateway, by the certificates of the mesh or by its own', () => {
    const objects = objectsOf(platformOf({ model: leaving, egress: { image }, certificates }));
    expect(objects.flatMap(problemsOf)).toEqual([]);
    const text = JSON.stringify(objects);
    expect(text).toContain('"driver":"spiffe.csi.cert-manager.io"');
    expect(text).toContain('csi-driver-spiffe');
    const own = objectsOf(platformOf({ model: leaving, egress: { image, certificates: volume } }));
    expect(JSON.stringify(own)).toContain('{"name":"certificates","secret":{"secretName":"egress"}}');
    // Nobody asks cert-manager for it.
    expect(own.some(({ kind }) => kind === 'RoleBinding')).toBe(false);
    expect(JSON.stringify(own)).not.toContain('spiffe.csi');
  });

  test('wants one, and somebody who signs for it', () => {
    expect(code({})).toThrow(expect.objectContaining({ code: 'no-egress-gateway' }));
    expect(code({ egress: { image } })).toThrow(expect.objectContaining({ code: 'no-egress-certificates' }));
    const { driverIssuer: _, ...shared } = certificates;
    expect(code({ egress: { image }, certificates: shared })).toThrow(
      expect.objectContaining({ code: 'no-driver-issuer' }),
    );
    expect(code({ egress: { image, replicas: 1, certificates: volume } })).toThrow(
      expect.objectContaining({ code: 'too-few-replicas' }),
    );
  });

  test('has another configuration, and so another name and new pods, by another rule alone', () => {
    const nameBy = (egress: ZeroTrustModel['egress'], namespace = 'acme') =>
      objectsOf(
        platformOf({
          model: { ...leaving, egress: egress!, authority: { namespace } },
          egress: { image, certificates: volume },
        }),
      ).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('egress-'))!.metadata
        .name;
    const all = [allowOut(workload('s0')).to('https://bank.example').named('bank')];
    expect(nameBy(all)).toBe(nameBy(all));
    const less = [allowOut(workload('s0')).to('https://bank.example', 'GET /').named('bank')];
    expect(nameBy(less)).not.toBe(nameBy(all));
  });
});
