import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import {
  allow,
  allowOut,
  anyone,
  defineZeroTrust,
  http,
  workload,
  type ZeroTrustError,
  type ZeroTrustModel,
} from 'zero-trust-platform';
import {
  authorizerFile,
  meshAuthorization,
  meshDecisionData,
  MeshNetworkPolicies,
  meshOptions,
  meshPolicy,
  meshSettings,
  WorkloadGuard,
  ZeroTrustPlatform,
  type ZeroTrustPlatformProps,
} from 'zero-trust-platform/cdk8s';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { problemsOf } from '../../kubernetes/validate.js';

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const guard = {
  deployers: { groups: ['platform-team'] },
  proxyImage: `registry.example/proxyv2${DIGEST}`,
  images: { gateway: [] },
};

/** A row of services, each called by the one before it. */
function model(count: number): ZeroTrustModel {
  const name = (index: number) => `s${index}`;
  return defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    authority: { namespace: 'acme' },
    services: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        name(index),
        index === 0 ? http({ host: 'www.acme.example' }) : http(),
      ]),
    ),
    access: Array.from({ length: count }, (_, index) =>
      index === 0
        ? allow(anyone()).to(name(0), 'GET /')
        : allow(workload(name(index - 1))).to(name(index), 'GET /'),
    ),
  } as unknown as ZeroTrustModel);
}

function reserved(namespace: string): [string, RegExp, Partial<ZeroTrustPlatformProps>] {
  const message = new RegExp(`^\\[acme/0-namespace/namespace\\] authority\\.namespace: .*\\(${namespace}\\)`);
  return ['reserved-namespace', message, { model: { ...model(1), authority: { namespace } } }];
}

function objectsOf({ charts }: ZeroTrustPlatform): KubernetesObject[] {
  return charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);
}

const platformOf = (props: Partial<ZeroTrustPlatformProps> = {}, scope = new App()) =>
  new ZeroTrustPlatform(scope, 'acme', { model: model(3), guard, ...props });

test('each part is a chart, and so a file, in the order in which they are applied', () => {
  expect(platformOf().charts.map(({ node }) => node.id)).toEqual([
    '0-namespace',
    '1-prerequisites',
    '2-network',
    '3-mesh',
    '4-visibility',
    '5-guard',
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

test.each<[string, RegExp, Partial<ZeroTrustPlatformProps>]>([
  ['no-deployers', /^\[acme\/5-guard\/guard\] guard\.deployers:/, { guard: { ...guard, deployers: {} } }],
  ['no-deployers', /^\[acme\/5-guard\/guard\] guard\.deployers:/, { guard: {} as typeof guard }],
  [
    'no-deployers',
    /^\[acme\/5-guard\/guard\] guard\.deployers:/,
    { guard: undefined as unknown as typeof guard },
  ],
  [
    'image-digest',
    /guard\.proxyImage: .*\(no image\)/,
    { guard: { deployers: guard.deployers } as typeof guard },
  ],
  ['image-digest', /guard\.proxyImage/, { guard: { ...guard, proxyImage: 'istio/proxyv2:1.31.1' } }],
  ['no-images', /guard\.images\.gateway/, { guard: { ...guard, images: {} } }],
  [
    'image-digest',
    /guard\.images\.gateway/,
    { guard: { ...guard, images: { gateway: ['registry.example/a*'] } } },
  ],
  ['unknown-service', /guard\.images\.s9/, { guard: { ...guard, images: { gateway: [], s9: [] } } }],
  ...(['default', 'kube-system', 'istio-system'] as const).map((namespace) => reserved(namespace)),
  [
    'no-issuer',
    /certificates\.issuer/,
    { certificates: {} as NonNullable<ZeroTrustPlatformProps['certificates']> },
  ],
  ['no-roots', /certificates\.roots/, { certificates: { issuer: { name: 'mesh' }, roots: [] } }],
  ['object-label', /acme\/0-namespace/, { labels: { team: 'not a label' } }],
  ['unknown-service', /^\[acme\/0-namespace\/namespace\] services\.s9:/, { services: { s9: {} } }],
  [
    'invalid-model',
    /^\[acme\]/,
    {
      model: {
        ...model(1),
        trustDomain: 'cluster.local',
        authority: { trustDomains: { kubernetes: 'cluster.local' } },
      },
    },
  ],
])('%s', (code, message, props) => {
  expect(() => platformOf(props)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('what stops several parts is told at once, and what two of them say once', () => {
  const network = { nodeNetworks: ['everywhere'] };
  const props = { network, services: { s0: { port: 0 } }, guard: { ...guard, deployers: {} } };
  for (const [more, paths] of [
    [{}, ['services.s0']],
    [{ services: {} }, ['network.nodeNetworks', 'guard.deployers']],
  ] as const) {
    try {
      platformOf({ ...props, ...more });
      throw new Error('nothing was refused');
    } catch (error) {
      expect((error as ZeroTrustError).diagnostics.map(({ path }) => path)).toEqual(paths);
    }
  }
  expect(() => platformOf({ ...props, services: {} })).toThrow(
    expect.objectContaining({
      code: 'invalid-props',
      message: expect.stringMatching(
        /^\[acme\] the props have 2 errors:\nerror network-cidr at network\.node/,
      ),
    }),
  );
});

describe('what would wait for something that nobody was asked for is a warning', () => {
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'Secret', name: 'r', key: 'k' }],
  } as const;
  const gateway = { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } };
  const monitoring = { namespace: 'monitoring', selector: { app: 'prometheus' } };
  const ingress = { issuer: { name: 'mesh' } };
  const closed = { ...guard, images: {} };
  const quiet = { network: { monitoring } };
  const codesOf = (props: Partial<ZeroTrustPlatformProps>) => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      platformOf(props);
      return warned.mock.calls.map(([, options]) => (options as { code: string }).code);
    } finally {
      warned.mockRestore();
    }
  };

  test.each<[string, Partial<ZeroTrustPlatformProps>, string[]]>([
    ['users without a gateway', quiet, ['no-way-in']],
    ['a gateway of yours', { ...quiet, ingressGateway: gateway, guard: closed }, []],
    ['one that is made', { ...quiet, ingress, guard: closed }, ['no-gateway-certificate']],
    [
      'the issuer of workloads alone',
      { ...quiet, ingress, certificates, guard: closed },
      ['no-gateway-certificate'],
    ],
    [
      'an issuer for the public hosts',
      {
        ...quiet,
        ingress,
        certificates: { ...certificates, gatewayIssuer: { name: 'public' } },
        guard: closed,
      },
      [],
    ],
    [
      'a Secret by its name',
      { ...quiet, ingress: { ...ingress, certificateSecret: 'own' }, guard: closed },
      [],
    ],
    ['nobody to read metrics', { ingressGateway: gateway, guard: closed }, ['alarms-without-metrics']],
    ['no alarms', { ingressGateway: gateway, guard: closed, visibility: { alarms: false } }, []],
  ])('%s', (_, props, codes) => expect(codesOf(props)).toEqual(codes));

  test('it is said as well where the guard asks for the images of a gateway that nobody named', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(() => platformOf({ ...quiet, guard: closed })).toThrow(/guard\.images\.gateway/);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('no-way-in at ingress'), expect.anything()]]);
    warned.mockRestore();
  });

  test('workloads alone need no gateway', () => {
    const access = [allow(workload('s1')).to('s0', 'GET /'), allow(workload('s0')).to('s1', 'GET /')];
    expect(codesOf({ ...quiet, model: { ...model(2), access } as unknown as ZeroTrustModel })).toEqual([]);
  });
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
