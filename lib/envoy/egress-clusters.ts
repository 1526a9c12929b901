import type { DestinationNode, EgressNode, Plan } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { circuitBreakers, cluster, httpOptions, outsideCluster } from './clusters.js';
import { publicAddressFilter, upstreamCodec } from './egress-public-address.js';
import { destinationClient, meshClient } from './tls.js';

/** The egress gateway, as a workload reaches it: over mTLS and HTTP/2. */
export function egressCluster(plan: Plan, point: string, { key, spiffeId }: EgressNode): Template {
  return {
    ...cluster(key, `${key}/endpoint`),
    circuit_breakers: circuitBreakers(plan),
    transport_socket: meshClient(point, spiffeId),
    typed_extension_protocol_options: httpOptions({ http2_protocol_options: {} }, plan),
  };
}

/** A host outside: TLS begins here, and its certificate and name are verified here. */
export function destinationCluster(plan: Plan, { key, host }: DestinationNode, standIn?: string): Template {
  return {
    ...outsideCluster(key, `${key}/endpoint`),
    circuit_breakers: circuitBreakers(plan),
    transport_socket: destinationClient(ref(`${key}/ca/path`), host),
    typed_extension_protocol_options: httpOptions({ http_protocol_options: {} }, plan, {}, [
      publicAddressFilter(standIn),
      upstreamCodec(),
    ]),
  };
}
