import type { Diagnostic } from '../diagnostic.js';
import type { Operation } from '../model/access.js';
import type { TokenExchange } from '../model/identity.js';
import type { OptOut } from '../model/platform.js';
import type { Engine } from '../model/service.js';
import type { Policy } from '../policy/policy.js';
import type { RevocationDocument } from '../policy/revocation.js';
import type { Ref } from './refs.js';

/** A reader accepts every plan of its own major version. See `docs/plan.md`. */
export const PLAN_VERSION = '1.1';

/**
 * What a model comes to: everything that any engine renders, as frozen JSON with deterministic
 * bytes. Values that only a deployment knows are `{ ref }` nodes, here and in every artefact
 * compiled from the plan.
 */
export interface Plan {
  readonly version: string;
  /** The engine whose part of the platform this is. */
  readonly engine: Engine;
  readonly environment: string;
  /** The trust domain of this engine and environment. */
  readonly trustDomain: string;
  /** The namespace segment of every SPIFFE ID. */
  readonly namespace: string;
  readonly gateway: GatewayNode;
  readonly services: Readonly<Record<string, ServiceNode>>;
  /** The one way out; absent where nothing may leave. */
  readonly egress?: EgressNode;
  readonly issuers: Readonly<Record<string, IssuerNode>>;
  /** Data stores, by domain; absent where the model has none. */
  readonly data?: Readonly<Record<string, DataNode>>;
  /** The access policy that every point is compiled from. */
  readonly policy: Policy;
  /** Rules whose proof (the client's own connection) only one point can judge, and that point's key. */
  readonly proofCheckedAt: Readonly<Record<string, string>>;
  /** By the key of a point: what its Envoy leaves to somebody else, because it cannot be told it. Absent if nothing. */
  readonly delegations?: Readonly<Record<string, DelegationNode>>;
  /** By service: every way that a request can come to it, and how each point on it decides. */
  readonly ways: Readonly<Record<string, readonly Way[]>>;
  readonly certificates: CertificateProfiles;
  readonly connections: ConnectionLimits;
  readonly firewall: FirewallNode;
  readonly decisionLog: DecisionLogNode;
  readonly revocation: RevocationNode;
  /** Weakenings the model asks for by name, each with its reason and end. */
  readonly optOuts: readonly OptOut[];
  /** Warnings; a plan is never made from a model with an error. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A point of the plan: its key is stable, and names it in logs, metrics, files and logical IDs. */
interface PointNode {
  readonly key: string;
  readonly spiffeId: string;
}

export interface GatewayNode extends PointNode {
  readonly key: 'gateway';
  /** Services with a public host, by name. */
  readonly services: readonly string[];
  /** Whether clients are asked for a certificate: some rule wants a certificate-bound token. */
  readonly asksClientCertificate: boolean;
}

export interface ServiceNode {
  readonly key: string;
  readonly name: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  /** The one host name: public if users reach the service, else internal. */
  readonly authority: string;
  readonly public: boolean;
  /** Of its tokens; a TCP service takes none. */
  readonly audience: string;
  /** Of a TCP service, new connections. */
  readonly requestsPerSecond: number;
  /** How browsers sign in to it at the gateway; absent where they do not. */
  readonly login?: LoginNode;
  /** On AWS: clients come to the gateway by a load balancer. Absent where they come by a REST API, and for a service with `login`. */
  readonly edge?: 'loadBalancer';
  /** Of a TCP service. */
  readonly connections?: ServiceConnections;
  readonly sidecar: SidecarNode;
}

/** The client that the gateway is at a provider of people. Its secret, and what seals the sessions, are refs. */
export interface LoginNode {
  /** `services/<name>/login`: the prefix of its refs. */
  readonly key: string;
  /** The key of the issuer. */
  readonly issuer: string;
  readonly clientId: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Absent where a sign-out ends the session here alone. */
  readonly endSessionEndpoint?: string;
  /** The server of the token endpoint: the issuer's key, or that and `/token` where its keys are elsewhere. */
  readonly tokenServer: string;
  readonly scopes: readonly string[];
  /** RFC 8707; absent where the provider goes by scopes or by the client. */
  readonly resource?: string;
}

/** What a sidecar lets through to a TCP service. */
export interface ServiceConnections {
  /** Open at once; as many again wait for a place. */
  readonly max: number;
  /** Seconds without a byte after which one is closed. */
  readonly idleSeconds: number;
  /** Seconds after which one is closed, used or not: within `connections.bound` of the plan. */
  readonly maxSeconds: number;
}

export interface SidecarNode extends PointNode {
  /** Services that some rule lets this workload call, by name. */
  readonly upstreams: readonly string[];
  /** Hosts outside that some rule lets this workload call, through the egress gateway; absent if none. */
  readonly destinations?: readonly string[];
}

/** The gateway through which calls leave, and keys are fetched. */
export interface EgressNode extends PointNode {
  readonly key: 'egress';
  /** By host. */
  readonly destinations: Readonly<Record<string, DestinationNode>>;
  /** Who may call which destination: a policy whose services are the destinations. */
  readonly policy: Policy;
}

/** Data under one key. */
export interface DataNode {
  /** `data/<name>`. */
  readonly key: string;
  /** How it is to be handled; a tag of everything that keeps it. */
  readonly label: string;
  /** The services whose workloads may reach it, sorted. */
  readonly workloads: readonly string[];
}

/** A host outside, known by its name and its certificate. */
export interface DestinationNode {
  /** `egress/<host>`. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** What is in `Host`: with the port if that is not 443. */
  readonly authority: string;
  readonly requestsPerSecond: number;
}

export interface DelegationNode {
  /** Of the decision service beside the point: `gateway/decision`. */
  readonly key: string;
  readonly services: Readonly<
    Record<
      string,
      {
        /** Who decides: the decision service beside the point, or the sidecar behind it. */
        readonly to: 'decisionService' | 'sidecar';
        /** None: the decision service stands by, for more revocations than the point takes in. */
        readonly rules: readonly LeftOut[];
      }
    >
  >;
}

/** A rule that an Envoy cannot be told, and why. */
export interface LeftOut {
  readonly rule: string;
  /** Those of its operations that are left to somebody else, with all that routes like them. */
  readonly operations: readonly Operation[];
  readonly feature: string;
  readonly why: string;
}

export interface Way {
  /** `clients`, or the key of the service whose workload calls. */
  readonly from: string;
  /** In the order in which a request crosses them; the last always decides exactly. */
  readonly points: readonly WayPoint[];
}

export interface WayPoint {
  readonly point: string;
  /**
   * `exactly`: as the reference, by itself or `with` a decision service. `handsOn`: never more strictly than
   * the reference; some requests it leaves to the points behind it.
   */
  readonly decides: 'exactly' | 'handsOn';
  /** The key of the decision service that it asks. */
  readonly with?: string;
}

export interface IssuerNode {
  readonly key: string;
  readonly kind: 'user' | 'pipeline';
  readonly issuer: string;
  readonly jwksUri: string;
  /** Seconds after which every point fetches the keys again. */
  readonly keyRefreshSeconds: number;
  /** Of users: where the groups are in a token. */
  readonly groupsClaim?: readonly string[];
  /** Of users: how a workload that acts for one gets a token for the service it calls; absent if it cannot. */
  readonly exchange?: TokenExchange;
  /** Of pipelines: each by name, with the claims that tell it from every other. */
  readonly pipelines?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of users: the directory that the engine makes; absent for one that exists, and on this machine. */
  readonly directory?: DirectoryNode;
}

/** A directory of people whose ids are known only when it was made. */
export interface DirectoryNode {
  /** What the engine makes it as. */
  readonly name: string;
  /** Texts of the plan that stand for its values, each with the ref that takes its place in an artefact. */
  readonly standIns: Readonly<Record<string, Ref>>;
}

export interface CertificateProfile {
  readonly lifetimeSeconds: number;
  readonly keyUsage: readonly ('digitalSignature' | 'keyCertSign' | 'cRLSign')[];
  readonly extendedKeyUsage: readonly ('serverAuth' | 'clientAuth')[];
}

export interface CertificateProfiles {
  /** Self-signed; signs only issuing certificates. */
  readonly root: CertificateProfile;
  /** Signs leaves; path length 0. */
  readonly issuing: CertificateProfile;
  /** Exactly one URI SAN, the SPIFFE ID. */
  readonly workload: CertificateProfile;
  /** DNS SANs of the public hosts; no SPIFFE ID, never accepted inside the mesh. */
  readonly edge: CertificateProfile;
}

/** All in seconds. The first three together never exceed `bound`. */
export interface ConnectionLimits {
  /** By when a connection, stream or not, that an identity opened is gone after it was withdrawn. */
  readonly bound: number;
  readonly maxConnection: number;
  readonly drain: number;
  readonly maxStream: number;
}

export interface FirewallNode {
  readonly maxConnections: number;
  readonly maxBodyBytes: number;
  readonly requestTimeoutSeconds: number;
}

export interface DecisionLogNode {
  /** The version of the public log schema, `lib/plan/decision-log.schema.json`. */
  readonly version: 1;
  readonly decisions: 'all' | 'refused';
}

export interface RevocationNode {
  /** Entries that one point's routes take in; above it the service needs the decision service. */
  readonly maxEntries: number;
  /** Seconds within which every point knows of a new entry. */
  readonly withinSeconds: number;
  /** What held when the plan was made; points replace it by newer versions. */
  readonly document: RevocationDocument;
}
