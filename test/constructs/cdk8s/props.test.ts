import { App, Chart } from 'cdk8s';
import { allow, http, workload, type ZeroTrustError, type ZeroTrustModel } from 'zero-trust-platform';
import { WorkloadGuard, type ZeroTrustPlatformProps } from 'zero-trust-platform/cdk8s';
import { DIGEST, guard, model, platformOf } from './acme.js';

function reserved(namespace: string): [string, RegExp, Partial<ZeroTrustPlatformProps>] {
  const message = new RegExp(`^\\[acme/0-namespace/namespace\\] authority\\.namespace: .*\\(${namespace}\\)`);
  return ['reserved-namespace', message, { model: { ...model(1), authority: { namespace } } }];
}

function refusalOf(make: () => unknown): ZeroTrustError {
  try {
    make();
  } catch (error) {
    return error as ZeroTrustError;
  }
  throw new Error('nothing was refused');
}

test.each<[string, RegExp, Partial<ZeroTrustPlatformProps>]>([
  ['no-deployers', /^\[acme\/5-guard\/guard\] guard\.deployers:/, { guard: { ...guard, deployers: {} } }],
  ['invalid-props', /error no-deployers at guard\.deployers:/, { guard: {} as typeof guard }],
  [
    'invalid-props',
    /error no-deployers at guard\.deployers:/,
    { guard: undefined as unknown as typeof guard },
  ],
  [
    'image-digest',
    /guard\.proxyImage: .*\(no image\)/,
    { guard: { deployers: guard.deployers, images: guard.images } as typeof guard },
  ],
  ['image-digest', /guard\.proxyImage/, { guard: { ...guard, proxyImage: 'istio/proxyv2:1.31.1' } }],
  ['no-images', /guard\.images\.gateway/, { guard: { ...guard, images: {} } }],
  [
    'image-digest',
    /guard\.images\.gateway/,
    { guard: { ...guard, images: { gateway: ['registry.example/a*'] } } },
  ],
  ['unknown-service', /guard\.images\.s9/, { guard: { ...guard, images: { gateway: [], s9: [] } } }],
  ...(['default', 'kube-system', 'istio-system', 'cert-manager', 'envoy-gateway-system'] as const).map(
    (namespace) => reserved(namespace),
  ),
  [
    'no-issuer',
    /certificates\.issuer/,
    { certificates: {} as NonNullable<ZeroTrustPlatformProps['certificates']> },
  ],
  ['no-roots', /certificates\.roots/, { certificates: { issuer: { name: 'mesh' }, roots: [] } }],
  ...['', 'a b', 'A', '1.31'].map((revision): [string, RegExp, Partial<ZeroTrustPlatformProps>] => [
    'invalid-revision',
    /^\[acme\] revision:/,
    { revision },
  ]),
  ...['', 'a b', 'cluster.local.', '*'].map(
    (clusterDomain): [string, RegExp, Partial<ZeroTrustPlatformProps>] => [
      'invalid-cluster-domain',
      /^\[acme\] clusterDomain:/,
      { clusterDomain },
    ],
  ),
  ...[{}, { secret: {}, csi: {} }].map((certificates): [string, RegExp, Partial<ZeroTrustPlatformProps>] => [
    'volume-source',
    /^\[acme\] egress\.certificates:/,
    { egress: { image: `envoy${DIGEST}`, certificates } },
  ]),
  ['object-label', /acme\/0-namespace/, { labels: { team: 'not a label' } }],
  ['unknown-service', /^\[acme\/0-namespace\/namespace\] services\.s9:/, { services: { s9: {} } }],
  [
    'invalid-model',
    /^\[acme\]/,
    {
      model: {
        ...model(1),
        trustDomain: 'cluster.local',
        authority: { trustDomains: { kubernetes: 'shop.cluster.local' } },
      },
    },
  ],
])('%s', (code, message, props) => {
  expect(() => platformOf(props)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

// One part that is told otherwise would look on at what another one does, and say nothing.
test.each<[string, object]>([
  ['visibility.mode', { visibility: { mode: 'ambient' } }],
  ['visibility.isGatewayMade', { visibility: { isGatewayMade: true } }],
  ['visibility.gatewayNamespace', { visibility: { gatewayNamespace: 'edge' } }],
  ['visibility.certificates', { visibility: { certificates: {} } }],
  ['network.mode', { network: { mode: 'ambient' } }],
  ['guard.revision', { guard: { ...guard, revision: 'canary' } }],
  ['certificates.revision', { certificates: { issuer: { name: 'mesh' }, roots: [], revision: 'canary' } }],
])('what parts must know alike is no option of one: %s', (path, props) => {
  const { diagnostics } = refusalOf(() => platformOf(props));
  expect(diagnostics).toMatchObject([{ code: 'unknown-key', path }]);
});

test('a mesh alone may keep the trust domain that Istio gives it', () => {
  const authority = { ...model(1).authority, trustDomains: { kubernetes: 'cluster.local' } };
  const { plan } = platformOf({ model: { ...model(1), authority } });
  expect(plan.services['s0']!.sidecar.spiffeId).toBe('spiffe://cluster.local/ns/acme/sa/s0');
  expect(plan.diagnostics.map(({ code }) => code)).toContain('default-trust-domain');
});

test('what stops several parts is told at once, and what two of them say once', () => {
  const network = { nodeNetworks: ['everywhere'] };
  const props = { network, services: { s0: { port: 0 } }, guard: { ...guard, deployers: {} } };
  for (const [more, paths] of [
    [{}, ['services.s0']],
    [{ services: {} }, ['network.nodeNetworks', 'guard.deployers']],
  ] as const) {
    const { diagnostics } = refusalOf(() => platformOf({ ...props, ...more }));
    expect(diagnostics.map(({ path }) => path)).toEqual(paths);
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

test('what is wrong with the guard is told at once, in the platform by the path of its prop', () => {
  const wrong = {
    deployers: { users: ['system:anonymous', '*'], groups: [''] },
    proxyImage: 'istio/proxyv2:1.31.1',
    images: { s1: ['a', 'b', `c${DIGEST}`], s9: [] },
    revokers: { users: ['system:serviceaccount:acme:deployer'] },
    openKinds: [{ kind: 'VirtualService', reason: ' ' }],
  } as const;
  const expected = [
    ['no-reason', 'openKinds'],
    ['deployers-everybody', 'deployers.users'],
    ['deployers-everybody', 'deployers.users'],
    ['deployers-everybody', 'deployers.groups'],
    ['deployers-impersonated', 'revokers.users'],
    ['image-digest', 'proxyImage'],
    ['no-images', 'images.gateway'],
    ['image-digest', 'images.s1'],
    ['image-digest', 'images.s1'],
    ['unknown-service', 'images.s9'],
  ];
  const { plan } = platformOf();
  const alone = () => new WorkloadGuard(new Chart(new App(), 'own'), 'guard', { plan, ...wrong });
  for (const [make, place, prop] of [
    [alone, 'own/guard', ''],
    [() => platformOf({ guard: wrong }), 'acme/5-guard/guard', 'guard.'],
  ] as const) {
    const error = refusalOf(make);
    expect(error.code).toBe('invalid-props');
    expect(error.diagnostics.map(({ code, path }) => [code, path])).toEqual(
      expected.map(([code, path]) => [code, `${prop}${path}`]),
    );
    expect(error.diagnostics.filter(({ expected: text, remedy }) => !text || !remedy)).toEqual([]);
    expect(error.message).toContain(
      `[${place}] the props have 10 errors:\nerror no-reason at ${prop}openKinds: `,
    );
  }
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
  const outside = {
    callers: ['s0'],
    reason: 'the API server has no other address',
    namespace: 'default',
    networks: ['8.8.8.8/32'],
    ports: [443],
    publicUntil: '2999-01-01',
  };
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
    [
      'a public address past the egress gateway',
      { network: { monitoring, shared: [outside] }, ingressGateway: gateway, guard: closed },
      ['public-network'],
    ],
    ['no alarms', { ingressGateway: gateway, guard: closed, visibility: { alarms: false } }, []],
  ])('%s', (_, props, codes) => expect(codesOf(props)).toEqual(codes));

  test('an option that comes to nothing', () => {
    const inside = allow(workload('s1')).to('s0', 'GET /');
    const { services: all, ...rest } = model(2);
    const services = Object.fromEntries(Object.keys(all).map((name) => [name, http()]));
    const given = { ...rest, services, access: [inside] } as unknown as ZeroTrustModel;
    const egress = { image: `registry.example/envoy${DIGEST}` };
    expect(codesOf({ ...quiet, model: given, ingress, egress, guard: closed })).toEqual(
      expect.arrayContaining(['unused-option', 'unused-option']),
    );
  });

  test.each([
    { refusedPercent: Number.NaN },
    { refusedPercent: 0 },
    { refusedPercent: 101 },
    { serverErrors: 0 },
    { serverErrors: -1 },
  ])('no alarm of %j', (visibility) => {
    expect(() => platformOf({ ...quiet, ingressGateway: gateway, guard: closed, visibility })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(count|wrong-type)$/) }),
    );
  });

  test('it is said as well where the guard asks for the images of a gateway that nobody named', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(() => platformOf({ ...quiet, guard: closed })).toThrow(/guard\.images\.gateway/);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('no-way-in at ingress'), expect.anything()]]);
    warned.mockRestore();
  });

  test('a public address without an end is refused, by the path of its prop', () => {
    const { publicUntil: _, ...endless } = outside;
    const props = { network: { monitoring, shared: [endless] }, ingressGateway: gateway, guard: closed };
    const { diagnostics } = refusalOf(() => platformOf(props));
    expect(diagnostics).toMatchObject([{ code: 'public-network', path: 'network.shared[0].networks' }]);
  });

  test('workloads alone need no gateway', () => {
    const access = [allow(workload('s1')).to('s0', 'GET /'), allow(workload('s0')).to('s1', 'GET /')];
    expect(codesOf({ ...quiet, model: { ...model(2), access } as unknown as ZeroTrustModel })).toEqual([]);
  });
});
