import ipaddr from 'ipaddr.js';
import { codedErrors } from '../coded-error.js';
import type { Diagnostic } from '../diagnostic.js';
import type { SharedService } from './shared-service.js';

/** What is no public address: RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291. NAT64 (`64:ff9b::/96`) leads to every one. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'];
const PRIVATE_IPV6 = ['fc00::/7', 'fe80::/10'];

/**
 * Public addresses of what a cluster shares, past the egress gateway and past every rule: the error `public-network`, and a warning
 * until the day that is named.
 */
export function publicNetworks(shared: readonly SharedService[] = [], now = new Date()): Diagnostic[] {
  return shared.flatMap(({ networks = [], publicUntil }, index): Diagnostic[] => {
    const found = networks.filter((network) => !isPrivate(network));
    if (found.length === 0) return [];
    const isAccepted = publicUntil !== undefined && isBefore(now, publicUntil);
    return [
      {
        code: 'public-network',
        severity: isAccepted ? 'warning' : 'error',
        path: `shared[${index}].networks`,
        message: 'these calls leave the cluster past the egress gateway, and no rule judges them',
        found: `${found.join(', ')}${publicUntil === undefined ? '' : ` until ${publicUntil}`}`,
        expected: `private addresses, in ${[...PRIVATE, ...PRIVATE_IPV6].join(', ')}`,
        remedy:
          'say in the model who may call this host (`egress`), or, if it can only be this address, accept it for a time: `publicUntil` with a date to come',
      },
    ];
  });
}

/** Throws `public-network` for those that are not accepted. */
export function checkPublicNetworks(shared: readonly SharedService[]): void {
  const refused = publicNetworks(shared).filter(({ severity }) => severity === 'error');
  if (refused.length > 0) throw codedErrors(refused);
}

function isPrivate(network: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(network);
  return (address.kind() === 'ipv4' ? PRIVATE : PRIVATE_IPV6).some((range) => {
    const [from, length] = ipaddr.parseCIDR(range);
    return bits >= length && address.match(from, length);
  });
}

/** What is no date ends nothing, and begins nothing. */
function isBefore(now: Date, day: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && now.getTime() < Date.parse(`${day}T00:00:00Z`);
}
