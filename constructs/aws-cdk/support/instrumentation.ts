import { Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import { acceptWeakening, type Weakening } from './weakening.js';

/**
 * Layers and variables that something of the app, such as an aspect for Lambda Insights or tracing, adds to every
 * function. Their code runs in the functions that sign, judge and configure: whoever publishes a layer is the authority.
 */
export interface FunctionInstrumentation extends Weakening {
  /** ARNs of versions of layers, exactly as they are added. @default none */
  readonly layers?: readonly string[];
  /** Variables and their values, exactly as they are added. @default none */
  readonly variables?: Readonly<Record<string, string>>;
}

const ACCEPTED = new WeakMap<IConstruct, FunctionInstrumentation>();

/** Accept it for all functions below `scope`. Throws for one without a reason, or that has ended. */
export function acceptInstrumentation(
  scope: Construct,
  prop: string,
  instrumentation: FunctionInstrumentation,
): void {
  acceptWeakening(scope, prop, instrumentation);
  ACCEPTED.set(scope, instrumentation);
}

/**
 * Of a function as its template has it the layers and variables that are right: those that it is made with, and those
 * of the accepted ones that it has.
 */
export function acceptedOf(
  resource: CfnFunction,
  made: Readonly<Record<string, string>>,
  rendered: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const accepted = acceptedFor(resource);
  const { Layers: layers, Environment } = rendered;
  const has = (Environment as { readonly Variables?: Readonly<Record<string, unknown>> })?.Variables ?? {};
  const wanted = textsOf(resource, accepted?.layers ?? []);
  const variables = Object.entries(accepted?.variables ?? {}).filter(([name, value]) =>
    textsOf(resource, [value]).has(JSON.stringify(has[name])),
  );
  return {
    Layers: Array.isArray(layers) ? layers.filter((layer) => wanted.has(JSON.stringify(layer))) : undefined,
    // What the function is made with is nobody's to change.
    'Environment.Variables': { ...Object.fromEntries(variables), ...made },
  };
}

function acceptedFor({ node }: IConstruct): FunctionInstrumentation | undefined {
  return node.scopes.map((scope) => ACCEPTED.get(scope)).findLast((accepted) => accepted !== undefined);
}

function textsOf(resource: CfnFunction, values: readonly string[]): ReadonlySet<string> {
  return new Set(values.map((value) => JSON.stringify(Stack.of(resource).resolve(value))));
}
