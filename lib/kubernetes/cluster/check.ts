import type { Diagnostic } from '../../diagnostic.js';
import type { KubernetesObject } from '../object.js';
import type { Prerequisites, Settings } from '../prerequisites.js';
import type { Labels } from '../workloads.js';
import { checkApproval, checkControllers } from './controllers.js';
import { checkForeignPolicies, type OwnPolicies } from './foreign-policies.js';
import { checkGatewayClass } from './gateway-class.js';
import { checkGuards } from './guards.js';
import { checkIssuers, type WantedIssuer } from './issuers.js';
import { checkMutation } from './mutation.js';
import { checkRootPolicies } from './root-policies.js';
import { selects } from './selector.js';
import { differences, present } from './settings.js';
import { checkVersion } from './version.js';

/** What is known of a cluster. What is absent was not looked at. */
export interface ClusterState {
  /** `1.36.3`, with whatever a vendor adds. */
  readonly kubernetes?: string;
  /** The tag of istiod's image, or the release that it says it is. */
  readonly istio?: string;
  readonly meshConfig?: Settings;
  /** The values that the sidecar injector has. */
  readonly injection?: Settings;
  /** The environment of istiod's container. */
  readonly istiodEnvironment?: Settings;
  /** The tag of Envoy Gateway's image. */
  readonly envoyGateway?: string;
  /** What Envoy Gateway is told (`EnvoyGateway`). */
  readonly envoyGatewayConfig?: Settings;
  /** The release of the definitions of the Gateway API. */
  readonly gatewayApi?: string;
  /** Every GatewayClass. */
  readonly gatewayClasses?: readonly KubernetesObject[];
  /** Every Issuer and ClusterIssuer of cert-manager. */
  readonly issuers?: readonly KubernetesObject[];
  /** ValidatingAdmissionPolicies and their bindings. */
  readonly guards?: readonly KubernetesObject[];
  /** Policies of the mesh's root namespace, of `ROOT_KINDS`. */
  readonly rootPolicies?: readonly KubernetesObject[];
  /** Policies where the manifests' alone are: `isClosed`. */
  readonly policies?: readonly KubernetesObject[];
  /** Who changes objects as they are made, of `MUTATING_KINDS`. */
  readonly mutation?: readonly KubernetesObject[];
  /** Deployments and DaemonSets of cert-manager and what goes with it. */
  readonly controllers?: readonly KubernetesObject[];
  /** The ClusterRoles of cert-manager. */
  readonly clusterRoles?: readonly KubernetesObject[];
  /** The labels of each pod of the platform's namespace. */
  readonly pods?: readonly Labels[];
  /** The labels of that namespace. */
  readonly namespaceLabels?: Labels;
}

/** What is held against a cluster. */
export interface WantedCluster extends OwnPolicies {
  readonly prerequisites: Prerequisites;
  /** By whom the manifests have something signed. */
  readonly issuers: readonly WantedIssuer[];
}

/** What is looked at; pods and the namespace are there for others. */
export type ClusterPart = Exclude<keyof ClusterState, 'pods' | 'namespaceLabels'>;

/**
 * Every way in which a cluster is not what the manifests rely on: `cluster-version`, `cluster-setting`, `cluster-unknown` for
 * what was not found, and the findings of `checkControllers`, `checkApproval`, `checkIssuers`, `checkGuards`, `checkRootPolicies`, `checkForeignPolicies` and `checkMutation`.
 */
export function checkCluster(
  wanted: WantedCluster,
  state: ClusterState,
  parts: readonly ClusterPart[] = partsOf(wanted),
): Diagnostic[] {
  const { prerequisites, namespace, guards, policies, issuers } = wanted;
  const { minimum, helm, forbidden, controllers = [], ownApproval } = prerequisites;
  const { meshConfig, global, pilot, gateways } = helm.istiod as Record<string, Settings | undefined>;
  const { env = {}, ...injected } = pilot ?? {};
  const { envoyGateway } = (helm['envoy-gateway']?.['config'] ?? {}) as Record<string, Settings | undefined>;
  const hasWaypoint = isRunningAmbient(env as Settings);
  const checks: Readonly<Record<ClusterPart, () => Diagnostic[]>> = {
    kubernetes: () => checkVersion('kubernetes', minimum.kubernetes, state.kubernetes!),
    istio: () => checkVersion('istio', minimum.istio, state.istio!),
    meshConfig: () => [
      ...differences('meshConfig', meshConfig ?? {}, state.meshConfig),
      ...present('meshConfig', forbidden?.meshConfig ?? [], state.meshConfig!),
    ],
    injection: () => differences('injection', { global, pilot: injected, gateways }, state.injection),
    istiodEnvironment: () => differences('istiod.env', env, state.istiodEnvironment),
    envoyGateway: () => checkVersion('envoyGateway', minimum.envoyGateway ?? '0.0', state.envoyGateway!),
    gatewayApi: () => checkVersion('gatewayApi', minimum.gatewayApi ?? '0.0', state.gatewayApi!),
    envoyGatewayConfig: () => [
      ...differences('envoyGateway', envoyGateway ?? {}, state.envoyGatewayConfig),
      ...enabled(forbidden?.envoyGatewayFlags ?? [], state.envoyGatewayConfig!),
    ],
    gatewayClasses: () =>
      prerequisites.gatewayClassName === undefined
        ? []
        : checkGatewayClass(prerequisites.gatewayClassName, state.gatewayClasses!, state.envoyGatewayConfig),
    controllers: () => checkControllers(controllers, state.controllers!),
    clusterRoles: () =>
      ownApproval ? checkApproval(ownApproval.signerName, state.clusterRoles!, state.controllers ?? []) : [],
    issuers: () => checkIssuers(issuers, state.issuers!),
    guards: () => checkGuards(guards, state.guards!),
    rootPolicies: () =>
      checkRootPolicies(state.rootPolicies!, {
        // Of pods that nobody told of, one may be selected.
        isSelected: (labels) => state.pods?.some((pod) => selects({ matchLabels: labels }, pod)) ?? true,
        hasWaypoint,
      }),
    // Where the manifests have none, they are not those of a platform.
    policies: () => (policies.length === 0 ? [] : checkForeignPolicies(policies, state.policies!)),
    mutation: () =>
      checkMutation(state.mutation!, state.namespaceLabels ?? { 'kubernetes.io/metadata.name': namespace }),
  };
  return parts.flatMap((part) => (state[part] === undefined ? [unknown(part)] : checks[part]()));
}

/** Everything that a cluster is asked for. */
function partsOf({ prerequisites, issuers }: WantedCluster): readonly ClusterPart[] {
  const { minimum, controllers, ownApproval } = prerequisites;
  return [
    'kubernetes',
    'istio',
    'meshConfig',
    'injection',
    'istiodEnvironment',
    ...(minimum.envoyGateway === undefined ? [] : INGRESS_PARTS),
    ...(controllers === undefined ? [] : ['controllers' as const]),
    ...(ownApproval === undefined ? [] : ['clusterRoles' as const]),
    ...(issuers.length > 0 ? ['issuers' as const] : []),
    'guards',
    'rootPolicies',
    'policies',
    'mutation',
  ];
}

/** What is asked besides for a gateway that is made. */
const INGRESS_PARTS: readonly ClusterPart[] = [
  'envoyGateway',
  'envoyGatewayConfig',
  'gatewayApi',
  'gatewayClasses',
];

function isRunningAmbient(environment: Settings): boolean {
  return environment['PILOT_ENABLE_AMBIENT'] === 'true';
}

/** Flags that are on, and must not be. */
function enabled(flags: readonly string[], { runtimeFlags }: Settings): Diagnostic[] {
  const { enabled: on } = (runtimeFlags ?? {}) as { readonly enabled?: readonly string[] };
  const named = Object.fromEntries((on ?? []).map((flag) => [flag, true]));
  return present('envoyGateway.runtimeFlags.enabled', flags, named);
}

function unknown(part: string): Diagnostic {
  return {
    code: 'cluster-unknown',
    severity: 'error',
    path: part,
    message: 'the cluster did not say what the manifests rely on',
    remedy: 'let whoever checks read what docs/kubernetes/prerequisites.md names, or name a file that has it',
  };
}
