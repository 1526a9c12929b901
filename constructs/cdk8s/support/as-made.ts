import { isDeepStrictEqual } from 'node:util';
import { ApiObject } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { excerpt } from '../../../lib/diagnostic.js';
import type { KubernetesObject, Labels } from '../../../lib/kubernetes/index.js';
import { canonicalJson } from '../../../lib/plan/json.js';
import { at, inWords } from './diagnostics.js';
import { WEAKENED, type Weakening, weakeningText } from './weakening.js';

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

/**
 * Labels and annotations by which Istio or the API server takes an object, or a namespace, or leaves it out, and those by
 * which what applies manifests (kubectl, kustomize, Flux, Argo CD, Helm, kapp, Config Sync) leaves an object out, takes it
 * away or writes another. `sync-wave` says when, and `helm.sh/chart` by which chart: neither does.
 */
const DECIDING =
  /^(istio-injection$|([a-z]+\.)*istio\.io\/|pod-security\.kubernetes\.io\/|([a-z]+\.)*config\.(kubernetes|k8s)\.io\/|([a-z]+\.)*fluxcd\.io\/|argocd\.argoproj\.io\/(?!sync-wave$)|helm\.sh\/(?!chart$)|kapp\.k14s\.io\/|([a-z]+\.)*configmanagement\.gke\.io\/|cli-utils\.sigs\.k8s\.io\/)/;

/**
 * An object of the platform. It is written as it was made, whatever patches, labels, annotations and resolvers say by
 * then: one that differs stops synthesis with `not-as-made`, unless it is weakened by name.
 */
export class AsMade extends ApiObject {
  readonly #made: KubernetesObject;
  private weakening: Weakening | undefined;

  constructor(scope: Construct, id: string, made: KubernetesObject, labels: Labels) {
    const { metadata, ...rest } = made;
    super(scope, id, {
      ...rest,
      metadata: {
        ...metadata,
        namespace: metadata.namespace!,
        labels: { ...labels, ...metadata.labels },
      },
    });
    this.#made = made;
  }

  /** `instanceof` takes any object of cdk8s for one: `ApiObject` says so of those that inherit from it. */
  static isAsMade(object: ApiObject): object is AsMade {
    return #made in object;
  }

  /** It may differ, or be taken out, from now on. */
  weaken(weakening: Weakening): void {
    this.weakening = weakening;
    this.metadata.addAnnotation(WEAKENED, weakeningText(weakening));
  }

  get isWeakened(): boolean {
    return this.weakening !== undefined;
  }

  /** Whether it is of the whole cluster, whatever namespace its chart has. */
  get isOfCluster(): boolean {
    return this.#made.metadata.namespace === undefined;
  }

  override toJson(): unknown {
    const written = super.toJson() as KubernetesObject;
    // cdk8s puts objects of the whole cluster into the namespace of their chart.
    if (this.#made.metadata.namespace === undefined) Reflect.deleteProperty(written.metadata, 'namespace');
    if (!this.isWeakened) {
      for (const difference of this.differences(written)) {
        at(this, () => {
          throw notAsMade(...difference);
        });
      }
    }
    return written;
  }

  /** Patches are one way to another object; resolvers of the App are another, and nobody is told of them. */
  private differences({ metadata: found, ...written }: KubernetesObject): [string, unknown, unknown][] {
    const { metadata, ...made } = this.#made;
    const { labels, annotations, ...own } = found;
    const { labels: madeLabels, annotations: madeAnnotations, ...expected } = metadata;
    const fields = FREE.has(this.#made.kind) ? [] : new Set([...Object.keys(made), ...Object.keys(written)]);
    const pairs: [place: string, found: unknown, expected: unknown][] = [
      ...[...new Set([...Object.keys(own), ...Object.keys(expected)])].map(
        (field): [string, unknown, unknown] => [
          `metadata.${field}`,
          (own as Fields)[field],
          (expected as Fields)[field],
        ],
      ),
      ['metadata.labels', deciding(labels), deciding(madeLabels)],
      ['metadata.annotations', deciding(annotations), deciding(madeAnnotations)],
      ...[...fields].map((field): [string, unknown, unknown] => [
        field,
        kept(written, field),
        kept(made, field),
      ]),
    ];
    return pairs.filter(
      // Of almost every object the two are equal, and the first way to see it takes a fraction of the time.
      ([, one, other]) => !isDeepStrictEqual(one, other) && canonicalJson(one) !== canonicalJson(other),
    );
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A field of an object without what is open. */
function kept(object: Fields, field: string): unknown {
  const value = object[field];
  return object['kind'] === 'Deployment' && field === 'spec' ? OPEN.reduce(without, value) : value;
}

/** Lists become records by it: it is for comparing alone. */
function without(value: unknown, [key, ...deeper]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return value;
  const inner = (value as Fields)[key];
  return { ...value, [key]: deeper.length === 0 ? undefined : without(inner, deeper) };
}

function deciding(labels: Labels = {}): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => DECIDING.test(name)));
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
