import type { ObjectMetadata } from '../object.js';
import type { LabelSelector, LocalReference } from './core.js';

/** `gateway.networking.k8s.io`. */
export type Gateway = {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'Gateway';
  readonly metadata: ObjectMetadata;
  readonly spec: GatewaySpec;
};

export interface GatewaySpec {
  readonly gatewayClassName: string;
  readonly infrastructure?: { readonly parametersRef: LocalReference };
  readonly listeners: readonly GatewayListener[];
}

export interface GatewayListener {
  readonly name: string;
  readonly port: number;
  /** `HBONE` is Istio's. */
  readonly protocol: 'HTTPS' | 'HBONE';
  readonly tls?: { readonly mode: 'Terminate'; readonly certificateRefs: readonly LocalReference[] };
  readonly allowedRoutes: {
    readonly namespaces: { readonly from: 'Same' | 'Selector'; readonly selector?: LabelSelector };
  };
}

export type HTTPRoute = {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly metadata: ObjectMetadata;
  readonly spec: RoutePlace & { readonly rules: readonly HTTPRouteRule[] };
};

export type GRPCRoute = {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'GRPCRoute';
  readonly metadata: ObjectMetadata;
  readonly spec: RoutePlace & {
    readonly rules: readonly { readonly backendRefs: readonly BackendReference[] }[];
  };
};

/** Where requests come in, and by which names. @default any name */
export interface RoutePlace {
  readonly parentRefs: readonly ParentReference[];
  readonly hostnames?: readonly string[];
}

export interface ParentReference extends LocalReference {
  readonly namespace: string;
  /** The listener. */
  readonly sectionName: string;
}

export interface BackendReference extends LocalReference {
  readonly port: number;
  readonly weight: number;
}

export interface HTTPRouteRule {
  readonly matches: readonly HTTPRouteMatch[];
  readonly filters?: readonly HTTPRouteRuleFilter[];
  readonly backendRefs?: readonly BackendReference[];
  readonly timeouts?: { readonly request: string };
}

export interface HTTPRouteMatch {
  readonly path: { readonly type: 'PathPrefix'; readonly value: string };
  readonly headers?: readonly { readonly type: 'Exact'; readonly name: string; readonly value: string }[];
}

export type HTTPRouteRuleFilter =
  | { readonly type: 'ExtensionRef'; readonly extensionRef: LocalReference }
  | { readonly type: 'CORS'; readonly cors: HTTPCors };

export interface HTTPCors {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  /** Seconds. */
  readonly maxAge: number;
  readonly allowCredentials: boolean;
}

export type BackendTLSPolicy = {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'BackendTLSPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: BackendTLSPolicySpec;
};

export interface BackendTLSPolicySpec {
  readonly targetRefs: readonly LocalReference[];
  readonly validation: {
    readonly caCertificateRefs: readonly LocalReference[];
    readonly hostname: string;
    readonly subjectAltNames: readonly { readonly type: 'URI'; readonly uri: string }[];
  };
}

export type ReferenceGrant = {
  readonly apiVersion: 'gateway.networking.k8s.io/v1beta1';
  readonly kind: 'ReferenceGrant';
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to: readonly LocalReference[];
  };
};
