import type { ConfigMap, Namespace, Role, RoleBinding, Service, ServiceAccount } from './core.js';
import type { Deployment, PodDisruptionBudget } from './workload.js';
import type { NetworkPolicy } from './networking.js';
import type {
  AuthorizationPolicy,
  DestinationRule,
  EnvoyFilter,
  PeerAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  VirtualService,
} from './istio.js';
import type { BackendTLSPolicy, Gateway, GRPCRoute, HTTPRoute, ReferenceGrant } from './gateway-api.js';
import type {
  BackendTrafficPolicy,
  ClientTrafficPolicy,
  EnvoyPatchPolicy,
  EnvoyProxy,
  HTTPRouteFilter,
  SecurityPolicy,
} from './envoy-gateway.js';
import type { Bundle, Certificate } from './cert-manager.js';
import type { PrometheusRule } from './monitoring.js';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from './admission.js';

/** Every object that is written is one of these, so that a field of another name does not compile. */
export type WrittenObject =
  | ConfigMap
  | Namespace
  | Role
  | RoleBinding
  | Service
  | ServiceAccount
  | Deployment
  | PodDisruptionBudget
  | NetworkPolicy
  | AuthorizationPolicy
  | DestinationRule
  | EnvoyFilter
  | PeerAuthentication
  | ServiceEntry
  | Sidecar
  | Telemetry
  | VirtualService
  | BackendTLSPolicy
  | Gateway
  | GRPCRoute
  | HTTPRoute
  | ReferenceGrant
  | BackendTrafficPolicy
  | ClientTrafficPolicy
  | EnvoyPatchPolicy
  | EnvoyProxy
  | HTTPRouteFilter
  | SecurityPolicy
  | Bundle
  | Certificate
  | PrometheusRule
  | ValidatingAdmissionPolicy
  | ValidatingAdmissionPolicyBinding;
