import { type Diagnostic, excerpt } from '../../diagnostic.js';
import type { KubernetesObject } from '../object.js';
import type { Labels } from '../workloads.js';

/**
 * Kinds that hold for the whole mesh in its root namespace, as kubectl names them. A PeerAuthentication there is none of them:
 * Istio goes by that of the namespace, which is ours, and heeds no selector of one in the root namespace (Istio 1.31,
 * `ComposePeerAuthentication`). Nor does a Telemetry there turn off a log of ours, which comes later (`mergeLogs`).
 */
export const ROOT_KINDS: Readonly<Record<string, string>> = {
  AuthorizationPolicy: 'authorizationpolicies.security.istio.io',
  RequestAuthentication: 'requestauthentications.security.istio.io',
  EnvoyFilter: 'envoyfilters.networking.istio.io',
  WasmPlugin: 'wasmplugins.extensions.istio.io',
  TrafficExtension: 'trafficextensions.extensions.istio.io',
  Telemetry: 'telemetries.telemetry.istio.io',
};

interface Spec {
  readonly action?: string;
  readonly rules?: readonly unknown[];
  readonly metrics?: readonly { readonly overrides?: readonly unknown[] }[];
  readonly selector?: { readonly matchLabels?: Labels };
  readonly workloadSelector?: { readonly labels?: Labels };
  readonly targetRef?: TargetRef;
  readonly targetRefs?: readonly TargetRef[];
}

interface TargetRef {
  readonly kind?: string;
}

/** Whom a policy may reach. */
export interface Reached {
  /** Whether labels that pods must have select one of the platform's. */
  readonly isSelected: (labels: Labels) => boolean;
  /** Whether the platform has a waypoint. */
  readonly hasWaypoint: boolean;
}

/**
 * Every policy of the mesh's root namespace that reaches the platform's workloads, or its waypoint: `root-policy`. What it
 * opens or changes is an error; what it refuses besides, or keeps from the alarms, a warning.
 */
export function checkRootPolicies(policies: readonly KubernetesObject[], reached: Reached): Diagnostic[] {
  return policies.flatMap((policy): Diagnostic[] => {
    const { kind, metadata } = policy;
    const spec = (policy.spec ?? {}) as Spec;
    const effect = reaches(spec, reached) ? effectOf(kind, spec) : undefined;
    if (!effect) return [];
    const { severity, message, part } = effect;
    return [
      {
        code: 'root-policy',
        severity,
        path: `${kind} ${metadata.namespace}/${metadata.name}`,
        message,
        found: excerpt(part),
        expected: 'none that reaches the namespace of the platform',
        remedy:
          'move it to the namespaces that it is meant for, or let it select the pods that it is meant for',
      },
    ];
  });
}

interface Effect {
  readonly severity: Diagnostic['severity'];
  readonly message: string;
  readonly part: unknown;
}

function effectOf(kind: string, spec: Spec): Effect | undefined {
  const { action = 'ALLOW', rules = [], metrics = [] } = spec;
  const error = (message: string, part: unknown = spec): Effect => ({ severity: 'error', message, part });
  if (kind === 'AuthorizationPolicy') {
    // An ALLOW without rules admits nothing, and AUDIT refuses nothing.
    if (action === 'AUDIT' || (action === 'ALLOW' && rules.length === 0)) return undefined;
    if (action === 'DENY') {
      return { severity: 'warning', message: 'it refuses what the model may allow', part: rules };
    }
    return error(
      action === 'CUSTOM'
        ? 'somebody else is asked than the decision service'
        : 'it admits what no rule of the model does',
      rules,
    );
  }
  if (kind === 'Telemetry') {
    return metrics.some(({ overrides = [] }) => overrides.length > 0)
      ? { severity: 'warning', message: 'it changes the metrics that the alarms go by', part: metrics }
      : undefined;
  }
  if (kind === 'RequestAuthentication') return error('it says whose tokens are believed');
  return error('it changes the proxies of the platform');
}

/** A target in the root namespace is there; the class of all waypoints is everywhere. */
function reaches(spec: Spec, { isSelected, hasWaypoint }: Reached): boolean {
  const targets = spec.targetRefs ?? (spec.targetRef ? [spec.targetRef] : []);
  if (targets.length > 0) return hasWaypoint && targets.some(({ kind }) => kind === 'GatewayClass');
  const labels = spec.selector?.matchLabels ?? spec.workloadSelector?.labels ?? {};
  return Object.keys(labels).length === 0 || isSelected(labels);
}
