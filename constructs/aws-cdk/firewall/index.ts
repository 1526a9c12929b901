export type { FirewallTarget } from './association.js';
export type { FirewallRuleName } from './managed-groups.js';
export { OWASP, type OwaspRisk } from './owasp.js';
export type { AddressRate, CountFirst, OwnRule, WebFirewallProps } from './props.js';
export { type IWebFirewall, WebFirewall } from './web-firewall.js';
