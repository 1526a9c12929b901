import type { EnvoyGatewayRule } from '../../policy/compile/envoy-gateway/index.js';
import type { ObjectMetadata } from '../object.js';
import type { LocalReference } from './core.js';

/** `gateway.envoyproxy.io`: how the gateway's Envoys run. */
export type EnvoyProxy = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'EnvoyProxy';
  readonly metadata: ObjectMetadata;
  readonly spec: EnvoyProxySpec;
};

export interface EnvoyProxySpec {
  readonly routingType: 'Endpoint';
  readonly backendTLS: TlsRange & { readonly clientCertificateRef: LocalReference };
  readonly provider: {
    readonly type: 'Kubernetes';
    readonly kubernetes: {
      readonly envoyDeployment: {
        readonly replicas: number;
        readonly container?: { readonly image: string };
      };
      readonly envoyPDB?: { readonly minAvailable: number };
    };
  };
  readonly telemetry: { readonly accessLog: { readonly settings: readonly EnvoyAccessLog[] } };
}

export interface TlsRange {
  readonly minVersion: '1.3';
  readonly maxVersion: '1.3';
  readonly ecdhCurves: readonly string[];
}

export interface EnvoyAccessLog {
  readonly type: 'Route';
  /** Expressions of CEL. */
  readonly matches: readonly string[];
  readonly format: { readonly type: 'JSON'; readonly json: Readonly<Record<string, string>> };
  readonly sinks: readonly { readonly type: 'File'; readonly file: { readonly path: string } }[];
}

/** Clients' connections. */
export type ClientTrafficPolicy = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'ClientTrafficPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: ClientTrafficPolicySpec;
};

export interface ClientTrafficPolicySpec {
  readonly targetRefs: readonly LocalReference[];
  readonly tls: ClientTls;
  readonly path: { readonly escapedSlashesAction: 'KeepUnchanged'; readonly disableMergeSlashes: boolean };
  readonly headers: {
    readonly withUnderscoresAction: 'RejectRequest';
    readonly xForwardedClientCert: { readonly mode: 'Sanitize' };
    readonly requestID: 'Generate';
    readonly disableRateLimitHeaders: boolean;
    readonly earlyRequestHeaders: {
      readonly removeOnMatch: readonly { readonly type: 'RegularExpression'; readonly value: string }[];
    };
  };
  readonly clientIPDetection?: { readonly xForwardedFor: { readonly numTrustedHops: number } };
  readonly timeout: {
    readonly tcp: { readonly tlsHandshakeTimeout: string };
    readonly http: { readonly requestHeadersReceivedTimeout: string; readonly streamIdleTimeout: string };
  };
  readonly connection: {
    readonly bufferLimit: string;
    readonly connectionLimit: {
      readonly value: number;
      readonly maxConnectionDuration: string;
      readonly maxStreamDuration: string;
    };
  };
  readonly grpc: { readonly enableWeb: boolean };
  readonly http1: { readonly disableSafeMaxConnectionDuration: boolean };
  readonly http2: {
    readonly maxConcurrentStreams: number;
    readonly initialStreamWindowSize: string;
    readonly initialConnectionWindowSize: string;
    readonly onInvalidMessage: 'TerminateStream';
  };
}

export interface ClientTls extends TlsRange {
  readonly alpnProtocols: readonly string[];
  readonly clientValidation?: { readonly mode: 'Request' };
}

/** Who passes. */
export type SecurityPolicy = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'SecurityPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: SecurityPolicySpec;
};

export interface SecurityPolicySpec {
  readonly targetRefs: readonly LocalReference[];
  readonly extAuth?: ExternalAuthorization;
  /** The first rule that fits decides. */
  readonly authorization: { readonly defaultAction: 'Deny'; readonly rules?: readonly EnvoyGatewayRule[] };
}

export interface ExternalAuthorization {
  readonly failOpen: false;
  readonly statusOnError: number;
  readonly timeout: string;
  readonly headersToExtAuth: readonly string[];
  readonly http: {
    readonly backendRefs: readonly (LocalReference & {
      readonly namespace: string;
      readonly port: number;
    })[];
    readonly headersToBackend: readonly string[];
  };
}

/** What no other kind says. */
export type EnvoyPatchPolicy = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'EnvoyPatchPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly targetRef: LocalReference;
    readonly type: 'JSONPatch';
    readonly jsonPatches: readonly EnvoyJsonPatch[];
  };
};

export interface EnvoyJsonPatch {
  /** The type of the resource, and its name. */
  readonly type: string;
  readonly name: string;
  readonly operation: JsonPatchOperation;
}

/** What `jsonPath` finds, and the way on from there; the value is Envoy's own configuration. */
export interface JsonPatchOperation {
  readonly op: 'add';
  readonly jsonPath: string;
  readonly path?: string;
  readonly value: unknown;
}

/** Limits of one service. */
export type BackendTrafficPolicy = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'BackendTrafficPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: BackendTrafficPolicySpec;
};

export interface BackendTrafficPolicySpec {
  readonly targetRefs: readonly LocalReference[];
  readonly rateLimit: {
    readonly type: 'Local';
    readonly local: {
      readonly rules: readonly { readonly limit: { readonly requests: number; readonly unit: 'Second' } }[];
    };
  };
  readonly timeout?: { readonly http: { readonly requestTimeout: string } };
  readonly requestBuffer?: { readonly limit: string };
}

/** An answer without a service. */
export type HTTPRouteFilter = {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'HTTPRouteFilter';
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly directResponse: { readonly statusCode: number } };
};
