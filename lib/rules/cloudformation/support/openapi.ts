import { at, document, isMap, listOf, text, words } from './read.js';
import { type Properties, Text, unknown, type Value } from './value.js';

/** A security scheme of an OpenAPI description, with what API Gateway reads of it. */
export interface Scheme {
  readonly name: string;
  /** In the resource that has the description. */
  readonly path: readonly string[];
  /** "AWS_SIGV4", "custom", or what else `x-amazon-apigateway-authtype` says, in small letters. */
  readonly kind: string;
  /** `x-amazon-apigateway-authorizer`. */
  readonly authorizer: Value;
}

/** An operation as it is described; `operation` is a `Text` where the description is not all here. */
export interface Operation {
  readonly path: readonly string[];
  readonly template: string;
  /** `ANY` for `x-amazon-apigateway-any-method`. */
  readonly method: string;
  readonly operation: Value;
  /** Names of schemes with the scopes that they are asked for; none where one empty requirement lets everybody in. */
  readonly security: readonly (readonly [string, Value])[];
}

const ANY = 'x-amazon-apigateway-any-method';
const VERB = /^(get|put|post|delete|options|head|patch|trace)$/;

/** The body of an API: an object, or a `Text` where it is not all here. */
export function descriptionOf(body: Value): Value {
  const parsed = document(body);
  if (typeof parsed === 'string') return unknown('OpenAPI in a text that is no JSON');
  return isMap(parsed) ? unlessWritten(parsed) : parsed;
}

export function operationsOf(body: Value): readonly Operation[] {
  if (body instanceof Text) return [unread(['Body'], body)];
  const paths = at(body, 'paths');
  return itemsOf(['Body', 'paths'], paths).flatMap(([template, path, declared]) => {
    const item = isMap(declared) ? referred(body, declared) : declared;
    return itemsOf(path, item)
      .filter(
        ([verb, , operation]) =>
          verb === ANY || VERB.test(verb) || (verb === '' && operation instanceof Text),
      )
      .map(([verb, where, operation]) => ({
        path: where,
        template,
        method: verb === ANY ? 'ANY' : verb.toUpperCase(),
        operation,
        security: securityOf(at(operation, 'security') ?? at(body, 'security')),
      }));
  });
}

export function schemesOf(body: Value): readonly Scheme[] {
  return [['components', 'securitySchemes'], ['securityDefinitions']].flatMap((path) =>
    itemsOf(['Body', ...path], at(body, ...path)).map(([name, where, scheme]) => ({
      name,
      path: where,
      kind: words(at(scheme, 'x-amazon-apigateway-authtype')).toLowerCase(),
      authorizer: at(scheme, 'x-amazon-apigateway-authorizer'),
    })),
  );
}

/** The entries of an object with their places; one without a name where the whole is open. */
function itemsOf(path: readonly string[], value: Value): (readonly [string, readonly string[], Value])[] {
  const whole = isMap(value) ? unlessWritten(value) : value;
  if (whole instanceof Text) return [['', path, whole]];
  return isMap(whole) ? Object.entries(whole).map(([name, item]) => [name, [...path, name], item]) : [];
}

/** What a transform or a loop adds beside what is there, only the deployment knows. */
function unlessWritten(value: Properties): Value {
  const writer = Object.keys(value).find((key) => /^Fn::(?:Transform$|ForEach::)/.test(key));
  return writer === undefined ? value : unknown(writer);
}

/** A path item that another place has. */
function referred(body: Value, item: Value): Value {
  const reference = at(item, '$ref');
  if (reference === undefined) return item;
  const [, pointer] = /^#\/(.*)$/s.exec(words(reference)) ?? [];
  const keys = pointer?.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (keys && at(body, ...keys)) ?? unknown(`the reference ${words(reference)}`);
}

function securityOf(value: Value): readonly (readonly [string, Value])[] {
  const needs = listOf(value).filter(isMap);
  if (needs.some((need) => Object.keys(need).length === 0)) return [];
  return needs.flatMap((need) => Object.entries(need));
}

function unread(path: readonly string[], operation: Text): Operation {
  return { path, template: '', method: words(text(operation)), operation, security: [] };
}
