import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { matchConditions } from '../../lib/kubernetes/guards/guard.js';
import type { Guard } from '../../lib/kubernetes/guards/index.js';
import { celValue, evaluateCel } from './cel.js';
import type { GuardCase } from './guard-cases/index.js';

/** Of the resources of the cases. */
const PLURALS: Readonly<Record<string, string>> = {
  Binding: 'bindings',
  ConfigMap: 'configmaps',
  Pod: 'pods',
  Namespace: 'namespaces',
  AuthorizationPolicy: 'authorizationpolicies',
  PeerAuthentication: 'peerauthentications',
  EnvoyFilter: 'envoyfilters',
  NetworkPolicy: 'networkpolicies',
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
  Gateway: 'gateways',
  Certificate: 'certificates',
  CertificateRequest: 'certificaterequests',
  CiliumNetworkPolicy: 'ciliumnetworkpolicies',
  SecurityPolicy: 'securitypolicies',
  EnvoyPatchPolicy: 'envoypatchpolicies',
  Ingress: 'ingresses',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  TokenRequest: 'serviceaccounts',
  Endpoints: 'endpoints',
  EndpointSlice: 'endpointslices',
  HTTPRoute: 'httproutes',
  ReferenceGrant: 'referencegrants',
};

/** What is written as a part of another resource. A binding is one of its own, too. */
const OF: Readonly<Record<string, string>> = { binding: 'pods', token: 'serviceaccounts' };

/** What the API server answers: the messages of what is false, or cannot be evaluated. */
export function answers(guard: Guard, given: GuardCase): string[] {
  const { operation = 'CREATE', user = 'somebody', groups = [], extra, subresource } = given;
  const { name = '', generateName = '' } = given.object.metadata as { name?: string; generateName?: string };
  const part = subresource && OF[subresource];
  // The API server makes up a name, and completes a pod, before it asks a policy.
  const object = completed({
    ...given.object,
    metadata: { ...given.object.metadata, name: name || `${generateName}x1y2z` },
  });
  const [group = ''] = object.apiVersion.includes('/') && !part ? object.apiVersion.split('/') : [];
  const plural = part ?? PLURALS[object.kind]!;
  const resource = [plural, ...(subresource ? [subresource] : [])].join('/');
  const isGuarded = guard.guarded.some(
    ({ apiGroups, resources, operations }) =>
      apiGroups.includes(group) && resources.includes(resource) && operations.includes(operation),
  );
  if (!isGuarded) return [];
  const known = {
    // A request that deletes brings no object.
    object: operation === 'DELETE' ? null : celValue(object),
    oldObject: operation === 'CREATE' ? null : celValue(completed(given.before ?? object)),
    request: {
      operation,
      name: given.isOfAll ? '' : name,
      namespace: object.metadata.namespace,
      userInfo: { username: user, groups, ...(extra && { extra }) },
    },
  };
  const isMatched = matchConditions(guard).every(({ expression }) => evaluateCel(expression, known) === true);
  if (!isMatched) return [];
  const variables: Record<string, unknown> = {};
  for (const [name, expression] of Object.entries(guard.variables ?? {})) {
    variables[name] = evaluateCel(expression, { ...known, variables });
  }
  return guard.validations.flatMap(({ expression, message }) =>
    evaluateCel(expression, { ...known, variables }) === true ? [] : [message],
  );
}

interface PodSpec {
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** A pod with what the API server adds to its volumes, if they do not say it. */
function completed(object: KubernetesObject): KubernetesObject {
  const { volumes, ...spec } = (object['spec'] ?? {}) as PodSpec;
  if (object.kind !== 'Pod' || volumes === undefined) return object;
  return { ...object, spec: { ...spec, volumes: volumes.map(withMode) } };
}

function withMode(volume: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const sources = ['configMap', 'downwardAPI', 'projected', 'secret'].filter((each) => volume[each]);
  const complete = sources.map((each) => [each, { defaultMode: 420, ...(volume[each] as object) }] as const);
  return { ...volume, ...Object.fromEntries(complete) };
}
