import { type Diagnostic, excerpt } from '../../diagnostic.js';
import { CLOSED_KINDS, eachKind, type ForeignKind, GATEWAY_KINDS, routingKinds } from '../foreign-kinds.js';
import type { KubernetesObject } from '../object.js';
import { changedField } from './changed-field.js';

/** What manifests have of all that, and where they are. */
export interface OwnPolicies {
  /** The platform's own. */
  readonly namespace: string;
  /** Of the manifests, those that `isForeignKind`. */
  readonly policies: readonly KubernetesObject[];
  /** Of the manifests, those that `isOfGuard`. */
  readonly guards: readonly KubernetesObject[];
}

/** A namespace, and the kinds of which the manifests' own alone are there. */
export interface ClosedPlace {
  readonly namespace: string;
  readonly kinds: readonly ForeignKind[];
}

const KINDS = eachKind([...CLOSED_KINDS, ...routingKinds(), ...GATEWAY_KINDS]);
const OF_GATEWAY = eachKind(GATEWAY_KINDS);

/** Whether an object is of a kind of which others would open the platform. */
export function isForeignKind(object: KubernetesObject): boolean {
  return isOneOf(KINDS, object);
}

/**
 * Where the manifests' own alone are: as the guards say, which leave out the kinds that are opened. Where there is no guard, in the
 * platform's namespace, and wherever a gateway has its policies.
 */
export function closedPlaces({ namespace, policies, guards }: OwnPolicies): readonly ClosedPlace[] {
  const held = guards.flatMap(placeOf);
  const isHeld = (name: string) => held.some((each) => each.namespace === name);
  const others = policies
    .filter((each) => isOneOf(OF_GATEWAY, each))
    .map(({ metadata }) => metadata.namespace ?? '')
    .filter((name) => name !== namespace && !isHeld(name));
  return [
    ...(isHeld(namespace) ? [] : [{ namespace, kinds: eachKind(CLOSED_KINDS) }]),
    ...held,
    ...[...new Set(others)].map((name) => ({ namespace: name, kinds: OF_GATEWAY })),
  ];
}

/** Of the guard `foreign-policy` its namespace, and what it holds. */
function placeOf({ kind, metadata, spec }: KubernetesObject): ClosedPlace[] {
  const [, namespace] = /^foreign-policy\.([^.]+)\.zero-trust-platform$/.exec(metadata.name) ?? [];
  if (namespace === undefined || kind !== 'ValidatingAdmissionPolicy') return [];
  const { matchConstraints } = spec as {
    readonly matchConstraints: {
      readonly resourceRules: readonly {
        readonly apiGroups: readonly string[];
        readonly resources: readonly string[];
      }[];
    };
  };
  const isHeld = ({ group, resource }: ForeignKind) =>
    matchConstraints.resourceRules.some(
      ({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(resource),
    );
  return [{ namespace, kinds: KINDS.filter(isHeld) }];
}

/** Whether the manifests' own alone are where an object is. */
export function isClosed(own: OwnPolicies): (object: KubernetesObject) => boolean {
  const places = closedPlaces(own);
  return (object) =>
    places.some(({ namespace, kinds }) => namespace === object.metadata.namespace && isOneOf(kinds, object));
}

function isOneOf(kinds: readonly ForeignKind[], object: KubernetesObject): boolean {
  return kinds.some(({ kind, group }) => kind === object.kind && group === groupOf(object));
}

function groupOf({ apiVersion }: KubernetesObject): string {
  return apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
}

/**
 * Every policy of the platform's namespace, and of its gateway, that the manifests do not have, or have otherwise: it was there before the guards, or a
 * deployer let it in from elsewhere or changed it (`foreign-policy`, `policy-changed`).
 */
export function checkForeignPolicies(
  wanted: readonly KubernetesObject[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  const own = new Map(wanted.map((each) => [keyOf(each), each]));
  return found
    .filter((each) => !isShown(each))
    .flatMap((each): Diagnostic[] => {
      const path = `${each.kind} ${each.metadata.namespace}/${each.metadata.name}`;
      const same = own.get(keyOf(each));
      if (same) return changes(path, same, each);
      return [
        {
          code: 'foreign-policy',
          severity: 'error',
          path,
          message: 'the manifests do not have this policy, and it is where theirs alone are',
          found: excerpt(each['spec']),
          expected: 'the platform’s own alone',
          remedy:
            'take it away, or bring it into the app of the platform: mesh.weakenedBy(object, { reason, until })',
        },
      ];
    });
}

/** Calico shows Kubernetes’ own policies among its own as well. */
function isShown(object: KubernetesObject): boolean {
  return groupOf(object) === 'projectcalico.org' && object.metadata.name.startsWith('knp.default.');
}

/** The first field by which a policy is another one than the manifests have. */
function changes(path: string, wanted: KubernetesObject, found: KubernetesObject): Diagnostic[] {
  const changed = changedField(decidingParts(wanted), decidingParts(found));
  if (!changed) return [];
  return [
    {
      code: 'policy-changed',
      severity: 'error',
      path: `${path}.${changed.path}`,
      message: 'the policy is another one than the manifests have',
      found: changed.found === undefined ? 'nothing' : excerpt(changed.found),
      expected: changed.expected === undefined ? 'nothing' : excerpt(changed.expected),
      remedy: 'apply the manifests anew, and find out who changes it',
    },
  ];
}

/** What it says, and the labels and annotations by which Istio takes it otherwise, or not at all. */
function decidingParts({ metadata, spec = {} }: KubernetesObject): Readonly<Record<string, unknown>> {
  const ofIstio = (map: unknown) =>
    Object.fromEntries(Object.entries((map ?? {}) as object).filter(([key]) => key.includes('istio.io/')));
  return {
    spec,
    metadata: { labels: ofIstio(metadata.labels), annotations: ofIstio(metadata['annotations']) },
  };
}

function keyOf(object: KubernetesObject): string {
  const { kind, metadata } = object;
  return `${kind}.${groupOf(object)} ${metadata.namespace}/${metadata.name}`;
}
