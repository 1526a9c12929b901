import { ApiObject, type JsonPatch } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { excerpt } from '../../../lib/diagnostic.js';
import type { KubernetesObject, Labels } from '../../../lib/kubernetes/index.js';
import { canonicalJson } from '../../../lib/plan/json.js';
import { at, inWords } from './diagnostics.js';
import { type Weakening, weakeningText } from './weakening.js';

/** Kinds that nothing rests on: teams set thresholds, what else an account is for, and how pods are moved. */
const FREE: ReadonlySet<string> = new Set(['PodDisruptionBudget', 'PrometheusRule', 'ServiceAccount']);

/** Of a Deployment, where its pods run, how many and with how much: not what they are. */
const OPEN: readonly (readonly string[])[] = [
  ['replicas'],
  ['strategy'],
  ...[
    ['affinity'],
    ['containers', '0', 'resources'],
    ['imagePullSecrets'],
    ['nodeSelector'],
    ['priorityClassName'],
    ['tolerations'],
    ['topologySpreadConstraints'],
  ].map((path) => ['template', 'spec', ...path]),
];

/** Labels by which Istio or the API server takes an object, or a namespace, or leaves it out. */
const ENROLLING = /^(istio-injection$|istio\.io\/|pod-security\.kubernetes\.io\/)/;

/** Where a weakening is seen in the cluster. */
const WEAKENED = 'zero-trust-platform/weakened';

/**
 * An object of the platform. It is written as it was made, whatever patches and labels say by then: one that differs
 * stops synthesis with `not-as-made`, unless it is weakened by name.
 */
export class AsMade extends ApiObject {
  private isPatched = false;
  private weakening: Weakening | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly made: KubernetesObject,
    labels: Labels,
  ) {
    const { metadata, ...rest } = made;
    super(scope, id, {
      ...rest,
      metadata: {
        ...metadata,
        namespace: metadata.namespace!,
        labels: { ...labels, ...metadata.labels },
      },
    });
  }

  /** It may differ, or be taken out, from now on. */
  weaken(weakening: Weakening): void {
    this.weakening = weakening;
    this.metadata.addAnnotation(WEAKENED, weakeningText(weakening));
  }

  get isWeakened(): boolean {
    return this.weakening !== undefined;
  }

  override addJsonPatch(...operations: JsonPatch[]): void {
    this.isPatched = true;
    super.addJsonPatch(...operations);
  }

  override toJson(): unknown {
    const written = super.toJson() as KubernetesObject;
    // cdk8s puts objects of the whole cluster into the namespace of their chart.
    if (this.made.metadata.namespace === undefined) Reflect.deleteProperty(written.metadata, 'namespace');
    if (!this.isWeakened) {
      for (const difference of this.differences(written)) {
        at(this, () => {
          throw notAsMade(...difference);
        });
      }
    }
    return written;
  }

  private differences({ metadata: found, ...written }: KubernetesObject): [string, unknown, unknown][] {
    const { metadata, ...made } = this.made;
    const pairs: [place: string, found: unknown, expected: unknown][] = [
      ['metadata.name', found.name, metadata.name],
      ['metadata.namespace', found.namespace, metadata.namespace],
      ['metadata.labels', enrolling(found.labels), enrolling(metadata.labels)],
      ...(this.isPatched && !FREE.has(this.made.kind)
        ? [...new Set([...Object.keys(made), ...Object.keys(written)])].map(
            (field): [string, unknown, unknown] => [field, kept(written, field), kept(made, field)],
          )
        : []),
    ];
    return pairs.filter(([, one, other]) => canonicalJson(one) !== canonicalJson(other));
  }
}

/** A field of an object without what is open. */
function kept(object: Readonly<Record<string, unknown>>, field: string): unknown {
  const value = object[field];
  return object['kind'] === 'Deployment' && field === 'spec' ? OPEN.reduce(without, value) : value;
}

/** Lists become records by it: it is for comparing alone. */
function without(value: unknown, [key, ...deeper]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return value;
  const inner = (value as Readonly<Record<string, unknown>>)[key];
  return { ...value, [key]: deeper.length === 0 ? undefined : without(inner, deeper) };
}

function enrolling(labels: Labels = {}): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => ENROLLING.test(name)));
}

/** What is missing of a part's objects: `tryRemoveChild` leaves each the scope that it no longer is in. */
export function missing(part: IConstruct, objects: readonly AsMade[]): string[] {
  // Asked for every chart: the way up to the root is looked at once.
  const isThere = isInTree(part);
  return objects
    .filter(({ isWeakened, kind }) => !isWeakened && !FREE.has(kind))
    .filter((object) => !isThere || part.node.tryFindChild(object.node.id) !== object)
    .map(
      ({ kind, node }) => `not-as-made: ${inWords(notAsMade(node.path, 'nothing, it was removed', kind))}`,
    );
}

function isInTree({ node }: IConstruct): boolean {
  const { scope } = node;
  return scope === undefined || (scope.node.tryFindChild(node.id)?.node === node && isInTree(scope));
}

function notAsMade(place: string, found: unknown, expected: unknown) {
  return codedError('not-as-made', place, 'something changes what the protection rests on', {
    found: inText(found),
    expected: inText(expected),
    remedy:
      'take the change back, or weaken the object by name: part.weakened(kind, name, { reason, until })',
  });
}

function inText(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : excerpt(value);
}
