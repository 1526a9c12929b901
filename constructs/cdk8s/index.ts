/**
 * The subpath `zero-trust-platform/cdk8s`: the stack on Kubernetes by cdk8s, as one construct or part by part.
 *
 * @packageDocumentation
 */

export * from './certificates.js';
export * from './guard.js';
export * from './mesh.js';
export * from './namespace.js';
export * from './network.js';
export { ZeroTrustPlatform, type ZeroTrustPlatformProps } from './platform.js';
export * from './prerequisites.js';
export { Part, type PartProps } from './support/part.js';
export * from './visibility.js';
export type {
  AlarmOptions,
  AllowedImages,
  CertificateOptions,
  ClientProofCheck,
  Deployers,
  GatewayOptions,
  GuardOptions,
  IngressGatewayOptions,
  IssuerReference,
  KubernetesObject,
  Labels,
  MeshAuthorizationOptions,
  MeshDecisionService,
  MeshIngressGateway,
  MeshService,
  MeshServiceAccount,
  NamespaceOptions,
  NetworkOptions,
  ObjectMetadata,
  OpenKind,
  OutsidePods,
  PrerequisiteOptions,
  Prerequisites,
  RootSource,
  Settings,
  VisibilityOptions,
  WorkloadOptions,
  WorkloadsOptions,
} from '../../lib/kubernetes/index.js';
