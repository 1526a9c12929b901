import type { Template } from '../plan/refs.js';
import { extension } from './types.js';

/** The name of the one policy, which no rule's id can be. */
export const NOT_PUBLIC = '!not-public';

/**
 * What is not global unicast, by the registries of IANA (RFC 6890): this host and network, private,
 * shared, link-local with the clouds' metadata, protocol assignments, documentation, 6to4 relays,
 * benchmarking, multicast and reserved.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/** Of IPv6 only this is global unicast: no loopback, no local, no mapped address is in it. */
const GLOBAL_IPV6 = '2000::/3';
/** Inside it: protocol assignments with Teredo, documentation, and 6to4, which holds any IPv4 address. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** The same as networks, each with what is not public in it. */
export const PUBLIC_NETWORKS = [
  { cidr: '0.0.0.0/0', except: SPECIAL_IPV4 },
  { cidr: GLOBAL_IPV6, except: SPECIAL_IPV6 },
] as const;

/**
 * An upstream filter of a cluster, asked when a host is chosen and before a connection is opened: refuses
 * every address that is not public, so that whoever answers for a name outside cannot lead a call inside.
 * It says what is let through, so that what it does not know is refused. `except` is one address more.
 */
export function publicAddressFilter(except?: string): Template {
  const isPublic = anyOf([
    all([inRange('0.0.0.0/0'), not(anyOf(SPECIAL_IPV4.map(inRange)))]),
    all([inRange(GLOBAL_IPV6), not(anyOf(SPECIAL_IPV6.map(inRange)))]),
    ...(except === undefined ? [] : [inRange(`${except}/${except.includes(':') ? 128 : 32}`)]),
  ]);
  return {
    name: 'envoy.filters.http.upstream_rbac',
    typed_config: {
      '@type': extension('filters.http.rbac.v3.RBAC'),
      rules: {
        action: 'DENY',
        policies: { [NOT_PUBLIC]: { permissions: [not(isPublic)], principals: [{ any: true }] } },
      },
    },
  };
}

/** The last filter of every upstream chain. */
export function upstreamCodec(): Template {
  return {
    name: 'envoy.filters.http.upstream_codec',
    typed_config: { '@type': extension('filters.http.upstream_codec.v3.UpstreamCodec') },
  };
}

function inRange(range: string): Template {
  const [prefix = '', length] = range.split('/');
  return {
    matcher: {
      name: 'envoy.rbac.matchers.upstream_ip_port',
      typed_config: {
        '@type': extension('rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher'),
        upstream_ip: { address_prefix: prefix, prefix_len: Number(length) },
      },
    },
  };
}

function not(rule: Template): Template {
  return { not_rule: rule };
}

function all(rules: readonly Template[]): Template {
  return { and_rules: { rules } };
}

function anyOf(rules: readonly Template[]): Template {
  return { or_rules: { rules } };
}
