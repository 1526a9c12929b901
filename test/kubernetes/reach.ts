import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { isWithin } from '../../lib/policy/condition.js';

/** A pod, or an address: `outside` is some public one. */
export type End =
  | { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly name: string; readonly address: string };

const PUBLIC = '93.184.215.14';

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports: readonly { readonly port: number; readonly protocol: string }[];
}

interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

interface Spec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/**
 * Whether a connection passes both ends, as Kubernetes reads network policies: an end that some policy of a direction
 * selects takes only what one of them allows; policies add up.
 */
export function connects(
  policies: readonly KubernetesObject[],
  from: End,
  to: End,
  port: number,
  protocol = 'TCP',
): boolean {
  return (
    passes(policies, from, to, 'egress', port, protocol) &&
    passes(policies, to, from, 'ingress', port, protocol)
  );
}

function passes(
  policies: readonly KubernetesObject[],
  own: End,
  other: End,
  direction: 'ingress' | 'egress',
  port: number,
  protocol: string,
): boolean {
  if ('address' in own) return true;
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  const specs = policies
    .filter(({ metadata }) => metadata.namespace === own.namespace)
    .map(({ spec }) => spec as Spec)
    .filter(({ podSelector, policyTypes }) => selects(podSelector, own.labels) && policyTypes.includes(type));
  if (specs.length === 0) return true;
  return specs.some((spec) =>
    (spec[direction] ?? []).some(
      ({ from, to, ports }) =>
        ports.some((each) => each.port === port && each.protocol === protocol) &&
        (direction === 'ingress' ? from : to)!.some((peer) => isPeer(peer, other, own.namespace)),
    ),
  );
}

function isPeer({ namespaceSelector, podSelector, ipBlock }: Peer, end: End, namespace: string): boolean {
  if ('address' in end) {
    const address = end.address === 'outside' ? PUBLIC : end.address;
    return (
      ipBlock !== undefined && isWithin(address, [ipBlock.cidr]) && !isWithin(address, ipBlock.except ?? [])
    );
  }
  if (ipBlock) return false;
  const isThere = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
    : end.namespace === namespace;
  return isThere && (podSelector === undefined || selects(podSelector, end.labels));
}

function selects({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
