import { codedError } from '../coded-error.js';
import type { Plan } from '../plan/plan.js';
import { checkLabels, checkNameOf } from './names.js';
import type { Flow } from './network-policy.js';
import { checkPort } from './port.js';
import type { Labels } from './workloads.js';

/**
 * What workloads call that is nobody's of the model: a queue or a collector that a cluster shares, the API server. No rule judges
 * these calls; whoever is called must.
 */
export interface SharedService {
  /** Services of the model that call it. */
  readonly callers: readonly string[];
  /** Why, in a sentence that an auditor understands. It is an annotation of the network policy of each caller. */
  readonly reason: string;
  /** The namespace of its Kubernetes Service; `default` for the API server. */
  readonly namespace: string;
  /** Labels of its pods, there. @default it has `networks` */
  readonly selector?: Labels;
  /** Addresses in CIDR notation of what has no pods, as the API server. @default it has pods */
  readonly networks?: readonly string[];
  /**
   * The first day on which public addresses among `networks` are refused, as `YYYY-MM-DD` (UTC): an API server that has no private
   * one. It is a warning until then. @default they are refused: what leaves, leaves by the model's `egress`
   */
  readonly publicUntil?: string;
  /** The ports on which it listens, not those of its Kubernetes Service. */
  readonly ports: readonly number[];
}

/** Where the reasons are seen in the cluster. */
export const SHARED = 'zero-trust-platform/shared';

/** Ways of a service to what the cluster shares. */
export function sharedFlows(caller: string, shared: readonly SharedService[] = []): Flow[] {
  return of(caller, shared).map(({ namespace, selector, networks, ports }) => ({
    peers: networks ?? [{ namespace, selector: selector! }],
    ports,
  }));
}

/** The reasons for them, as an annotation. */
export function sharedReasons(
  caller: string,
  shared: readonly SharedService[] = [],
): Readonly<Record<string, string>> | undefined {
  const reasons = of(caller, shared).map(({ namespace, reason }) => `${namespace}: ${reason}`);
  return reasons.length === 0 ? undefined : { [SHARED]: reasons.join('; ') };
}

/** Throws `no-callers`, `own-namespace`, `unknown-service`, `shared-without-reason`, `pod-selector`, `object-label`, `object-name` and `port`. */
export function checkShared(plan: Plan, shared: readonly SharedService[]): void {
  for (const [index, one] of shared.entries()) {
    const path = `shared[${index}]`;
    checkCallers(path, one.callers);
    // What has addresses alone may have its Kubernetes Service here.
    if (one.selector) checkOutside(plan, path, one.namespace);
    for (const caller of one.callers) {
      if (Object.hasOwn(plan.services, caller)) continue;
      throw codedError('unknown-service', `${path}.callers`, 'the platform has no such service', {
        found: caller,
        expected: Object.keys(plan.services).join(', '),
      });
    }
    if (one.reason.trim() === '') {
      throw codedError(
        'shared-without-reason',
        `${path}.reason`,
        'nobody says why no rule judges these calls',
        {
          expected: 'a sentence that an auditor understands',
        },
      );
    }
    checkNameOf('Namespace', `${path}.namespace`, one.namespace);
    const pods = Object.keys(one.selector ?? {}).length;
    if (pods > 0 === (one.networks !== undefined && one.networks.length > 0) || one.ports.length === 0) {
      throw codedError('pod-selector', path, 'it would be every pod, or every port', {
        found: JSON.stringify(one),
        expected: 'either labels of its pods or `networks`, and its ports',
      });
    }
    checkLabels(one.selector ?? {}, `${path}.selector`);
    for (const port of one.ports) checkPort(`${path}.ports`, port);
  }
}

/** Throws `no-callers`: nobody would come to it. */
export function checkCallers(path: string, callers: readonly string[]): void {
  if (callers.length > 0) return;
  throw codedError('no-callers', `${path}.callers`, 'nobody would call it', {
    expected: 'the services that call it, by their names',
    remedy: 'name them, or leave it out',
  });
}

/** Throws `own-namespace`: what is said of other namespaces alone would let a flow out that no rule has, and nobody lets in. */
export function checkOutside({ namespace: own }: Plan, path: string, namespace: string): void {
  if (namespace !== own) return;
  throw codedError('own-namespace', `${path}.namespace`, 'it is the platform’s own namespace', {
    found: namespace,
    expected: 'another namespace: here every pod is one of the model, and every flow one of its rules',
    remedy: 'declare it as a service of the model, with rules, or run it elsewhere',
  });
}

function of(caller: string, shared: readonly SharedService[]): SharedService[] {
  return shared.filter(({ callers }) => callers.includes(caller));
}
