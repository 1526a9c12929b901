import { type Diagnostic, excerpt } from '../../diagnostic.js';
import { ISTIO } from '../istio.js';
import type { KubernetesObject } from '../object.js';
import type { Labels } from '../workloads.js';
import { type Selector, selects } from './selector.js';

/** Kinds by which something changes objects before they are judged, as kubectl names them. */
export const MUTATING_KINDS: Readonly<Record<string, string>> = {
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies.admissionregistration.k8s.io',
};

interface Match {
  readonly namespaceSelector?: Selector;
  readonly rules?: readonly Rule[];
  readonly resourceRules?: readonly Rule[];
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
}

interface Webhook extends Match {
  readonly name?: string;
  readonly clientConfig?: {
    readonly url?: string;
    readonly service?: { readonly namespace?: string; readonly name?: string };
  };
}

/**
 * Everybody besides Istio's injector who may change a pod of the namespace as it is made, or a policy there:
 * the warning `cluster-mutation`. The guards judge what is left in the end, but not everything of a pod.
 */
export function checkMutation(configurations: readonly KubernetesObject[], namespace: Labels): Diagnostic[] {
  return configurations.flatMap((configuration) => {
    const { kind, metadata } = configuration;
    const webhooks = (configuration['webhooks'] ?? []) as readonly Webhook[];
    const { matchConstraints } = (configuration['spec'] ?? {}) as { readonly matchConstraints?: Match };
    const path = `${kind} ${metadata.name}`;
    return [
      ...webhooks
        .filter((webhook) => !isInjector(webhook) && touches(webhook, namespace))
        .map((webhook) => finding(`${path}/${webhook.name}`, webhook.clientConfig)),
      ...(matchConstraints && touches(matchConstraints, namespace)
        ? [finding(path, matchConstraints.resourceRules)]
        : []),
    ];
  });
}

/** By whatever revision or tag it is called. */
function isInjector({ clientConfig }: Webhook): boolean {
  const { namespace, name = '' } = clientConfig?.service ?? {};
  return namespace === ISTIO.namespace && /^istiod(-|$)/.test(name);
}

function touches(match: Match, namespace: Labels): boolean {
  const { namespaceSelector = {}, rules = match.resourceRules ?? [] } = match;
  return selects(namespaceSelector, namespace) && rules.some(isOfOurs);
}

/** Of Istio and of Envoy Gateway every kind is a policy or a route. */
function isOfOurs({ apiGroups = [], resources = [] }: Rule): boolean {
  return apiGroups.some((group) =>
    group === '' || group === '*'
      ? resources.some((each) => ['*', '*/*', 'pods', 'pods/*'].includes(each))
      : /(^|\.)(istio\.io|gateway\.networking\.k8s\.io|envoyproxy\.io)$/.test(group),
  );
}

function finding(path: string, found: unknown): Diagnostic {
  return {
    code: 'cluster-mutation',
    severity: 'warning',
    path,
    message: 'it may change pods or policies of the platform as they are made',
    found: excerpt(found),
    expected: 'the injector of Istio alone',
    remedy:
      'leave the namespace out by its namespaceSelector, or hold whoever runs it for as strong as a deployer of the platform: guards do not compare arguments, mounts and variables',
  };
}
