import type { Login } from './login.js';

/** The engine on which a service runs. */
export type Engine = 'local' | 'aws' | 'kubernetes' | 'google' | 'azure';

/** Which web pages of other origins may call a service from a browser (Fetch standard, CORS protocol). */
export interface Cors {
  /** Exact origins, such as `https://shop.example`. */
  readonly origins: readonly string[];
  /** @default the methods of the service's operations */
  readonly methods?: readonly string[];
  /** Request headers a page may set. @default ['authorization', 'content-type'] */
  readonly headers?: readonly string[];
  /** Seconds for which a browser keeps the answer. @default 600 */
  readonly maxAge?: number;
}

/** Beside the gateway and the sidecar, or beside the sidecar alone. */
export type DecisionServicePlace = 'everyPoint' | 'sidecar';

export interface Service {
  readonly protocol: 'http' | 'grpc' | 'tcp';
  /** The one public authority (host name). @default not reachable by users; an internal name */
  readonly host?: string;
  /** The audience that tokens for this service carry. @default `https://` and the service's authority */
  readonly audience?: string;
  /** @default no page of another origin may call the service */
  readonly cors?: Cors;
  /** Requests a second that one gateway or sidecar admits; of a TCP service, new connections. @default 1000 */
  readonly requestsPerSecond?: number;
  /** Of a TCP service: connections that are open to it at once; as many again wait, and others are closed. @default 1000 */
  readonly maxConnections?: number;
  /** Of a TCP service: seconds without a byte after which a connection is closed. @default as long as it may live */
  readonly idleTimeoutSeconds?: number;
  /**
   * Where a decision service stands beside an Envoy of this service, and decides what that Envoy cannot be
   * told exactly. `sidecar`: only beside the sidecar, which every request crosses; the gateway hands on what it
   * cannot judge itself.
   *
   * @default nowhere: a model with a rule that an Envoy cannot be told is refused
   */
  readonly decisionService?: DecisionServicePlace;
  /** Reserved: a platform on several engines. Not supported yet: every service runs on the engine of the plan. */
  readonly runsOn?: Engine;
  /** Browsers sign in at the gateway and come with a session. @default callers bring a token themselves */
  readonly login?: Login;
  /**
   * How clients come to the gateway on AWS. `loadBalancer`: by an Application Load Balancer, past the authorizer; everything is
   * judged at the gateway, and again at the sidecar. Elsewhere there is one way, and this says nothing.
   *
   * @default on AWS a REST API that asks the authorizer; a service with `login` always has the load balancer
   */
  readonly edge?: 'loadBalancer';
  /** Reserved: WebSocket upgrades. Not supported yet. */
  readonly webSocket?: boolean;
}

type ServiceOptions = Omit<Service, 'protocol' | 'maxConnections' | 'idleTimeoutSeconds'>;
type TcpOptions = Pick<Service, 'requestsPerSecond' | 'maxConnections' | 'idleTimeoutSeconds' | 'runsOn'>;

/** A service that speaks HTTP/1.1. */
export function http(options: ServiceOptions = {}): Service {
  return { protocol: 'http', ...options };
}

/** A gRPC service (HTTP/2 end to end). */
export function grpc(options: ServiceOptions = {}): Service {
  return { protocol: 'grpc', ...options };
}

/**
 * A database, a queue or any other server of connections. Only workloads reach it, each by its certificate, and its
 * one operation is `connect()`: `allow(workload('orders')).to('ledger', connect())`.
 */
export function tcp(options: TcpOptions = {}): Service {
  return { protocol: 'tcp', ...options };
}
