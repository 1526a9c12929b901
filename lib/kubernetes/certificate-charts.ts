import type { Plan } from '../plan/plan.js';
import {
  CERT_MANAGER,
  type CertificateOptions,
  CSI_DRIVER_SPIFFE,
  type IssuerReference,
  ISTIO_CSR,
  reference,
  signerName,
} from './certificates.js';
import { ISTIO } from './istio.js';
import type { Settings } from './prerequisites.js';

/** A Deployment or DaemonSet of somebody else's that the objects rely on. */
export interface Controller {
  /** What it is called in findings. */
  readonly name: string;
  /** Absent if it may be anywhere. */
  readonly namespace?: string;
  readonly serviceAccount: string;
  /** The oldest release, as `<major>.<minor>`. */
  readonly minimum: string;
  /** Arguments without `--`, and what they must be; an empty text is none. */
  readonly arguments: Readonly<Record<string, string>>;
}

interface Options {
  readonly certificates: CertificateOptions;
  /** Of csi-driver-spiffe, if it is used. */
  readonly driver: Required<IssuerReference> | undefined;
  /** Issuers that are asked besides, and approved by cert-manager. */
  readonly others: readonly Required<IssuerReference>[];
  readonly revision: string | undefined;
  readonly isAmbient: boolean;
}

/** Where the charts mount the roots of the mesh, of whatever is beside istio-csr. */
const ROOTS_FILE = `/var/run/zero-trust/${ISTIO_CSR.rootsKey}`;
const ROOTS = {
  volumes: [{ name: 'roots', configMap: { name: ISTIO_CSR.roots } }],
  volumeMounts: [{ name: 'roots', mountPath: '/var/run/zero-trust', readOnly: true }],
};

/** Values of the charts that make cert-manager the authority of the mesh; it takes issuer and roots from `certificateObjects`. */
export function certificateCharts(plan: Plan, options: Options): Readonly<Record<string, Settings>> {
  const { driver, revision = 'default', isAmbient } = options;
  const life = `${plan.certificates.workload.lifetimeSeconds}s`;
  return {
    'istio-csr': {
      app: {
        runtimeIssuanceConfigMap: ISTIO_CSR.issuer,
        certmanager: { namespace: ISTIO.namespace },
        tls: { trustDomain: plan.trustDomain, rootCAFile: ROOTS_FILE, istiodCertificateEnable: false },
        server: {
          maxCertificateDuration: life,
          // ztunnel asks in the names of the pods of its node.
          ...(isAmbient && { caTrustedNodeAccounts: TRUSTED_NODES }),
        },
        istio: { revisions: [revision] },
      },
      ...ROOTS,
    },
    ...(driver && {
      'cert-manager': { approveSignerNames: approved(options) },
      'csi-driver-spiffe': {
        app: {
          trustDomain: plan.trustDomain,
          certificateRequestDuration: life,
          issuer: driver,
          approver: { signerName: signerName(driver) },
          driver: { sourceCABundle: ROOTS_FILE, ...ROOTS },
        },
      },
    }),
  };
}

const TRUSTED_NODES = `${ISTIO.namespace}/ztunnel`;

/** All that cert-manager approves by itself: the rest is somebody else's to say, and what the driver asks is the driver's approver's. */
function approved({ certificates, others }: Options): readonly string[] {
  const EVERY_ISSUER = 'issuers.cert-manager.io/*';
  const named = [reference(certificates.issuer, 'Issuer'), ...others]
    .map(signerName)
    .filter((name) => !name.startsWith('issuers.cert-manager.io/'));
  return [...new Set([EVERY_ISSUER, ...named])];
}

/** What runs by those values, as the charts' own arguments say it. */
export function certificateControllers(plan: Plan, options: Options): readonly Controller[] {
  const { certificates, driver, isAmbient } = options;
  const { namespace = ISTIO_CSR.namespace, certManager, trustManager } = certificates;
  const life = `${plan.certificates.workload.lifetimeSeconds}s`;
  const ofDriver = { 'trust-domain': plan.trustDomain, 'certificate-request-duration': life };
  return [
    // From 1.15 on its chart can leave an issuer to another approver.
    { name: 'cert-manager', ...CERT_MANAGER, ...certManager, minimum: '1.15', arguments: {} },
    {
      name: 'istio-csr',
      namespace,
      serviceAccount: ISTIO_CSR.serviceAccount,
      // The first that reads its issuer from a ConfigMap.
      minimum: '0.11',
      arguments: {
        'trust-domain': plan.trustDomain,
        'root-ca-file': ROOTS_FILE,
        'certificate-namespace': ISTIO.namespace,
        'max-client-certificate-duration': life,
        'runtime-issuance-config-map-name': ISTIO_CSR.issuer,
        ...(isAmbient && { 'ca-trusted-node-accounts': TRUSTED_NODES }),
      },
    },
    {
      name: 'trust-manager',
      serviceAccount: 'trust-manager',
      ...trustManager,
      minimum: '0.7',
      arguments: {},
    },
    ...(driver
      ? [
          {
            name: 'csi-driver-spiffe',
            namespace,
            serviceAccount: CSI_DRIVER_SPIFFE.driver,
            minimum: '0.8',
            arguments: {
              ...ofDriver,
              'issuer-name': driver.name,
              'issuer-kind': driver.kind,
              'issuer-group': driver.group,
              'source-ca-bundle': ROOTS_FILE,
              // A ConfigMap by which it would ask another issuer.
              'runtime-issuance-config-map-name': '',
            },
          },
          {
            name: 'csi-driver-spiffe-approver',
            namespace,
            serviceAccount: CSI_DRIVER_SPIFFE.approver,
            minimum: '0.8',
            // Newer releases may approve what is no SPIFFE ID as well.
            arguments: { ...ofDriver, 'auto-approve-non-spiffe': '' },
          },
        ]
      : []),
  ];
}
