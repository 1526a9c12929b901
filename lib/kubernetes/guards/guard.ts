import type {
  NamedExpression,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from '../kinds/index.js';

/** What a guard looks at: kinds of one API group, and what is done with them. */
export interface Guarded {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
}

/**
 * A rule of a platform that the API server itself checks (ValidatingAdmissionPolicy). Expressions are CEL;
 * each must be true, else the message is the answer.
 */
export interface Guard {
  /** The file's name, too. */
  readonly id: string;
  /** What it is for, in a sentence for who meets it in the cluster. */
  readonly purpose: string;
  /** What to do instead, after each of its messages. */
  readonly remedy: string;
  readonly guarded: readonly Guarded[];
  /** What it leaves to another guard; an expression. @default nothing */
  readonly unless?: string;
  /** Whether it holds in every namespace. @default in the platform's own */
  readonly isClusterWide?: true;
  /** Named expressions, for the others as `variables.<name>`; each may use those before it. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
}

/** Where Kubernetes has what an object is for ("Well-Known Labels, Annotations and Taints"). */
const DESCRIPTION = 'kubernetes.io/description';

/**
 * The policy of a guard, and its binding to the one namespace, if it is not for all of them. Whatever cannot be evaluated is refused. Policies are of
 * the whole cluster, so their names carry the namespace, which has no dot.
 */
export function guardObjects(
  guard: Guard,
  namespace: string,
): readonly [ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding] {
  const metadata = { name: `${guard.id}.${namespace}.zero-trust-platform` };
  const conditions = matchConditions(guard);
  const variables = Object.entries(guard.variables ?? {}).map(([name, expression]) => ({ name, expression }));
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { ...metadata, annotations: { [DESCRIPTION]: guard.purpose } },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: guard.guarded.map(({ apiGroups, resources, operations }) => ({
            apiGroups,
            // Whatever version a request is made in, it is converted to one of these.
            apiVersions: ['*'],
            operations,
            resources,
          })),
        },
        ...(conditions.length > 0 &&
          ({ matchConditions: conditions } satisfies Partial<ValidatingAdmissionPolicySpec>)),
        ...(variables.length > 0 && ({ variables } satisfies Partial<ValidatingAdmissionPolicySpec>)),
        validations: guard.validations.map(({ expression, message }) => ({
          expression,
          message: `${guard.id}: ${message}; ${guard.remedy}`,
          reason: 'Forbidden',
        })),
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: ['Deny'],
        ...(!guard.isClusterWide &&
          ({
            // The API server sets this label itself, and no request changes it.
            matchResources: {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
            },
          } satisfies Partial<ValidatingAdmissionPolicyBindingSpec>)),
      },
    },
  ];
}

/** What must be true of a request that a guard looks at. */
export function matchConditions({ guarded, unless }: Guard): readonly NamedExpression[] {
  return [
    ...(guarded.includes(PODS) ? [{ name: 'changed', expression: `!(${IS_AS_JUDGED})` }] : []),
    ...(unless === undefined ? [] : [{ name: 'not-left-to-another', expression: `!(${unless})` }]),
  ];
}

/** The same guard, of the pods of one service account alone. */
export function onlyOf(account: string, guard: Guard): Guard {
  return { ...guard, unless: `!(${isAccount(account)})` };
}

/** The same guard, of the pods of every other service account. */
export function exceptOf(account: string, guard: Guard): Guard {
  return { ...guard, unless: isAccount(account) };
}

function isAccount(account: string): string {
  return `has(object.spec.serviceAccountName) && object.spec.serviceAccountName == ${literal(account)}`;
}

/** Pods when they are made or changed, and the containers that are added to running ones. */
export const PODS: Guarded = {
  apiGroups: [''],
  resources: ['pods', 'pods/ephemeralcontainers'],
  operations: ['CREATE', 'UPDATE'],
};

/**
 * An update of a pod that leaves all as it is by which it is judged: what remains is whose it is (`ownerReferences`) and who is told
 * before it goes (`finalizers`). No controller gets rid of a pod otherwise that a guard of today refuses: a Job whose pods
 * are older than the guards, or have the image of before, would never end.
 */
const IS_AS_JUDGED = [
  "request.operation == 'UPDATE'",
  "object.kind == 'Pod'",
  'object.spec == oldObject.spec',
  ...['labels', 'annotations'].map(
    (field) =>
      `(${optional(`object.metadata.${field}`, '{}')}) == (${optional(`oldObject.metadata.${field}`, '{}')})`,
  ),
].join(' && ');

/** Of a container `c`: no probe is a command. */
export const NO_COMMAND_PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe']
  .map((probe) => `(!has(c.${probe}) || !has(c.${probe}.exec))`)
  .join(' && ');

/**
 * Of a container `c`: the kubelet runs nothing in it but what it starts with. As it ends it may wait; every other hook and
 * a probe may be a command.
 */
export const RUNS_ONE_COMMAND = `(!has(c.lifecycle) || (!has(c.lifecycle.postStart) && (!has(c.lifecycle.preStop) || has(c.lifecycle.preStop.sleep)))) && ${NO_COMMAND_PROBES}`;

/** Of a pod: it finds names as the cluster says. By one that leads elsewhere it would meet somebody else. */
export const NAMES_OF_CLUSTER =
  '!has(object.spec.dnsConfig) && !has(object.spec.hostAliases) && ' +
  "(!has(object.spec.dnsPolicy) || object.spec.dnsPolicy == 'ClusterFirst')";

/** A kubelet asks. */
export const IS_KUBELET =
  "request.userInfo.username.startsWith('system:node:') && has(request.userInfo.groups) && " +
  "request.userInfo.groups.exists(group, group == 'system:nodes')";

/** The name of what the request is about. Its own is empty where a whole collection is deleted. */
export const NAME = "(request.operation == 'DELETE' ? oldObject.metadata.name : object.metadata.name)";

/** A text as a literal of CEL. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Texts as a list of CEL. */
export function literals(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}

/** A field of an object that may be absent, or what stands in for it. */
export function optional(field: string, otherwise: string): string {
  return `has(${field}) ? ${field} : ${otherwise}`;
}

/** `all` over the containers of every list that a pod has: a list that is absent has none. */
export function everyContainer(test: string): string {
  return ['containers', 'initContainers', 'ephemeralContainers']
    .map((list) => `(!has(object.spec.${list}) || object.spec.${list}.all(c, ${test}))`)
    .join(' && ');
}

/** A test of the image of every volume that is one: what is in it may be mounted over a program. One without a name is none. */
export function everyImageVolume(test: (image: string) => string): string {
  const image = 'v.image.reference';
  return `!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.image) || (has(${image}) && (${test(image)})))`;
}

/** Each label is in a map of labels. */
export function hasLabels(map: string, labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => {
      const label = literal(key);
      return `(${label} in ${map} && ${map}[${label}] == ${literal(value)})`;
    })
    .join(' && ');
}
