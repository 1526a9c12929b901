import type { Plan } from '../plan/plan.js';
import { certificateCharts, certificateControllers, type Controller } from './certificate-charts.js';
import {
  type CertificateOptions,
  checkIssuer,
  driverReference,
  istioCsrAddress,
  reference,
  signerName,
} from './certificates.js';
import { type DecisionServiceOptions, meshDecisionService } from './decision/options.js';
import { decisionLogProviders } from './decision-log.js';
import { type EgressGatewayOptions, requireCertificates } from './egress/index.js';
import type { IngressOptions } from './ingress/options.js';
import { ingressPlace } from './ingress/place.js';
import { checkedObjects } from './names.js';
import { decisionProvider } from './mesh-decision.js';
import { MESH_RUNTIME } from './mesh-settings.js';
import type { MeshMode } from './mesh-options.js';
import type { KubernetesObject } from './object.js';
import { checkOptions, prerequisites as schema } from './schemas/index.js';

/** Values of a Helm chart, or settings of a mesh: JSON. */
export type Settings = { readonly [name: string]: unknown };

/**
 * What the objects rely on, and whoever installs the cluster's own parts provides. Only what is named must be so; a
 * reader accepts every `1.x`.
 */
export interface Prerequisites {
  readonly version: string;
  /** The revision of the control plane; absent if it is the default one. */
  readonly revision?: string;
  /** The oldest releases, as `<major>.<minor>`. */
  readonly minimum: Readonly<Record<'kubernetes' | 'istio', string>> &
    Readonly<Partial<Record<'envoyGateway' | 'gatewayApi', string>>>;
  /**
   * Values of the charts `istiod` and, with certificates of cert-manager, `cert-manager-istio-csr`; of `cert-manager` and
   * `cert-manager-csi-driver-spiffe`, if the egress gateway has its certificate from there; of `gateway-helm`, for a gateway
   * that is made.
   */
  readonly helm: {
    readonly istiod: Settings;
    readonly 'istio-csr'?: Settings;
    readonly 'cert-manager'?: Settings;
    readonly 'csi-driver-spiffe'?: Settings;
    readonly 'envoy-gateway'?: Settings;
  };
  /** Where Envoy Gateway runs, for a gateway that is made. */
  readonly envoyGatewayNamespace?: string;
  /** The class of a gateway that is made. Absent in what was written before it was asked for. */
  readonly gatewayClassName?: string;
  /** What makes cert-manager the authority of the mesh, with certificates of cert-manager. */
  readonly controllers?: readonly Controller[];
  /** What cert-manager's own approver must not approve (`signers`), with csi-driver-spiffe. */
  readonly ownApproval?: { readonly signerName: string };
  /** Settings of the mesh (`MeshConfig`) that must be absent or empty. Absent in what was written before there were any. */
  readonly forbidden?: {
    readonly meshConfig: readonly string[];
    /** Of `runtimeFlags.enabled`. */
    readonly envoyGatewayFlags?: readonly string[];
  };
}

/**
 * Settings of the mesh by which somebody is believed, or a namespace is not seen, that no rule speaks of: other names for the
 * trust domain, roots besides its own, and namespaces that istiod leaves out.
 */
const FORBIDDEN = ['caCertificates', 'discoverySelectors', 'trustDomainAliases'] as const;

/** What the gateway's objects were tried with; an older Envoy Gateway has no expressions in an authorization. */
const INGRESS_MINIMUM = { envoyGateway: '1.9', gatewayApi: '1.6' } as const;
/** With it a listener has another name, and no patch finds it. */
const FORBIDDEN_FLAGS = ['XDSNameSchemeV2'] as const;
/** Without it nothing of an EnvoyPatchPolicy is done. */
const ENVOY_GATEWAY_VALUES: Settings = {
  config: { envoyGateway: { extensionApis: { enableEnvoyPatchPolicy: true } } },
};

export interface PrerequisiteOptions {
  /** Who judges requests, as in `WorkloadsOptions`. @default 'sidecar' */
  readonly mode?: MeshMode;
  /** @default the mesh has its certificates from istiod, or from wherever you say */
  readonly certificates?: CertificateOptions;
  /** The revision of `NamespaceOptions`. @default the default revision */
  readonly revision?: string;
  /** Of `GuardOptions`. @default any image with a digest */
  readonly proxyImage?: string;
  /** Of `WorkloadsOptions`. @default nothing may leave */
  readonly egress?: EgressGatewayOptions;
  /** The gateway that is made. @default none */
  readonly ingress?: IngressOptions;
  /** Of `WorkloadsOptions`: it has an entry of `extensionProviders`. @default nobody decides what Istio cannot be told */
  readonly decisionService?: DecisionServiceOptions;
  /** The domain of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** More entries of `extensionProviders`: yours, as Helm takes the last list whole. @default none */
  readonly extensionProviders?: readonly object[];
}

/** The name of the ConfigMap that carries them. */
export const PREREQUISITES = 'zero-trust-prerequisites';

/** What the objects of a plan rely on. Throws `no-issuer` and the errors of `requireCertificates` and `driverReference`. */
export function prerequisites(plan: Plan, options: PrerequisiteOptions = {}): Prerequisites {
  checkOptions(schema, options);
  const { certificates, egress, ingress, proxyImage, revision, extensionProviders = [], mode } = options;
  const { decisionService } = options;
  const isAmbient = mode === 'ambient';
  if (certificates) checkIssuer('certificates.issuer', certificates);
  requireCertificates(plan, egress, certificates);
  const driver =
    plan.egress && egress && !egress.certificates && certificates ? driverReference(certificates) : undefined;
  const authority = certificates && {
    certificates,
    driver,
    revision,
    isAmbient,
    others: [
      ...(certificates.gatewayIssuer ? [reference(certificates.gatewayIssuer, 'ClusterIssuer')] : []),
      ...(ingress ? [reference(ingress.issuer, 'Issuer')] : []),
    ],
  };
  const place = ingress && ingressPlace(plan, ingress);
  return {
    version: '1.0',
    ...(revision !== undefined && { revision }),
    // ValidatingAdmissionPolicy is stable from 1.30 on; what is emitted was tried with Istio 1.31.
    minimum: { kubernetes: '1.30', istio: '1.31', ...(ingress && INGRESS_MINIMUM) },
    helm: {
      istiod: {
        meshConfig: {
          trustDomain: plan.trustDomain,
          // What no object names cannot be called.
          outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
          // A path that has two spellings is refused, not rewritten and then judged.
          pathNormalization: { normalization: 'NONE' },
          defaultConfig: {
            runtimeValues: MESH_RUNTIME,
            // Without it an ingress gateway of Istio tunnels nothing, and so comes to no waypoint.
            ...(isAmbient && { proxyMetadata: { ISTIO_META_ENABLE_HBONE: 'true' } }),
          },
          extensionProviders: [
            ...decisionLogProviders(plan, mode),
            ...(decisionService
              ? [decisionProvider(plan, meshDecisionService(decisionService), options)]
              : []),
            ...extensionProviders,
          ],
        },
        // Without the CNI plugin each pod needs NET_ADMIN, which Pod Security `restricted` refuses.
        pilot: {
          cni: { enabled: true },
          ...((certificates || isAmbient) && {
            env: {
              ...(certificates && { ENABLE_CA_SERVER: 'false' }),
              ...(isAmbient && { PILOT_ENABLE_AMBIENT: 'true' }),
            },
          }),
        },
        // Without it Pod Security `restricted` refuses the waypoint's pods.
        ...(isAmbient && { gateways: { seccompProfile: { type: 'RuntimeDefault' } } }),
        global: {
          ...(certificates && { caAddress: istioCsrAddress(certificates) }),
          ...(proxyImage !== undefined && {
            proxy: { image: proxyImage },
            proxy_init: { image: proxyImage },
          }),
        },
      },
      ...(authority && certificateCharts(plan, authority)),
      ...(ingress && { 'envoy-gateway': ENVOY_GATEWAY_VALUES }),
    },
    ...(place && {
      envoyGatewayNamespace: place.podNamespace,
      gatewayClassName: place.gatewayClassName,
    }),
    ...(authority && { controllers: certificateControllers(plan, authority) }),
    ...(driver && { ownApproval: { signerName: signerName(driver) } }),
    forbidden: { meshConfig: FORBIDDEN, ...(ingress && { envoyGatewayFlags: FORBIDDEN_FLAGS }) },
  };
}

/** The same as an object of the platform's namespace, so that manifests and cluster carry what they rely on. */
export function prerequisiteObjects(
  plan: Plan,
  options: PrerequisiteOptions = {},
): readonly KubernetesObject[] {
  return checkedObjects([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: PREREQUISITES, namespace: plan.namespace },
      data: { 'prerequisites.json': `${JSON.stringify(prerequisites(plan, options), undefined, 2)}\n` },
    },
  ]);
}
