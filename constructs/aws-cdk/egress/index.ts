/** The one way out of a mesh, and what closes the others: names that may be looked up. */
export { allowedDomainsOf, outsideHostsOf } from './allowed-domains.js';
export { DnsFirewall, type DnsFirewallProps } from './dns-firewall.js';
export { EgressGateway } from './egress-gateway.js';
export { NetworkFirewall, type NetworkFirewallProps } from './network-firewall.js';
export type { EgressGatewayProps } from './props.js';
