export type { AlarmOptions } from './alarms.js';
export type { Controller } from './certificate-charts.js';
export {
  certificateObjects,
  type CertificateOptions,
  type IssuerReference,
  type RootSource,
} from './certificates.js';
export { clientProofs } from './client-proofs.js';
export {
  checkCluster,
  checkRootPolicies,
  type ClusterState,
  type Reached,
  ROOT_KINDS,
} from './cluster/index.js';
export { decisionServiceObjects, type DecisionServiceObjectsOptions } from './decision/objects.js';
export {
  type ApiServer,
  type DecisionServiceOptions,
  meshDecisionService,
  type PrivateIssuer,
} from './decision/options.js';
export { REVOCATIONS, REVOCATIONS_KEY } from './decision/revocations-map.js';
export {
  type EgressGatewayOptions,
  egressObjects,
  type EgressObjectsOptions,
  type IpFamily,
  requireCertificates,
} from './egress/index.js';
export type { SharedService } from './shared-service.js';
export type { WaypointOptions } from './waypoint-parameters.js';
export { type ForeignPlaces, type ForeignPlacesOptions, foreignPlaces } from './foreign-places.js';
export {
  type AllowedImages,
  type Deployers,
  guardPolicies,
  type GuardOptions,
  type OpenKind,
} from './guards/index.js';
export {
  type GatewayIngressOptions,
  ingressObjects,
  type IngressOptions,
  ingressPlace,
} from './ingress/index.js';
export { looseEnds } from './loose-ends.js';
export { meshAuthorization } from './mesh-authorization.js';
export { decisionProvider, decisionProviderName } from './mesh-decision.js';
export type {
  ClientProofCheck,
  MeshAuthorizationOptions,
  MeshDecisionService,
  MeshIngressGateway,
  MeshMode,
  MeshService,
  MeshServiceAccount,
} from './mesh-options.js';
export { meshPolicy } from './mesh-policy.js';
export { MESH_RUNTIME, meshSettings } from './mesh-settings.js';
export type { Resources } from './kinds/index.js';
export { checkedObjects, objectKey } from './names.js';
export { type NamespaceOptions, namespaceObjects } from './namespace.js';
export {
  DECISION,
  type NameServers,
  networkPolicies,
  type NetworkOptions,
  type OutsidePods,
} from './network.js';
export type { KubernetesObject, ObjectMetadata } from './object.js';
export {
  type PrerequisiteOptions,
  prerequisiteObjects,
  type Prerequisites,
  prerequisites,
  type Settings,
} from './prerequisites.js';
export { publicNetworks } from './public-networks.js';
export { NAMES_NAMESPACE } from './sidecar-scope.js';
export { visibilityObjects, type VisibilityOptions } from './visibility.js';
export {
  type GatewayOptions,
  type IngressGatewayOptions,
  type Labels,
  meshOptions,
  type WorkloadOptions,
  workloadsOf,
  type WorkloadsOptions,
} from './workloads.js';
