import { codedError } from '../coded-error.js';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from './kinds/index.js';
import type { ObjectMetadata } from './object.js';
import type { Labels } from './workloads.js';

/** Pods of a namespace: of the policy's own, or of another. */
export interface Pods {
  /** @default the policy's own namespace */
  readonly namespace?: string;
  /** @default every pod of that namespace */
  readonly selector?: Labels;
}

export type Port = number | { readonly port: number; readonly protocol: 'TCP' | 'UDP' };

/** Addresses in CIDR notation, and those in between that are not meant. */
export interface Network {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** Who may connect, or be connected to, on which ports. */
export interface Flow {
  /** Pods, or networks in CIDR notation. Never empty: an empty list would be everybody. */
  readonly peers: readonly (Pods | Network | string)[];
  /** TCP, if only a number. Never empty: an empty list would be every port. */
  readonly ports: readonly Port[];
}

/** A NetworkPolicy that lets exactly these flows through, of the pods that it selects. */
export function networkPolicy(
  metadata: Pick<ObjectMetadata, 'name' | 'namespace' | 'annotations'>,
  selector: Labels | undefined,
  { ingress, egress }: { readonly ingress?: readonly Flow[]; readonly egress?: readonly Flow[] },
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: selector === undefined ? {} : { matchLabels: selector },
      policyTypes: [...(ingress ? (['Ingress'] as const) : []), ...(egress ? (['Egress'] as const) : [])],
      ...(ingress &&
        ingress.length > 0 &&
        ({
          ingress: ingress.map(checked).map(({ peers, ports }) => ({ from: peers, ports })),
        } satisfies Partial<NetworkPolicySpec>)),
      ...(egress &&
        egress.length > 0 &&
        ({
          egress: egress.map(checked).map(({ peers, ports }) => ({ to: peers, ports })),
        } satisfies Partial<NetworkPolicySpec>)),
    },
  };
}

/** A flow in the API server's words. */
interface CheckedFlow {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

/** Throws `network-flow`: to the API server an empty list is everybody, or every port. */
function checked({ peers, ports }: Flow): CheckedFlow {
  if (peers.length === 0 || ports.length === 0) {
    throw codedError('network-flow', 'network', 'a flow without peers or ports would be open to all', {
      found: JSON.stringify({ peers, ports }),
      expected: 'at least one of each',
    });
  }
  return {
    peers: peers.map(peer),
    ports: ports.map((each) => (typeof each === 'number' ? { port: each, protocol: 'TCP' } : each)),
  };
}

function peer(given: Pods | Network | string): NetworkPolicyPeer {
  if (typeof given === 'string') return { ipBlock: { cidr: given } };
  if ('cidr' in given) return { ipBlock: given };
  const { namespace, selector } = given;
  return {
    // The API server sets this label itself, on every namespace.
    ...(namespace !== undefined &&
      ({
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      } satisfies NetworkPolicyPeer)),
    // In a peer an absent podSelector is every pod of the namespaces; alone, it would be no peer.
    ...((selector !== undefined || namespace === undefined) &&
      ({
        podSelector: selector === undefined ? {} : { matchLabels: selector },
      } satisfies NetworkPolicyPeer)),
  };
}
