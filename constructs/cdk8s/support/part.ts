import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import type { KubernetesObject, Labels } from '../../../lib/kubernetes/index.js';
import { checkLabels } from '../../../lib/kubernetes/names.js';
import { checkMeshPlan } from '../../../lib/kubernetes/plan.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { AsMade, missing } from './as-made.js';
import { at, warn } from './diagnostics.js';
import { checkObjects } from './object-checks.js';
import { checkChart } from './place.js';
import { checkPartProps } from './props.js';
import { uniqueObjects } from './unique-objects.js';
import { checkWeakening, type Weakening, weakened } from './weakening.js';

export interface PartProps {
  /** The plan of the engine `kubernetes`. */
  readonly plan: Plan;
  /** Labels of every object, besides those of the chart. @default none */
  readonly labels?: Labels;
}

/** A part of the platform: one `ApiObject` for each object that `lib/kubernetes` makes of the plan. */
export abstract class Part extends Construct {
  private readonly made: readonly AsMade[];

  constructor(scope: Construct, id: string, props: PartProps, emit: () => readonly KubernetesObject[]) {
    checkChart(scope, id);
    super(scope, id);
    const objects = at(this, () => {
      checkPartProps(props);
      checkMeshPlan(props.plan);
      checkLabels(props.labels ?? {}, 'labels');
      return emit();
    });
    this.made = objects.map((object) => {
      const { name, namespace } = object.metadata;
      const path = `${object.kind}-${name}${namespace === undefined ? '' : `-in-${namespace}`}`;
      return new AsMade(this, path, object, { ...LABELS, ...props.labels });
    });
    // At the root: what is taken out of the tree takes its validations along.
    const { root } = this.node;
    checkObjects(root, (objects) => missing(this.made, objects));
    checkObjects(root, uniqueObjects);
  }

  /** Every object, in the order in which they are applied. */
  get objects(): readonly ApiObject[] {
    return this.node.children.filter((child) => ApiObject.isApiObject(child));
  }

  /**
   * One object, for labels, annotations and dependencies: `part.object('NetworkPolicy', 'orders').metadata`. A patch that
   * changes what the protection rests on stops synthesis (`not-as-made`). Throws `unknown-object` if the part has none of
   * this name, and `ambiguous-object` if it has one in each of two namespaces and none was named.
   */
  object(kind: string, name: string, namespace?: string): ApiObject {
    return this.find(kind, name, namespace);
  }

  /**
   * The same object, which from now on may be patched to anything or taken out: a warning at each synthesis until the
   * date, and an annotation in the cluster. Throws `unknown-object`, `ambiguous-object`, `weakening-without-reason` and
   * `weakening-expired`.
   */
  weakened(kind: string, name: string, weakening: Weakening, namespace?: string): ApiObject {
    const found = this.find(kind, name, namespace);
    at(this, () => checkWeakening(`${kind} ${name}`, weakening, new Date()));
    found.weaken(weakening);
    warn([weakened(`${kind} ${name}`, weakening)]);
    return found;
  }

  private find(kind: string, name: string, namespace?: string): AsMade {
    const named = this.made.filter((object) => object.kind === kind && object.name === name);
    const found = named.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    const [only] = found;
    if (only && found.length === 1) return only;
    if (only) {
      return at(this, () => {
        throw codedError('ambiguous-object', this.node.id, 'this part has such an object in each of these', {
          found: `${kind} ${name}`,
          expected: found.map(({ metadata }) => metadata.namespace).join(', '),
          remedy: 'name its namespace as well, as the last argument',
        });
      });
    }
    return at(this, () => {
      throw codedError('unknown-object', this.node.id, 'this part has no such object', {
        found: `${kind} ${name}`,
        expected: this.made
          .slice(0, 20)
          .map((object) => `${object.kind}-${object.name}`)
          .join(', '),
      });
    });
  }
}

const LABELS = { 'app.kubernetes.io/managed-by': 'zero-trust-platform' };
