import type { WaypointOptions } from './waypoint-parameters.js';

/**
 * Who judges requests: Envoys beside the pods, or, where no pod has one, a waypoint for the namespace and ztunnel on each
 * node. See `docs/kubernetes/ambient.md`.
 */
export type MeshMode = 'sidecar' | 'ambient';

/** What the policy of a mesh has to know of the cluster, and no plan can: the pods, their ports, and who lets users in. */
export interface MeshAuthorizationOptions {
  /** @default 'sidecar' */
  readonly mode?: MeshMode;
  /** The revision or tag of istiod that runs the waypoint. @default the default revision */
  readonly revision?: string;
  /** How the waypoint runs. @default as Istio makes it: one pod */
  readonly waypoint?: WaypointOptions;
  /** Every service of the plan, by its name. */
  readonly services: Readonly<Record<string, MeshService>>;
  /**
   * The workload through which users and pipelines come: `anyone()`, `user()` and `pipeline()` of an allow mean that it
   * is the peer. @default the plan's gateway: the service account `gateway` in the plan's namespace
   */
  readonly ingressGateway?: MeshIngressGateway;
  /**
   * The gateway that `ingressObjects` makes, in place of one of yours. It asks the decision service about every request, and
   * tells it of the client's own connection.
   */
  readonly ingress?: MeshServiceAccount;
  /**
   * Who decides what Istio cannot be told: whatever carries a token, and the operations whose rules ask for one or have
   * a date. @default nobody: a policy that needs one is refused
   */
  readonly decisionService?: MeshDecisionService;
  /** The domain of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
  /**
   * The other namespaces whose Services workloads call, by their sidecars: whoever writes VirtualServices there steers those
   * calls. A sidecar heeds no other namespace. @default where names are answered: `kube-system`
   */
  readonly calledNamespaces?: readonly string[];
}

/** Pods of one service. They run as the service account of the service's name, in the plan's namespace. */
export interface MeshService {
  /** Labels that its pods have and no other pod of the namespace has. */
  readonly selector: Readonly<Record<string, string>>;
  /** The port that the application listens on in its pods; no rule opens another. */
  readonly port: number;
  /** The Kubernetes Service by which other workloads call it. @default the service's name */
  readonly serviceName?: string;
  /** The port of that Service, which a waypoint sees in place of the application's. @default 80 */
  readonly servicePort?: number;
}

export interface MeshServiceAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** The gateway of yours through which users come: an ingress gateway of Istio, for one. */
export interface MeshIngressGateway extends MeshServiceAccount {
  /**
   * Says that the gateway itself refuses what `sourceNetwork` and `senderConstrained` refuse: nothing that is emitted
   * makes it, and behind it they count as judged. Each rule that relies on it is a warning, after the date an error.
   * @default it does not: a rule for users with such a condition is the error `client-proof-unchecked`
   */
  readonly checksClientProofs?: ClientProofCheck;
}

export interface ClientProofCheck {
  /** How it checks them; not empty. */
  readonly reason: string;
  /** The first day on which this is no longer believed, as `YYYY-MM-DD` (UTC). */
  readonly until: string;
}

/** The decision service as a Deployment in the mesh, in the plan's namespace. */
export interface MeshDecisionService {
  /** Labels that its pods have and no other pod of the namespace has. */
  readonly selector: Readonly<Record<string, string>>;
  /** Its Kubernetes Service. */
  readonly serviceName: string;
  /** The port of that Service. */
  readonly servicePort: number;
  /** The port that it listens on in its pods. @default `servicePort` */
  readonly port?: number;
  /** @default `serviceName` */
  readonly serviceAccount?: string;
}
