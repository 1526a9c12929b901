import type { IstioRule } from '../../policy/compile/istio/index.js';
import type { ObjectMetadata } from '../object.js';
import type { LabelSelector, LocalReference } from './core.js';

/** Who is admitted: `security.istio.io`. */
export type AuthorizationPolicy = {
  readonly apiVersion: 'security.istio.io/v1';
  readonly kind: 'AuthorizationPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: AuthorizationPolicySpec;
};

/** Without an action it is ALLOW, and without a rule it allows nothing. */
export interface AuthorizationPolicySpec {
  readonly selector?: LabelSelector;
  readonly targetRefs?: readonly LocalReference[];
  readonly action?: 'ALLOW' | 'DENY' | 'CUSTOM';
  /** Of `CUSTOM`. */
  readonly provider?: { readonly name: string };
  readonly rules?: readonly IstioRule[];
}

export type PeerAuthentication = {
  readonly apiVersion: 'security.istio.io/v1';
  readonly kind: 'PeerAuthentication';
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly mtls: { readonly mode: 'STRICT' } };
};

/** What proxies are told besides: `networking.istio.io`. */
export type EnvoyFilter = {
  readonly apiVersion: 'networking.istio.io/v1alpha3';
  readonly kind: 'EnvoyFilter';
  readonly metadata: ObjectMetadata;
  readonly spec: EnvoyFilterSpec;
};

export interface EnvoyFilterSpec extends EnvoyFilterPlace {
  readonly configPatches: readonly EnvoyConfigPatch[];
}

/** Neither is every pod of the namespace. */
export interface EnvoyFilterPlace {
  readonly workloadSelector?: WorkloadSelector;
  readonly targetRefs?: readonly LocalReference[];
}

/** Istio's own is not `matchLabels`. */
export interface WorkloadSelector {
  readonly labels: Readonly<Record<string, string>>;
}

export interface EnvoyConfigPatch {
  readonly applyTo: 'NETWORK_FILTER' | 'HTTP_FILTER';
  readonly match: {
    readonly context: 'SIDECAR_INBOUND';
    readonly listener: {
      readonly name?: string;
      readonly filterChain: {
        readonly destinationPort?: number;
        readonly filter: { readonly name: string };
      };
    };
  };
  /** The value is Envoy's own configuration. */
  readonly patch: { readonly operation: 'MERGE' | 'INSERT_FIRST'; readonly value: unknown };
}

export type ServiceEntry = {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'ServiceEntry';
  readonly metadata: ObjectMetadata;
  readonly spec: ServiceEntrySpec;
};

export interface ServiceEntrySpec {
  readonly exportTo: readonly string[];
  readonly hosts: readonly string[];
  readonly location: 'MESH_EXTERNAL';
  readonly ports: readonly {
    readonly name: string;
    readonly number: number;
    readonly protocol: 'HTTP' | 'TLS';
  }[];
  readonly resolution: 'DNS';
  readonly endpoints?: readonly {
    readonly address: string;
    /** By the name of the port. */
    readonly ports: Readonly<Record<string, number>>;
  }[];
}

export type DestinationRule = {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'DestinationRule';
  readonly metadata: ObjectMetadata;
  readonly spec: DestinationRuleSpec;
};

export interface DestinationRuleSpec {
  readonly exportTo?: readonly string[];
  readonly host: string;
  readonly trafficPolicy: {
    readonly tls?: ClientTlsSettings;
    readonly portLevelSettings?: readonly {
      readonly port: { readonly number: number };
      readonly tls: ClientTlsSettings;
    }[];
  };
}

export interface ClientTlsSettings {
  readonly mode: 'ISTIO_MUTUAL';
  readonly sni?: string;
  readonly subjectAltNames: readonly string[];
}

export type VirtualService = {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'VirtualService';
  readonly metadata: ObjectMetadata;
  readonly spec: VirtualServiceSpec;
};

export interface VirtualServiceSpec {
  readonly exportTo: readonly string[];
  readonly hosts: readonly string[];
  readonly http: readonly HttpRoute[];
}

export interface HttpRoute {
  readonly name?: string;
  readonly route: readonly { readonly destination: { readonly host: string } }[];
  readonly rewrite: { readonly authority: string };
}

export type Sidecar = {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'Sidecar';
  readonly metadata: ObjectMetadata;
  readonly spec: SidecarSpec;
};

export interface SidecarSpec extends SidecarEgress {
  readonly workloadSelector?: WorkloadSelector;
  readonly ingress?: readonly {
    readonly port: { readonly name: string; readonly number: number; readonly protocol: 'HTTP' };
    readonly defaultEndpoint: string;
  }[];
  readonly inboundConnectionPool?: { readonly tcp: { readonly maxConnections: number } };
}

/** What a sidecar may call. */
export interface SidecarEgress {
  readonly egress: readonly { readonly hosts: readonly string[] }[];
  readonly outboundTrafficPolicy: { readonly mode: 'REGISTRY_ONLY' };
}

export type Telemetry = {
  readonly apiVersion: 'telemetry.istio.io/v1';
  readonly kind: 'Telemetry';
  readonly metadata: ObjectMetadata;
  readonly spec: TelemetrySpec;
};

export interface TelemetrySpec {
  readonly targetRefs?: readonly LocalReference[];
  readonly accessLogging: readonly {
    readonly match: { readonly mode: 'SERVER' };
    readonly providers: readonly { readonly name: string }[];
    readonly filter: { readonly expression: string };
  }[];
}
