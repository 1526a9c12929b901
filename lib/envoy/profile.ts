import type { Plan } from '../plan/plan.js';
import type { CompilePoint } from '../policy/compile/envoy/index.js';

/** What differs with the place that a point runs in. The rules it enforces never do. */
export interface PointProfile {
  /**
   * Who connects to the gateway's listener. `apiGateway`: one client alone, known by its pinned
   * certificate, over TLS 1.2 or 1.3; nobody else, a workload of the mesh neither. Services to which a load
   * balancer leads clients, browsers that sign in among them, have a listener of their own there.
   *
   * @default 'users'
   */
  readonly edge?: 'users' | 'apiGateway';
  /**
   * How a point reaches the issuers' key servers. `tunnel`: through the key tunnel, which carries bytes
   * that it cannot read; the point itself verifies the server as ever.
   *
   * @default 'direct'
   */
  readonly keys?: 'direct' | 'tunnel';
  /**
   * How a point reaches its decision service. `socket`: a UNIX socket in a folder of the point's own, which nobody
   * else in its network can open, or listen in place of.
   *
   * @default 'loopback'
   */
  readonly decision?: 'loopback' | 'socket';
  /**
   * Of the egress gateway, for a run on one machine: hosts outside that stand on it, and the one address
   * at which each is let through although it is no public one.
   *
   * @default none: an answer that is no public address is refused
   */
  readonly standIns?: Readonly<Record<string, string>>;
  /**
   * Of the egress gateway, in a mesh of Istio: its workloads call through sidecars of Istio's, which say to the next who
   * they are by headers of their own, and points of the plan reach the issuers' keys in another way.
   *
   * @default false
   */
  readonly behindIstio?: boolean;
}

/** Whether keys come through a tunnel: where there is one way out, they come by it too. */
export function tunnelsKeys({ egress }: Plan, { keys }: PointProfile): boolean {
  return keys === 'tunnel' || egress !== undefined;
}

/** The point that the policy of a plan is compiled for. */
export function compilePoint(
  { policy }: Plan,
  kind: 'gateway' | 'sidecar',
  { edge }: PointProfile = {},
  asksDecisions = false,
): CompilePoint {
  const behindEdge = kind === 'gateway' && edge === 'apiGateway';
  return { kind, policy, ...(behindEdge && { behindEdge }), ...(asksDecisions && { asksDecisions }) };
}
