import { Environment } from '@marcbachmann/cel-js';

/** A part of an OpenAPI schema, as `schemas.json` has it. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
})
  // Of Kubernetes' own library, what the kinds here use.
  .registerType('Url', URL)
  .registerFunction('url(string): Url', (text: string) => new URL(text))
  .registerFunction('Url.getScheme(): string', (address: URL) => address.protocol.slice(0, -1));

/** The interpreter's `has` knows no field of a list's item; `in` says the same of it. */
const OF_AN_ITEM = /has\(([\w.]+\[\d+\])\.(\w+)\)/g;

/** What an expression of CEL comes to. Throws for one that the API server would refuse as well: unknown names, other types. */
export function evaluateCel(expression: string, variables: Readonly<Record<string, unknown>>): unknown {
  return environment.evaluate(
    expression.replace(OF_AN_ITEM, "('$2' in $1)"),
    variables as Record<string, unknown>,
  );
}

/** A value as CEL has it: whole numbers are `int`. */
export function celValue(value: unknown, schema?: Schema): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => celValue(item, schema?.items));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, celValue(item, memberOf(schema, key))]),
    );
  }
  return typeof value === 'number' && schema?.type !== 'number' && Number.isInteger(value)
    ? BigInt(value)
    : value;
}

export function memberOf(schema: Schema | undefined, key: string): Schema | undefined {
  const own = schema?.properties?.[key];
  if (own) return own;
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
