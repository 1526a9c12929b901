/**
 * The subpath `zero-trust-platform/cdk8s`: the stack on Kubernetes by cdk8s, as one construct or part by part.
 *
 * @packageDocumentation
 */

import '../../lib/supported-node.js';

export * from './certificates.js';
export * from './decision-service.js';
export * from './egress.js';
export * from './guard.js';
export * from './ingress.js';
export * from './mesh.js';
export * from './namespace.js';
export * from './network.js';
export { ZeroTrustPlatform, type ZeroTrustPlatformProps } from './platform.js';
export * from './prerequisites.js';
export { Part, type PartProps } from './support/part.js';
export type { Weakening } from './support/weakening.js';
export * from './visibility.js';
/** What the mesh is without the constructs: its objects, its settings, and what the decision service is deployed with. */
export {
  authorizerFile,
  type AuthorizerData,
  type AuthorizerOptions,
  type Deferred,
  meshDecisionData,
} from '../../lambda/authorizer/data.js';
export { meshAuthorization, meshOptions, meshPolicy, meshSettings } from '../../lib/kubernetes/index.js';
export type {
  AlarmOptions,
  AllowedImages,
  ApiServer,
  CertificateOptions,
  ClientProofCheck,
  Controller,
  DecisionServiceObjectsOptions,
  DecisionServiceOptions,
  Deployers,
  EgressGatewayOptions,
  EgressObjectsOptions,
  GatewayOptions,
  GuardOptions,
  GatewayIngressOptions,
  IngressGatewayOptions,
  IngressOptions,
  IpFamily,
  IssuerReference,
  KubernetesObject,
  Labels,
  MeshAuthorizationOptions,
  MeshDecisionService,
  MeshIngressGateway,
  MeshMode,
  MeshService,
  MeshServiceAccount,
  NameServers,
  NamespaceOptions,
  NetworkOptions,
  ObjectMetadata,
  OpenKind,
  OutsidePods,
  PrerequisiteOptions,
  Prerequisites,
  PrivateIssuer,
  Resources,
  RootSource,
  Settings,
  SharedService,
  VisibilityOptions,
  WaypointOptions,
  WorkloadOptions,
  WorkloadsOptions,
} from '../../lib/kubernetes/index.js';
