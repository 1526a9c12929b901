import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import {
  allowedDomainsOf,
  DnsFirewall,
  type DnsFirewallProps,
  NetworkFirewall,
  outsideHostsOf,
} from '../egress/index.js';
import type { Mesh } from '../mesh/index.js';
import { ConstructError } from '../support/error.js';
import { acceptWeakening } from '../support/weakening.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import { FIREWALL_SUBNETS } from './network.js';
import type { ZeroTrustPlatformProps } from './props.js';

/** Throws for egress props that nothing could be made from, before anything is. */
export function checkEgress(scope: Construct, plan: Plan, { vpc, egress }: ZeroTrustPlatformProps): void {
  if (egress === undefined) return;
  if (!plan.egress) {
    throw new ConstructError(scope, {
      code: 'no-egress',
      message: 'the model has no way out, and nothing may leave',
      prop: 'egress',
      remedy: 'Give the model egress rules, or remove the prop.',
    });
  }
  if (egress.dnsFirewall && egress.withoutDnsFirewall) {
    throw new ConstructError(scope, {
      code: 'dns-firewall-twice',
      message: 'a DNS firewall is asked for and given up',
      prop: 'egress',
      found: 'dnsFirewall and withoutDnsFirewall',
      remedy: 'Remove one of the two.',
    });
  }
  if (vpc && egress.networkFirewall && !egress.networkFirewall.endpointSubnets) {
    throw new ConstructError(scope, {
      code: 'no-endpoint-subnets',
      message:
        'the endpoints of the firewall need subnets with nothing else in them, and the network is yours',
      prop: 'egress.networkFirewall.endpointSubnets',
      remedy: 'Name a subnet in each zone, without a route of its own.',
    });
  }
}

/**
 * The DNS firewall of a platform with ways out: in a network of its own unless that is given up, in a network of the user's
 * where it is asked for, because it judges everybody's look-ups there.
 */
export function platformDnsFirewall(
  platform: Construct,
  place: () => Construct,
  { vpc, egress = {} }: ZeroTrustPlatformProps,
  { mesh, ...logs }: Omit<DnsFirewallProps, 'vpc' | 'allowedDomains' | 'priority'> & { readonly mesh: Mesh },
): DnsFirewall | undefined {
  const { dnsFirewall, withoutDnsFirewall } = egress;
  if (withoutDnsFirewall) {
    acceptWeakening(platform, 'withoutDnsFirewall', withoutDnsFirewall);
    return undefined;
  }
  if (vpc && !dnsFirewall) {
    Annotations.of(platform).addInfoV2(
      `zero-trust-platform:no-dns-firewall:${platform.node.path}`,
      'The network is yours, so its look-ups are not judged: a taken task could carry data out in names. `egress: { dnsFirewall: {} }` judges those of everybody in it.',
    );
    return undefined;
  }
  const { allowedDomains = [], ...more } = dnsFirewall ?? {};
  return new DnsFirewall(place(), 'Firewall', {
    ...logs,
    ...more,
    vpc: mesh.vpc,
    allowedDomains: [...allowedDomainsOf(mesh), ...allowedDomains],
  });
}

/** The Network Firewall of a platform, if one is asked for. */
export function platformNetworkFirewall(
  place: () => Construct,
  { egress = {} }: ZeroTrustPlatformProps,
  { mesh, ...logs }: LogProps & { readonly mesh: Mesh },
): NetworkFirewall | undefined {
  const { networkFirewall } = egress;
  if (!networkFirewall) return undefined;
  const { allowedHosts = [], endpointSubnets, ...more } = networkFirewall;
  return new NetworkFirewall(place(), 'Firewall', {
    ...logs,
    ...more,
    vpc: mesh.vpc,
    endpointSubnets: endpointSubnets ?? { subnetGroupName: FIREWALL_SUBNETS },
    allowedHosts: [...outsideHostsOf(mesh), ...allowedHosts],
  });
}
