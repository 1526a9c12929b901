import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { CedarDocument } from '../../lib/policy/compile/cedar/index.js';
import type { Json, JsonObject } from '../../lib/policy/request.js';
import { shapesOf, without } from './document-mutant.js';

/** A compiled policy of Cedar in its JSON form. */
export interface CedarJson {
  readonly schema: JsonObject;
  readonly policies: readonly { readonly id: string; readonly json: JsonObject }[];
}

export function cedarJson({ schema, policies }: CedarDocument): CedarJson {
  return {
    schema,
    policies: policies.map(({ id, statement }) => {
      const answer = policyToJson(statement);
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
      return { id, json: answer.json as unknown as JsonObject };
    }),
  };
}

/**
 * Every mutant of a document, by name: each kind of comparison taken for true and for false, each clause and
 * each kind of policy gone, and each shape of the schema gone.
 */
export function cedarMutants(document: CedarJson): ReadonlyMap<string, () => CedarJson> {
  const mutants = new Map<string, () => CedarJson>();
  const add = (name: string, make: () => CedarJson) => {
    if (!mutants.has(name)) mutants.set(name, make);
  };
  for (const shape of shapesOf(document.schema)) {
    add(`schema ${general(shape)}`, () => ({
      ...document,
      schema: shapesOf(document.schema)
        .filter((one) => general(one) === general(shape))
        .reduce<Json>((schema, one) => without(schema, one) ?? schema, document.schema) as JsonObject,
    }));
  }
  for (const { id, json } of document.policies) {
    const kind = kindOf(id, json);
    add(`policy: ${kind}`, () => ({
      ...document,
      policies: document.policies.filter((one) => kindOf(one.id, one.json) !== kind),
    }));
    for (const clause of ['when', 'unless']) {
      if (!clausesOf(json).some((one) => one['kind'] === clause)) continue;
      add(`${kind}: without ${clause}`, () =>
        eachPolicy(document, kind, (policy) => ({
          ...policy,
          conditions: clausesOf(policy).filter((one) => one['kind'] !== clause),
        })),
      );
    }
    for (const part of ['action', 'resource']) {
      if ((json[part] as JsonObject)['op'] === 'All') continue;
      add(`${kind}: any ${part}`, () =>
        eachPolicy(document, kind, (policy) => ({ ...policy, [part]: { op: 'All' } })),
      );
    }
    for (const [operator, operand] of operandsOf(json)) {
      for (const value of [true, false]) {
        const name = `${kind}: ${operator} ${operand} is ${value}`;
        add(name, () =>
          eachPolicy(document, kind, (policy) => replaced(policy, operator, operand, value) as JsonObject),
        );
      }
    }
  }
  return mutants;
}

function eachPolicy(
  document: CedarJson,
  kind: string,
  change: (policy: JsonObject) => JsonObject,
): CedarJson {
  return {
    ...document,
    policies: document.policies.map((one) =>
      kindOf(one.id, one.json) === kind ? { ...one, json: change(one.json) } : one,
    ),
  };
}

/** What a policy is for; the rules' own are one kind each. */
function kindOf(id: string, json: JsonObject): string {
  if (!id.includes('/')) return id;
  return id.includes('#challenge') ? 'challenge' : String(json['effect'] as string);
}

function clausesOf(policy: JsonObject): readonly JsonObject[] {
  return policy['conditions'] as unknown as readonly JsonObject[];
}

/** Every operand of a conjunction or a disjunction, as text with constants left open. */
function operandsOf(node: Json): [operator: '&&' | '||', operand: string][] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return (node as readonly Json[]).flatMap((child) => operandsOf(child));
  return Object.entries(node as JsonObject).flatMap(([key, child]) => {
    if (key !== '&&' && key !== '||') return operandsOf(child);
    const { left, right } = child as { readonly left: Json; readonly right: Json };
    return [left, right].flatMap((operand): [typeof key, string][] => [
      ...(isCompound(operand) ? [] : [[key, textOf(operand)] as [typeof key, string]]),
      ...operandsOf(operand),
    ]);
  });
}

/** Made of operands itself: those are taken one by one. */
function isCompound(node: Json): boolean {
  return (
    typeof node === 'object' && node !== null && (Object.hasOwn(node, '&&') || Object.hasOwn(node, '||'))
  );
}

function replaced(node: Json, operator: string, operand: string, value: boolean): Json {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node))
    return (node as readonly Json[]).map((child) => replaced(child, operator, operand, value));
  return Object.fromEntries(
    Object.entries(node as JsonObject).map(([key, child]) => {
      if (key !== operator) return [key, replaced(child, operator, operand, value)];
      const sides = Object.entries(child as JsonObject).map(([side, inner]) => {
        const isMeant = !isCompound(inner) && textOf(inner) === operand;
        return [side, isMeant ? { Value: value } : replaced(inner, operator, operand, value)];
      });
      return [key, Object.fromEntries(sides) as Json];
    }),
  );
}

/** An expression of Cedar's JSON form, as short as its structure: constants are stars. */
function textOf(node: Json): string {
  if (typeof node !== 'object' || node === null) return general(String(node));
  if (Array.isArray(node)) return `[${[...new Set((node as readonly Json[]).map(textOf))].join(', ')}]`;
  const [member] = Object.entries(node as JsonObject);
  if (!member) return '{}';
  const [operator, inner] = member;
  if (operator === 'Value') return '*';
  if (operator === 'Var') return String(inner as string);
  const { left, right, attr, arg } = (inner ?? {}) as Readonly<Record<string, Json>>;
  const name = typeof attr === 'string' ? general(attr) : '';
  if (operator === '.') return `${textOf(left!)}.${name}`;
  if (operator === 'has') return `${textOf(left!)} has ${name}`;
  if (operator === '!') return `!(${textOf(arg!)})`;
  if (operator === '&&' || operator === '||') {
    return `(${[...new Set([textOf(left!), textOf(right!)])].join(` ${operator} `)})`;
  }
  if (left !== undefined && right !== undefined) return `${textOf(left)} ${operator} ${textOf(right)}`;
  return `${operator}(${textOf(inner)})`;
}

/** Claims by their paths, and segments of the path by their places, are one kind each. */
function general(text: string): string {
  return text
    .replaceAll(/(^|\.)\/[^.[\]]*(?:\.[^.[\]]*?)*?(?=$|\.type|\.required|\.element)/g, '$1/*')
    .replaceAll(/\bs[0-9]+\b/g, 's*');
}
