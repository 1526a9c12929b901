import { tunnelHosts, tunnelOf } from '../../../lib/envoy/index.js';
import { EGRESS, hasLoadBalancer, KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import { DIRECTORY_HOST } from '../../../lib/plan/stand-ins.js';
import { PORTS } from './ports.js';

/** Where the image has the public authorities, by which issuers are verified. */
const PUBLIC_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const LOOPBACK = '127.0.0.1';
const EVERY_ADDRESS = '0.0.0.0';

/** Values of the refs of a service's sidecar. `names` is the domain in which services find one another. */
export function sidecarRefs(plan: Plan, service: string, applicationPort: number, names: string): RefValues {
  const { key, sidecar } = plan.services[service]!;
  const values: Record<string, RefValues[string]> = {
    ...listen(sidecar.key, PORTS.inbound, LOOPBACK),
    ...place(`${key}/application`, LOOPBACK, applicationPort),
    ...issuerRefs(plan, names),
  };
  sidecar.upstreams.forEach((upstream, at) => {
    const name = `${sidecar.key}/outbound/${upstream}`;
    const port = outboundPort(at);
    Object.assign(values, place(name, LOOPBACK, port), { [`${name}/authority`]: `${LOOPBACK}:${port}` });
    Object.assign(values, peer(plan, upstream, names));
  });
  const { upstreams, destinations = [] } = sidecar;
  destinations.forEach((host, at) => {
    const name = `${sidecar.key}/egress/${host}`;
    const port = outboundPort(upstreams.length + at);
    Object.assign(values, place(name, LOOPBACK, port), { [`${name}/authority`]: `${LOOPBACK}:${port}` });
  });
  if (destinations.length > 0) {
    Object.assign(values, place(`${EGRESS}/endpoint`, `${EGRESS}.${names}`, PORTS.inbound));
  }
  return values;
}

/** Of the gateway; the hashes of API Gateway's certificates are known only at deployment. */
export function gatewayRefs(plan: Plan, names: string, client: { current: string; next: string }): RefValues {
  const { key, services } = plan.gateway;
  return {
    ...listen(key, PORTS.edge, EVERY_ADDRESS),
    ...(hasLoadBalancer(plan) && place(`${key}/browsers/listen`, EVERY_ADDRESS, PORTS.browsers)),
    [`${key}/client/current`]: client.current,
    [`${key}/client/next`]: client.next,
    ...issuerRefs(plan, names),
    ...merged(services.map((service) => peer(plan, service, names))),
  };
}

/** Of the key tunnel: the issuers' own hosts, those of directories by what stands for them in the plan. */
export function keyTunnelRefs(plan: Plan, hosts: ReadonlyMap<string, string>): RefValues {
  return { ...listen(KEY_TUNNEL, PORTS.tunnel, LOOPBACK), ...issuerExits(plan, hosts) };
}

/** Of the egress gateway: hosts outside, each by its own name and port, and those of the issuers. */
export function egressRefs(plan: Plan, hosts: ReadonlyMap<string, string>): RefValues {
  const { key, destinations } = plan.egress!;
  const exits = Object.values(destinations).map((to) => ({
    ...place(`${to.key}/endpoint`, to.host, to.port),
    [`${to.key}/ca/path`]: PUBLIC_AUTHORITIES,
  }));
  const hasIssuers = Object.keys(plan.issuers).length > 0;
  return {
    ...listen(key, PORTS.inbound, LOOPBACK),
    ...(hasIssuers && place(`${tunnelOf(plan).key}/listen`, EVERY_ADDRESS, PORTS.tunnel)),
    ...issuerExits(plan, hosts),
    ...merged(exits),
  };
}

function issuerExits(plan: Plan, hosts: ReadonlyMap<string, string>): RefValues {
  const exits = tunnelHosts(plan).map(({ key, url, isDirectory }) => {
    const { hostname, port } = new URL(url);
    const host = hosts.get(hostname) ?? hostname;
    return {
      ...place(`${key}/endpoint`, host, port === '' ? 443 : Number(port)),
      ...(isDirectory && { [DIRECTORY_HOST]: host }),
    };
  });
  return merged(exits);
}

/** Ports of every host outside that the egress gateway, or the key tunnel alone, leads to. */
export function outsidePorts(plan: Plan): ReadonlySet<number> {
  const keys = tunnelHosts(plan).map(({ url }) => Number(new URL(url).port || 443));
  return new Set([...keys, ...Object.values(plan.egress?.destinations ?? {}).map(({ port }) => port)]);
}

/** The loopback URL of each service that a workload may call; `tcp://` of a TCP service. */
export function upstreamUrls(plan: Plan, service: string): Record<string, string> {
  const { upstreams } = plan.services[service]!.sidecar;
  return Object.fromEntries(
    upstreams.map((upstream, at) => {
      const scheme = plan.services[upstream]!.protocol === 'tcp' ? 'tcp' : 'http';
      return [upstream, `${scheme}://${LOOPBACK}:${outboundPort(at)}`];
    }),
  );
}

/** The loopback URL of each host outside that a workload may call: behind those of its upstreams. */
export function destinationUrls(plan: Plan, service: string): Record<string, string> {
  const { upstreams, destinations = [] } = plan.services[service]!.sidecar;
  return Object.fromEntries(
    destinations.map((host, at) => [host, `http://${LOOPBACK}:${outboundPort(upstreams.length + at)}`]),
  );
}

function outboundPort(at: number): number {
  return PORTS.outbound + at;
}

function peer(plan: Plan, service: string, names: string): RefValues {
  return place(`${plan.services[service]!.key}/endpoint`, `${service}.${names}`, PORTS.inbound);
}

function issuerRefs(plan: Plan, names: string): RefValues {
  const issuers = Object.values(plan.issuers);
  if (issuers.length === 0) return {};
  const roots = issuers.map(({ key }) => [`${key}/ca/path`, PUBLIC_AUTHORITIES] as const);
  const tunnel = tunnelOf(plan);
  return {
    ...place(`${tunnel.key}/endpoint`, `${tunnel.point}.${names}`, PORTS.tunnel),
    ...Object.fromEntries(roots),
  };
}

function listen(point: string, port: number, ready: string): RefValues {
  return { ...place(`${point}/listen`, EVERY_ADDRESS, port), ...place(`${point}/ready`, ready, PORTS.ready) };
}

function place(name: string, address: string, port: number): RefValues {
  return { [`${name}/address`]: address, [`${name}/port`]: port };
}

function merged(maps: readonly RefValues[]): RefValues {
  return Object.fromEntries(maps.flatMap((map) => Object.entries(map)));
}
