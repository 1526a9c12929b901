import egressShop from '../../examples/shop/egress.js';
import { clusterFindings } from '../../cli/cluster.js';
import { checkCluster } from '../../lib/kubernetes/cluster/index.js';
import {
  certificateObjects,
  type KubernetesObject,
  prerequisiteObjects,
  prerequisites,
  type PrerequisiteOptions,
} from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { cluster, ClusterDouble, controller, CONTROLLERS, GUARDS, options } from './cluster-double.js';

const plan = resolve({ ...egressShop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const image = `registry.example/envoy@sha256:${'0'.repeat(64)}`;
const driven = {
  certificates: {
    ...options.certificates,
    driverIssuer: { name: 'pods' },
    gatewayIssuer: { name: 'letsencrypt' },
  },
  egress: { image },
  revision: options.revision,
} satisfies PrerequisiteOptions;

function findings(
  controllers: readonly KubernetesObject[],
  clusterRoles: readonly KubernetesObject[] = [approving(APPROVED)],
) {
  const wanted = {
    prerequisites: prerequisites(plan, driven),
    namespace: 'shop',
    guards: [],
    policies: [],
    issuers: [],
  };
  return checkCluster(wanted, { controllers, clusterRoles }, ['controllers', 'clusterRoles']);
}

const APPROVED = ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/letsencrypt'];

/** The ClusterRole of cert-manager's chart. */
function approving(resourceNames: readonly string[]): KubernetesObject {
  const rule = { apiGroups: ['cert-manager.io'], resources: ['signers'], verbs: ['approve'], resourceNames };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'cert-manager-controller-approve:cert-manager-io',
      labels: { 'app.kubernetes.io/name': 'cert-manager' },
    },
    rules: [{ apiGroups: [''], resources: ['events'], verbs: ['*'] }, rule],
  };
}

const LIFE = '--certificate-request-duration=14400s';
const DOMAIN = `--trust-domain=${plan.trustDomain}`;
const DRIVER = [
  LIFE,
  '--issuer-name=pods',
  '--issuer-kind=ClusterIssuer',
  '--issuer-group=cert-manager.io',
  DOMAIN,
  '--source-ca-bundle=/var/run/zero-trust/root-cert.pem',
  '--runtime-issuance-config-map-name=',
];
const driver = (args = DRIVER) =>
  controller('cert-manager-csi-driver-spiffe', 'v0.14.0', args, { kind: 'DaemonSet' });
const approver = (...more: readonly string[]) =>
  controller('cert-manager-csi-driver-spiffe-approver', 'v0.14.0', [LIFE, DOMAIN, ...more]);
const ALL = [...CONTROLLERS, driver(), approver()];

/** All, with another in place of one. */
const replaced = (name: string, by?: KubernetesObject) =>
  ALL.flatMap((each) => (each.metadata.name === name ? (by ? [by] : []) : [each]));

test('what runs as the charts write it by the values of the prerequisites has no finding', () => {
  expect(findings(ALL)).toEqual([]);
});

test.each(ALL.map(({ metadata }) => metadata.name))('%s is missed', (name) => {
  expect(findings(replaced(name))).toMatchObject([{ code: 'cluster-unknown', severity: 'error' }]);
});

test('another controller of the same account in another namespace is none', () => {
  const other = controller('cert-manager-istio-csr', 'v0.16.0', [], { namespace: 'somewhere' });
  expect(findings(replaced('cert-manager-istio-csr', other))).toMatchObject([
    { code: 'cluster-unknown', path: 'istio-csr', expected: expect.stringContaining('cert-manager/') },
  ]);
});

test('a release that is too old is found by its tag, and by its label where the image has a digest alone', () => {
  const old = controller('cert-manager', 'v1.14.4', [], { container: 'cert-manager-controller' });
  expect(findings(replaced('cert-manager', old))).toMatchObject([
    { code: 'cluster-version', path: 'cert-manager', found: '"v1.14.4"', expected: '1.15 or newer' },
  ]);
  const digest = `sha256:${'1'.repeat(64)}`;
  const pinned = (tag: string, labels: Readonly<Record<string, string>>) => {
    const made = controller('trust-manager', tag, []);
    return findings(
      replaced('trust-manager', {
        ...made,
        metadata: { ...made.metadata, labels: { ...made.metadata.labels, ...labels } },
      }).map(withDigest),
    );
  };
  function withDigest(each: KubernetesObject): KubernetesObject {
    const text = JSON.stringify(each).replaceAll('trust-manager:none', `trust-manager@${digest}`);
    return JSON.parse(text.replaceAll('trust-manager:v0.25.0', `trust-manager:v0.25.0@${digest}`)) as never;
  }
  expect(pinned('v0.25.0', {})).toEqual([]);
  expect(pinned('none', { 'app.kubernetes.io/version': 'v0.25.0' })).toEqual([]);
  expect(pinned('none', {})).toMatchObject([{ code: 'cluster-version', path: 'trust-manager' }]);
});

test.each(DRIVER.map((argument) => [argument.replace(/=.*/, ''), argument] as const))(
  'csi-driver-spiffe with another %s is found',
  (name, argument) => {
    const others = DRIVER.map((each) => (each === argument ? `${name}=other` : each));
    expect(findings(replaced('cert-manager-csi-driver-spiffe', driver(others)))).toMatchObject([
      { code: 'cluster-setting', path: `csi-driver-spiffe.${name}`, found: '"other"' },
    ]);
  },
);

test('an approver that approves more than SPIFFE IDs is found', () => {
  const open = approver('--auto-approve-non-spiffe');
  expect(findings(replaced('cert-manager-csi-driver-spiffe-approver', open))).toMatchObject([
    {
      code: 'cluster-setting',
      path: 'csi-driver-spiffe-approver.--auto-approve-non-spiffe',
      expected: '"none"',
    },
  ]);
});

test.each([
  ['everything', []],
  ['every ClusterIssuer', ['clusterissuers.cert-manager.io/*']],
  ['this one', [...APPROVED, 'clusterissuers.cert-manager.io/pods']],
])('cert-manager that approves %s is found, unless its approver is off', (_what, names) => {
  expect(findings(ALL, [approving(names)])).toMatchObject([
    { code: 'cluster-setting', severity: 'error', path: 'cert-manager.approveSignerNames' },
  ]);
  const off = controller('cert-manager', 'v1.21.2', ['--controllers=*,-certificaterequests-approver'], {
    container: 'cert-manager-controller',
  });
  expect(findings(replaced('cert-manager', off), [approving(names)])).toEqual([]);
});

test('cert-manager of which nobody knows what it approves is found', () => {
  expect(findings(ALL, [])).toMatchObject([
    { code: 'cluster-unknown', severity: 'error', path: 'cert-manager.approveSignerNames' },
  ]);
});

test('kubectl is asked what cert-manager may approve', async () => {
  const double = new ClusterDouble();
  const manifests = double.write('driven.yaml', prerequisiteObjects(plan, driven));
  try {
    double.answer(cluster({ controllers: ALL, others: [approving([])] }));
    const found = await clusterFindings(manifests);
    expect(found.map(({ code, path }) => [code, path])).toContainEqual([
      'cluster-setting',
      'cert-manager.approveSignerNames',
    ]);
  } finally {
    double.forget();
    double.remove();
  }
});

describe('the issuers that the manifests name', () => {
  const double = new ClusterDouble();
  afterEach(() => double.forget());
  afterAll(() => double.remove());
  const place = { gatewayNamespace: 'shop-ingress' };
  const gatewayIssuer = { name: 'letsencrypt', kind: 'Issuer' };
  const manifests = double.write('whole.yaml', [
    ...prerequisiteObjects(plan, driven),
    ...certificateObjects(plan, { ...driven.certificates, ...place, gatewayIssuer }),
    ...GUARDS,
  ]);
  const issuer = (name: string, namespace?: string, status = 'True', apiVersion = 'cert-manager.io/v1') => ({
    apiVersion,
    kind: namespace === undefined ? 'ClusterIssuer' : 'Issuer',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    status: { conditions: [{ type: 'Ready', status, message: 'no account' }] },
  });
  const [mesh, gateway, pods] = [
    issuer('mesh', 'istio-system'),
    issuer('letsencrypt', 'shop-ingress'),
    issuer('pods'),
  ];

  test.each<[string, KubernetesObject[], object[]]>([
    ['are there', [mesh, gateway, pods], []],
    ['not that of the mesh', [gateway, pods], [{ path: 'issuer.istio-system/mesh' }]],
    ['not that of the driver', [mesh, gateway], [{ path: 'clusterIssuer.pods' }]],
    [
      'one in another namespace',
      [mesh, pods, issuer('letsencrypt', 'shop')],
      [{ path: 'issuer.shop-ingress/letsencrypt' }],
    ],
    [
      'one of the cluster in its place',
      [mesh, pods, issuer('letsencrypt')],
      [{ path: 'issuer.shop-ingress/letsencrypt' }],
    ],
    [
      'one of another group',
      [mesh, pods, issuer('letsencrypt', 'shop-ingress', 'True', 'awspca.cert-manager.io/v1')],
      [{ path: 'issuer.shop-ingress/letsencrypt' }],
    ],
    [
      'one that is not ready',
      [mesh, pods, issuer('letsencrypt', 'shop-ingress', 'False')],
      [{ path: 'issuer.shop-ingress/letsencrypt.status', found: '"no account"' }],
    ],
  ])('%s', async (_, issuers, found) => {
    double.answer(cluster({ controllers: ALL, others: [approving(APPROVED), ...issuers] }));
    const findings = await clusterFindings(manifests);
    const told = findings.filter(({ path }) => /issuer/i.test(path));
    expect(told).toMatchObject(
      found.map((each) => ({ code: 'cluster-setting', severity: 'error', ...each })),
    );
    expect(told).toHaveLength(found.length);
  });

  test('of the file of the prerequisites alone it is that of the driver', async () => {
    double.answer(cluster({ controllers: ALL, others: [approving(APPROVED)] }));
    const found = await clusterFindings(double.write('driven.yaml', prerequisiteObjects(plan, driven)));
    expect(found.map(({ path }) => path)).toContain('clusterIssuer.pods');
    expect(found.map(({ path }) => path)).not.toContain('issuer.istio-system/mesh');
  });
});

test('a file of which no Deployment is of those is held against nothing of them', async () => {
  const double = new ClusterDouble();
  const own = { ...controller('orders', 'v1', []), metadata: { name: 'orders', namespace: 'shop' } };
  const { meshConfig } = prerequisites(plan, driven).helm.istiod;
  const file = double.write('mesh.yaml', [meshConfig, own]);
  const found = await clusterFindings(double.write('driven.yaml', prerequisiteObjects(plan, driven)), file);
  double.remove();
  expect(found).toEqual([]);
});

test('the values of cert-manager’s chart leave the issuer of the driver to the driver’s approver', () => {
  const { helm, ownApproval } = prerequisites(plan, driven);
  expect(helm['cert-manager']).toEqual({ approveSignerNames: APPROVED });
  expect(ownApproval).toEqual({ signerName: 'clusterissuers.cert-manager.io/pods' });
  expect(helm['csi-driver-spiffe']).toMatchObject({
    app: {
      issuer: { name: 'pods', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      approver: { signerName: 'clusterissuers.cert-manager.io/pods' },
    },
  });
});

test.each<[string, PrerequisiteOptions]>([
  ['no-egress-certificates', { egress: { image } }],
  ['no-driver-issuer', { egress: { image }, certificates: options.certificates }],
  [
    'driver-issuer',
    {
      ...driven,
      certificates: { ...driven.certificates, driverIssuer: { name: 'mesh', kind: 'Issuer' } },
    },
  ],
  [
    'driver-issuer',
    {
      ...driven,
      certificates: {
        ...options.certificates,
        issuer: { name: 'pods', kind: 'ClusterIssuer' },
        driverIssuer: { name: 'pods' },
      },
    },
  ],
])('%s: an egress gateway has a certificate by an issuer of its own', (code, given) => {
  expect(() => prerequisites(plan, given)).toThrow(expect.objectContaining({ code }));
});
