import { codedError } from '../../coded-error.js';
import { EGRESS } from '../../plan/names.js';
import type { EgressNode, Plan } from '../../plan/plan.js';
import type { CertificateOptions } from '../certificates.js';
import type { Resources } from '../kinds/index.js';
import { checkPods } from '../replicated-pods.js';

/** As Kubernetes calls them. */
export type IpFamily = 'IPv4' | 'IPv6';

/** The egress gateway: its pods are ours, in the plan's namespace, with the service account `egress`. */
export interface EgressGatewayOptions {
  /** The image of Envoy, as `name@sha256:…`: `envoyproxy/envoy`, distroless, of a release that is supported. */
  readonly image: string;
  /** Pods of the image; two or more. @default 2 */
  readonly replicas?: number;
  /** CPU and memory of each. @default a tenth of a CPU and 128 MiB, up to one CPU and 512 MiB */
  readonly resources?: Resources;
  /** By which addresses its pods are found: `IPv6` where the cluster's first family is. @default 'IPv4' */
  readonly ipFamily?: IpFamily;
  /**
   * Where its certificate comes from: a source of a volume, as Kubernetes writes it, with `tls.crt` (leaf first), `tls.key` and
   * `ca.crt`, the roots of the mesh alone. Files must be replaced as the kubelet replaces those of a Secret.
   * @default the CSI driver of cert-manager for SPIFFE IDs, `spiffe.csi.cert-manager.io`
   */
  readonly certificates?: Readonly<Record<string, unknown>>;
}

/** The port of its Kubernetes Service. */
export const EGRESS_SERVICE_PORT = 443;
/** Where it takes the connections of workloads. */
export const EGRESS_PORT = 8443;

/**
 * Throws `no-egress-certificates` where the driver of cert-manager would bring the certificate, and it is not cert-manager
 * that signs for the mesh, and `no-driver-issuer` where it has no issuer of its own.
 */
export function requireCertificates(
  { egress: node }: Plan,
  options: EgressGatewayOptions | undefined,
  certificates: CertificateOptions | undefined,
): void {
  if (!node || !options || options.certificates || certificates?.driverIssuer) return;
  if (certificates) {
    throw codedError('no-driver-issuer', 'certificates.driverIssuer', 'nobody signs for the egress gateway', {
      found: 'the issuer of the mesh alone, of which cert-manager approves whatever is asked',
      expected: 'a ClusterIssuer of its own for csi-driver-spiffe, whose approver judges each name',
      remedy: 'name it: `certificates: { driverIssuer: { name: "…" } }`, or `egress.certificates`',
    });
  }
  throw codedError('no-egress-certificates', 'egress.certificates', 'nobody signs for the egress gateway', {
    found: 'istiod signs for the mesh, and gives certificates to sidecars alone',
    expected: '`certificates` of the platform, or `egress.certificates`',
    remedy: 'let an issuer of cert-manager sign for the mesh, or name a volume with a certificate of its own',
  });
}

export interface EmittedEgress {
  readonly node: EgressNode;
  readonly options: EgressGatewayOptions;
}

/**
 * The egress gateway of a plan; none where nothing may leave. Throws `no-egress-gateway`, `image-digest` and
 * `too-few-replicas`.
 */
export function emittedEgress(
  { egress: node }: Plan,
  options: EgressGatewayOptions | undefined,
): EmittedEgress | undefined {
  if (!node) return undefined;
  if (!options) {
    throw codedError('no-egress-gateway', 'egress', 'the model has ways out, and nothing leads them', {
      found: Object.keys(node.destinations).join(', '),
      expected: 'the image of the egress gateway',
      remedy: 'name it: `egress: { image: "…@sha256:…" }`',
    });
  }
  const { image, replicas = 2 } = options;
  checkPods(EGRESS, { image, replicas }, 'while no pod answers, nothing leaves');
  return { node, options };
}
