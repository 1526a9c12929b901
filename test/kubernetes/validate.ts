import { Ajv } from 'ajv';
import { RE2 } from 're2-wasm';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { celValue, evaluateCel, memberOf, type Schema } from './cel.js';
import schemas from './schemas.json';

/**
 * What the API server would refuse of an object: its schema, unknown fields, lists that are maps, and the rules in CEL
 * of its kind. `scripts/kubernetes-schemas.mjs` wrote the schemas; `npm run prove -- --only kubernetes` asks the real
 * API server.
 */
export function problemsOf(object: KubernetesObject): string[] {
  const kind = `${object.apiVersion} ${object.kind}`;
  const schema = (schemas as unknown as Readonly<Record<string, Schema>>)[kind];
  if (!schema) return [`there is no schema of ${kind}: add it to scripts/kubernetes-schemas.mjs`];
  const validate = validatorOf(kind, schema);
  const structural = validate(object)
    ? []
    : validate.errors!.map(({ instancePath, message, params }) =>
        `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
      );
  return [...structural, ...walk(object, schema, '')];
}

/** Patterns are RE2's, as in the API server. */
const regExp = Object.assign((pattern: string, flags: string) => new RE2(pattern, flags), {
  code: 'new RE2',
});
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, code: { regExp } });
const validators = new Map<string, ReturnType<typeof ajv.compile>>();
const METADATA = (schemas as unknown as Readonly<Record<string, Schema>>)['v1 Namespace']!.properties![
  'metadata'
]!;

function validatorOf(kind: string, schema: Schema) {
  const known = validators.get(kind);
  if (known) return known;
  const isCustom =
    /\.(io|com)\//.test(kind) &&
    !/^(admissionregistration|networking|rbac\.authorization)\.k8s\.io/.test(kind);
  const { apiVersion, kind: name, metadata: _, ...properties } = schema.properties ?? {};
  const root = {
    ...schema,
    properties: { ...properties, apiVersion: apiVersion ?? {}, kind: name ?? {}, metadata: METADATA },
  };
  const made = ajv.compile(closed(root, isCustom) as object);
  validators.set(kind, made);
  return made;
}

/** The same schema, in which a field that it does not name is an error: the API server says so under strict validation. */
function closed(schema: Schema | undefined, isCustom: boolean): unknown {
  if (schema === undefined) return true;
  // `nullable` is said by the type below.
  const { nullable, ...judged } = schema;
  const { type, properties, additionalProperties, items } = schema;
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] };
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    // What `oneOf` and `not` say stays as it is: they only look.
    ...judged,
    ...(type !== undefined && { type: nullable ? [type, 'null'] : type }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, each]) => [key, closed(each, isCustom)]),
      ),
    }),
    ...(items && { items: closed(items, isCustom) }),
    ...(type === 'object' && {
      additionalProperties:
        typeof additionalProperties === 'object'
          ? closed(additionalProperties, isCustom)
          : isOpen || additionalProperties === true || (!properties && !isCustom),
    }),
  };
}

/** Rules in CEL, and lists whose items have keys. */
function walk(value: unknown, schema: Schema | undefined, path: string): string[] {
  if (schema === undefined || value === undefined || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule, message }) => {
    // A rule about a change has nothing to look at in what is made.
    if (rule.includes('oldSelf')) return [];
    return evaluateCel(rule, { self: celValue(value, schema) }) === true
      ? []
      : [`${path} ${message ?? rule}`];
  });
  if (Array.isArray(value)) {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    const seen = value.map((item: Record<string, unknown>) => JSON.stringify(keys.map((key) => item[key])));
    const isUnique = schema['x-kubernetes-list-type'] !== 'map' || new Set(seen).size === value.length;
    return [
      ...own,
      ...(isUnique ? [] : [`${path} has two items with the same ${keys.join(', ')}`]),
      ...value.flatMap((item: unknown, index) => walk(item, schema.items, `${path}/${index}`)),
    ];
  }
  if (typeof value !== 'object') return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, item]) => walk(item, memberOf(schema, key), `${path}/${key}`)),
  ];
}
