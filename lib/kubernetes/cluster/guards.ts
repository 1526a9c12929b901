import { type Diagnostic, excerpt } from '../../diagnostic.js';
import { canonicalJson } from '../../plan/json.js';
import type { KubernetesObject } from '../object.js';
import type { Settings } from '../prerequisites.js';
import { isEmpty, type Selector } from './selector.js';

const POLICY = 'ValidatingAdmissionPolicy';
const BINDING = 'ValidatingAdmissionPolicyBinding';

/** Kinds of guards, as kubectl names them. */
export const ADMISSION_KINDS: Readonly<Record<string, string>> = {
  [POLICY]: 'validatingadmissionpolicies.admissionregistration.k8s.io',
  [BINDING]: 'validatingadmissionpolicybindings.admissionregistration.k8s.io',
};

/** Whether an object of manifests is of a guard. */
export function isOfGuard({ kind, metadata }: KubernetesObject): boolean {
  return Object.hasOwn(ADMISSION_KINDS, kind) && metadata.name.endsWith('.zero-trust-platform');
}

/**
 * Every guard of the manifests that a cluster has not, or has otherwise: `guard-absent`, `guard-changed`, `guard-narrowed`.
 * One that the manifests themselves let pass is the warning `weakened`, and manifests without any `guards-unchecked`.
 */
export function checkGuards(
  wanted: readonly KubernetesObject[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  const policies = wanted.filter(({ kind }) => kind === POLICY);
  if (policies.length === 0) return [UNCHECKED];
  return policies.flatMap((policy) => {
    const { name } = policy.metadata;
    const same = found.find(({ kind, metadata }) => kind === POLICY && metadata.name === name);
    if (!same) return [absent(POLICY, name)];
    const bound = (objects: readonly KubernetesObject[]) =>
      objects.filter(({ kind, spec }) => kind === BINDING && (spec as Binding).policyName === name);
    return [
      ...changes(name, specOf(policy), specOf(same)),
      ...bindingFaults(name, bound(wanted), bound(found)),
    ];
  });
}

const UNCHECKED: Diagnostic = {
  code: 'guards-unchecked',
  severity: 'warning',
  path: POLICY,
  message: 'there is no guard in these manifests, so none was looked for',
  remedy: 'name the folder of all manifests once they are applied',
};

interface Binding {
  readonly policyName?: string;
  readonly validationActions?: readonly string[];
  readonly paramRef?: unknown;
  readonly matchResources?: {
    readonly namespaceSelector?: Selector;
    readonly objectSelector?: Selector;
    readonly resourceRules?: readonly unknown[];
    readonly excludeResourceRules?: readonly unknown[];
    readonly matchPolicy?: string;
  };
}

function bindingFaults(
  name: string,
  wanted: readonly KubernetesObject[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  const [own] = wanted;
  const spec = (own?.spec ?? {}) as Binding;
  const refuses = spec.validationActions?.includes('Deny') === true;
  const weakened: Diagnostic[] = refuses
    ? []
    : [
        {
          code: 'weakened',
          severity: 'warning',
          path: `${BINDING} ${name}`,
          message: 'the manifests themselves let pass what this guard is there to refuse',
          ...(own && { found: excerpt(spec.validationActions) }),
          expected: 'Deny',
        },
      ];
  if (!own) return weakened;
  if (found.length === 0) return [...weakened, absent(BINDING, name)];
  const faults = found.map((each) => narrowed(name, spec, each.spec as Binding));
  // One that binds it as ours does is enough, whatever others do besides.
  return [...weakened, ...(faults.some((fault) => fault === undefined) ? [] : [faults[0]!])];
}

/** How a binding lets something pass that the wanted one refuses. */
function narrowed(name: string, wanted: Binding, found: Binding): Diagnostic | undefined {
  const { validationActions: actions = [], paramRef, matchResources = {} } = found;
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules, matchPolicy } =
    matchResources;
  const fault = (field: string, value: unknown, expected: unknown): Diagnostic => ({
    code: 'guard-narrowed',
    severity: 'error',
    path: `${BINDING} ${name}.spec.${field}`,
    message: 'the guard is bound to less than the manifests say',
    found: excerpt(value),
    expected: typeof expected === 'string' ? expected : excerpt(expected),
    remedy: REMEDY,
  });
  const isStrict =
    actions.includes('Deny') || (wanted.validationActions ?? []).every((action) => actions.includes(action));
  if (!isStrict) return fault('validationActions', actions, wanted.validationActions);
  if (paramRef !== undefined) return fault('paramRef', paramRef, 'none');
  const own = wanted.matchResources?.namespaceSelector;
  if (!isEmpty(namespaceSelector) && canonicalJson(namespaceSelector) !== canonicalJson(own ?? {})) {
    return fault('matchResources.namespaceSelector', namespaceSelector, own ?? 'none');
  }
  if (!isEmpty(objectSelector)) return fault('matchResources.objectSelector', objectSelector, 'none');
  for (const [field, rules] of Object.entries({ resourceRules, excludeResourceRules })) {
    if (rules && rules.length > 0) return fault(`matchResources.${field}`, rules, 'none');
  }
  if (matchPolicy === 'Exact') return fault('matchResources.matchPolicy', matchPolicy, 'Equivalent');
  return undefined;
}

/** The fields in which a policy differs. */
function changes(name: string, wanted: Settings, found: Settings): Diagnostic[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].flatMap((field) => {
    if (canonicalJson(wanted[field] ?? null) === canonicalJson(found[field] ?? null)) return [];
    return [
      {
        code: 'guard-changed',
        severity: 'error',
        path: `${POLICY} ${name}.spec.${field}`,
        message: 'the guard is another one than the manifests have',
        found: found[field] === undefined ? 'nothing' : excerpt(found[field]),
        expected: wanted[field] === undefined ? 'nothing' : excerpt(wanted[field]),
        remedy: REMEDY,
      },
    ];
  });
}

/** A policy with what the API server adds to it (Kubernetes 1.36, `pkg/apis/admissionregistration/v1/defaults.go`). */
function specOf({ spec }: KubernetesObject): Settings {
  const { failurePolicy = 'Fail', matchConstraints = {}, ...rest } = spec as Settings;
  const { resourceRules = [], ...match } = matchConstraints as {
    readonly resourceRules?: readonly object[];
  };
  return {
    ...rest,
    failurePolicy,
    matchConstraints: {
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      ...match,
      resourceRules: resourceRules.map((rule) => ({ scope: '*', ...rule })),
    },
  };
}

function absent(kind: string, name: string): Diagnostic {
  return {
    code: 'guard-absent',
    severity: 'error',
    path: `${kind} ${name}`,
    message: 'the cluster does not have a guard of the manifests',
    expected: 'as the manifests have it',
    remedy: REMEDY,
  };
}

const REMEDY = 'apply the manifests of the guards, and let RBAC keep everybody else from them';
