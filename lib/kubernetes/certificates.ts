import { isDeepStrictEqual } from 'node:util';
import { codedError } from '../coded-error.js';
import { excerpt } from '../diagnostic.js';
import { GATEWAY } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { ISTIO } from './istio.js';
import type { MeshServiceAccount } from './mesh-options.js';
import { checkedObjects, checkNameOf } from './names.js';
import type {
  Bundle,
  Certificate,
  CertificateKey,
  CertificateLife,
  ConfigMap,
  WrittenObject,
} from './kinds/index.js';
import type { KubernetesObject } from './object.js';
import { certificates, checkOptions } from './schemas/index.js';

/** An issuer of cert-manager, or of one of its extensions. */
export interface IssuerReference {
  readonly name: string;
  /** @default 'Issuer' for the mesh, 'ClusterIssuer' for the gateway and for csi-driver-spiffe */
  readonly kind?: string;
  /** @default 'cert-manager.io' */
  readonly group?: string;
}

/** Where a root certificate is kept as PEM, in the namespace of trust-manager's sources. */
export interface RootSource {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly key: string;
}

export interface CertificateOptions {
  /**
   * Signs every workload of the mesh, through istio-csr. It must sign URI names: no issuer of ACME does. An `Issuer` is in
   * `istio-system`. A `ClusterIssuer` signs any name for whoever may write a CertificateRequest in any namespace: with
   * cert-manager's chart, everybody with the role `edit`.
   */
  readonly issuer: IssuerReference;
  /**
   * The roots of that issuer, and of nobody else: whoever they signed is believed inside the mesh. While a root changes,
   * the old one and the new one.
   */
  readonly roots: readonly RootSource[];
  /**
   * Signs the egress gateway, through csi-driver-spiffe, whose approver judges whatever is asked of this issuer. So it is another
   * object than `issuer`, of the whole cluster; its key is one that `roots` believe. @default none: nothing may leave, or
   * the egress gateway has its certificate in another way
   */
  readonly driverIssuer?: IssuerReference;
  /** The namespace of istio-csr and of csi-driver-spiffe, whose accounts are those of their charts. @default 'cert-manager' */
  readonly namespace?: string;
  /** The account of cert-manager's controller. @default that of its chart: `cert-manager` in `cert-manager` */
  readonly certManager?: MeshServiceAccount;
  /** The account of trust-manager, which may write the mesh's roots. @default that of its chart: `trust-manager` in `cert-manager` */
  readonly trustManager?: MeshServiceAccount;
  /** The revision of `NamespaceOptions`. @default the default revision */
  readonly revision?: string;
  /**
   * Signs the gateway's certificate for the public hosts; a ClusterIssuer, which every namespace may ask, if its `kind` says nothing else.
   * @default the gateway has one that you bring
   */
  readonly gatewayIssuer?: IssuerReference;
  /** The namespace of the gateway's certificate. @default the plan's namespace */
  readonly gatewayNamespace?: string;
}

/** What istio-csr is told of the issuer (`app.runtimeIssuanceConfigMap`), and the bundle that it pins. */
export const ISTIO_CSR = {
  namespace: 'cert-manager',
  serviceAccount: 'cert-manager-istio-csr',
  issuer: 'zero-trust-issuer',
  roots: 'zero-trust-roots',
  rootsKey: 'root-cert.pem',
} as const;

/** Where the agents of the mesh have their certificates from, once istio-csr signs them. */
export function istioCsrAddress({
  namespace = ISTIO_CSR.namespace,
}: Partial<CertificateOptions> = {}): string {
  return `${ISTIO_CSR.serviceAccount}.${namespace}.svc:443`;
}

/** The account of cert-manager's controller, as its own chart makes it. */
export const CERT_MANAGER: MeshServiceAccount = { namespace: 'cert-manager', serviceAccount: 'cert-manager' };

/** The names that the chart of csi-driver-spiffe gives: of the driver's DaemonSet, and of the approver's Deployment, and their accounts. */
export const CSI_DRIVER_SPIFFE = {
  driver: 'cert-manager-csi-driver-spiffe',
  approver: 'cert-manager-csi-driver-spiffe-approver',
} as const;

/** The secret that the gateway's certificate is in. */
export const GATEWAY_CERTIFICATE = 'gateway-certificate';

const HOUR = 3600;

/**
 * What makes cert-manager, istio-csr and trust-manager the authority of the mesh: which issuer signs workloads, which
 * roots they believe, istiod's own certificate, and the gateway's. None of the three is installed by it.
 *
 * Throws `no-issuer`, `no-roots`, `driver-issuer`, and the errors of `checkedObjects`.
 */
export function certificateObjects(plan: Plan, options: CertificateOptions): readonly KubernetesObject[] {
  checkOptions(certificates, options);
  const { issuer, roots, namespace = ISTIO_CSR.namespace, gatewayIssuer } = options;
  const gatewayNamespace = options.gatewayNamespace ?? plan.namespace;
  checkIssuer('issuer', options);
  if (!roots?.length) {
    throw codedError('no-roots', 'roots', 'the mesh would believe whatever root its issuer happens to show', {
      expected: 'a Secret or ConfigMap with the root of the issuer',
      remedy: 'put the root certificate into one, in the namespace of trust-manager’s sources',
    });
  }
  driverReference(options);
  return checkedObjects<WrittenObject>([
    meshIssuer(issuer, namespace),
    rootBundle(roots, namespace),
    istiodCertificate(plan, options),
    ...(gatewayIssuer && plan.gateway.services.length > 0
      ? [gatewayCertificate(plan, gatewayIssuer, gatewayNamespace)]
      : []),
  ]);
}

/** Whoever writes JavaScript may leave it out. Throws `no-issuer`. */
export function checkIssuer(path: string, { issuer }: Partial<CertificateOptions>): void {
  if (issuer?.name) {
    checkNameOf('Issuer', `${path}.name`, issuer.name);
    return;
  }
  throw codedError('no-issuer', path, 'nobody would sign the workloads of the mesh', {
    found: issuer === undefined ? 'nothing' : excerpt(issuer),
    expected: 'the name of an issuer of cert-manager: { name }',
    remedy: 'name one that signs URI names: an `Issuer` in `istio-system`, or with its `kind` another',
  });
}

/**
 * The issuer of csi-driver-spiffe, if there is one. Throws `driver-issuer` if cert-manager would approve what is asked of it, or the
 * driver's approver would judge what istio-csr asks.
 */
export function driverReference({
  issuer,
  driverIssuer,
}: CertificateOptions): Required<IssuerReference> | undefined {
  if (!driverIssuer) return undefined;
  const found = reference(driverIssuer, 'ClusterIssuer');
  const isOfMesh = isDeepStrictEqual(found, reference(issuer, 'Issuer'));
  if (found.name && found.kind !== 'Issuer' && !isOfMesh) return found;
  throw codedError(
    'driver-issuer',
    'driverIssuer',
    'no issuer of its own approves the certificates of csi-driver-spiffe',
    {
      found: `${found.kind} ${found.name}`,
      expected: 'a ClusterIssuer, another than `issuer`',
      remedy: 'make a second one, by the same key or by one that `roots` believe',
    },
  );
}

/** How cert-manager calls an issuer of the whole cluster where it is asked who may approve (`signers`). */
export function signerName({ name, kind, group }: Required<IssuerReference>): string {
  return `${kind.toLowerCase()}s.${group}/${name}`;
}

function meshIssuer({ name, kind, group }: IssuerReference, namespace: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: ISTIO_CSR.issuer, namespace },
    data: {
      'issuer-name': name,
      'issuer-kind': kind ?? 'Issuer',
      'issuer-group': group ?? 'cert-manager.io',
    },
  };
}

/** A file that istio-csr mounts: it gives every namespace these roots, and not those that an issuer's answer names. */
function rootBundle(roots: readonly RootSource[], namespace: string): Bundle {
  return {
    apiVersion: 'trust.cert-manager.io/v1alpha1',
    kind: 'Bundle',
    metadata: { name: ISTIO_CSR.roots },
    spec: {
      sources: roots.map(({ kind, name, key }) =>
        kind === 'Secret' ? { secret: { name, key } } : { configMap: { name, key } },
      ),
      target: {
        configMap: { key: ISTIO_CSR.rootsKey },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      },
    },
  };
}

/** As istio-csr's chart would make it, if `app.tls.istiodCertificateEnable` were on; here its life is the plan's. */
function istiodCertificate(plan: Plan, { issuer, revision }: CertificateOptions): Certificate {
  const names = ['istiod', ...(revision === undefined ? [] : [`istiod-${revision}`])];
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'istiod', namespace: ISTIO.namespace },
    spec: {
      secretName: 'istiod-tls',
      commonName: `istiod.${ISTIO.namespace}.svc`,
      dnsNames: names.map((name) => `${name}.${ISTIO.namespace}.svc`),
      uris: [`spiffe://${plan.trustDomain}/ns/${ISTIO.namespace}/sa/istiod-service-account`],
      // cert-manager refuses less than an hour.
      ...life(Math.max(HOUR, plan.certificates.workload.lifetimeSeconds)),
      usages: ['digital signature', 'server auth', 'client auth'],
      ...KEY,
      issuerRef: reference(issuer, 'Issuer'),
    },
  };
}

function gatewayCertificate(plan: Plan, issuer: IssuerReference, namespace: string): Certificate {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: GATEWAY, namespace },
    spec: {
      secretName: GATEWAY_CERTIFICATE,
      dnsNames: plan.gateway.services.map((name) => plan.services[name]!.authority),
      ...life(plan.certificates.edge.lifetimeSeconds),
      usages: ['digital signature', 'server auth'],
      ...KEY,
      issuerRef: reference(issuer, 'ClusterIssuer'),
    },
  };
}

/** A new key with every certificate; old requests are not kept. */
export const KEY: CertificateKey = {
  privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
  revisionHistoryLimit: 1,
};

/** Renewed after two thirds of its life. */
export function life(seconds: number): CertificateLife {
  return { duration: `${seconds}s`, renewBefore: `${Math.floor(seconds / 3)}s` };
}

export function reference(
  { name, kind, group = 'cert-manager.io' }: IssuerReference,
  usual: string,
): Required<IssuerReference> {
  return { name, kind: kind ?? usual, group };
}
