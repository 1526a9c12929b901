import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { excerpt } from '../../../lib/diagnostic.js';
import type { KubernetesObject, Labels } from '../../../lib/kubernetes/index.js';
import { sameJson } from '../../../lib/plan/json.js';
import { at, inWords } from './diagnostics.js';
import { DECIDING, keptSpec } from './open-fields.js';
import { WEAKENED, type Weakening, weakeningText } from './weakening.js';

/** Kinds that nothing rests on: teams set thresholds, what else an account is for, and how pods are moved. */
const FREE: ReadonlySet<string> = new Set(['PodDisruptionBudget', 'PrometheusRule', 'ServiceAccount']);

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
    if (!this.isWeakened) at(this, () => checkAsMade(written, this.#made));
    return written;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Throws `not-as-made` for the first difference that counts. Patches are one way to another object; resolvers of the App
 * are another, and nobody is told of them.
 */
function checkAsMade(written: KubernetesObject, made: KubernetesObject): void {
  checkFields('metadata.', written.metadata, made.metadata, decidingField);
  if (!FREE.has(made.kind)) checkFields('', written, made, keptField(made));
}

/** @param counting what of a field counts */
function checkFields(
  place: string,
  written: object,
  made: object,
  counting: (object: Fields, field: string) => unknown,
): void {
  for (const field of new Set([...Object.keys(made), ...Object.keys(written)])) {
    const found = counting(written as Fields, field);
    const expected = counting(made as Fields, field);
    if (!sameJson(found, expected)) throw notAsMade(`${place}${field}`, found, expected);
  }
}

/** Of labels and annotations those that decide. */
function decidingField(metadata: Fields, field: string): unknown {
  const value = metadata[field];
  if (field !== 'labels' && field !== 'annotations') return value;
  const entries = Object.entries(value ?? {}).filter(([name]) => DECIDING.test(name));
  return Object.fromEntries(entries);
}

/** A field of an object without what is open. Metadata is looked at by itself. */
function keptField(made: KubernetesObject) {
  return (object: Fields, field: string): unknown => {
    if (field === 'metadata') return undefined;
    return field === 'spec' ? keptSpec(made, object[field]) : object[field];
  };
}

/** What of a part is in its app no more, and not taken out by name. */
export function missing(made: readonly AsMade[], objects: ReadonlySet<ApiObject>): string[] {
  return made
    .filter((object) => !objects.has(object) && !object.isWeakened && !FREE.has(object.kind))
    .map(
      ({ kind, node }) => `not-as-made: ${inWords(notAsMade(node.path, 'nothing, it was removed', kind))}`,
    );
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
