import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { type Diagnostic, formatDiagnostic, ZeroTrustError } from '../../../lib/diagnostic.js';
import type { KubernetesObject, Labels } from '../../../lib/kubernetes/index.js';
import { checkLabels } from '../../../lib/kubernetes/names.js';
import type { Plan } from '../../../lib/plan/plan.js';

export interface PartProps {
  /** The plan of the engine `kubernetes`. */
  readonly plan: Plan;
  /** Labels of every object, besides those of the chart. @default none */
  readonly labels?: Labels;
}

/** A part of the platform: one `ApiObject` for each object that `lib/kubernetes` makes of the plan. */
export abstract class Part extends Construct {
  private readonly byName = new Map<string, ApiObject>();

  constructor(scope: Construct, id: string, labels: Labels, emit: () => readonly KubernetesObject[]) {
    super(scope, id);
    const objects = at(this, () => {
      checkLabels(labels, 'labels');
      return emit();
    });
    for (const object of objects) {
      const { metadata, ...rest } = object;
      const name = `${object.kind}-${metadata.name}`;
      this.byName.set(
        name,
        new ApiObject(this, metadata.namespace === undefined ? name : `${name}-in-${metadata.namespace}`, {
          ...rest,
          metadata: {
            ...metadata,
            // A chart's own namespace is for objects without one; those of the whole cluster take none.
            namespace: metadata.namespace!,
            labels: { ...LABELS, ...labels, ...metadata.labels },
          },
        }),
      );
    }
  }

  /** Every object, in the order in which they are applied. */
  get objects(): readonly ApiObject[] {
    return this.node.children.filter((child) => ApiObject.isApiObject(child));
  }

  /**
   * One object, to patch: `part.object('NetworkPolicy', 'orders').addJsonPatch(…)`. Throws `unknown-object` if the part
   * has none of this name.
   */
  object(kind: string, name: string): ApiObject {
    const found = this.byName.get(`${kind}-${name}`);
    if (found) return found;
    return at(this, () => {
      throw codedError('unknown-object', this.node.id, 'this part has no such object', {
        found: `${kind} ${name}`,
        expected: [...this.byName.keys()].slice(0, 20).join(', '),
      });
    });
  }
}

const LABELS = { 'app.kubernetes.io/managed-by': 'zero-trust-platform' };

/** cdk8s has no annotations: the process says it, on its standard error. */
export function warn(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    process.emitWarning(formatDiagnostic(diagnostic), { type: 'ZeroTrustWarning', code: diagnostic.code });
  }
}

/** An error says of which construct it is. */
export function at<Result>(scope: Construct, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    throw new ZeroTrustError(error.code, `[${scope.node.path}] ${inWords(error)}`, error.diagnostics);
  }
}

/** Of one finding, what it expected and what to do as well: nobody but the message tells it here. */
function inWords({ message, diagnostics: [only, ...more] }: ZeroTrustError): string {
  if (!only || more.length > 0) return message;
  const expected = only.expected === undefined ? '' : `, expected ${only.expected}`;
  return `${message}${expected}.${only.remedy === undefined ? '' : ` To do: ${only.remedy}.`}`;
}
