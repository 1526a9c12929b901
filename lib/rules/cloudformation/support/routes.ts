import { describedRoutes } from './described-routes.js';
import { descriptionOf } from './openapi.js';
import { listOf, lone, openIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import { type Authorization, GREEDY_PATH, NO_ROUTE, type Route } from './route.js';
import type { Resource } from './template.js';
import { Text, unknown, type Value } from './value.js';

/** Types whose resources declare routes. */
export const ROUTE_TYPES = [
  'AWS::ApiGateway::Method',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
];

const ANY_METHOD = /^(\$default$|ANY\s)/;
const PART = 'AWS::ApiGateway::Resource';

/** The routes of a resource of one of `ROUTE_TYPES`. */
export function routesOf(resource: Resource, reading: Reading): readonly Route[] {
  if (resource.type === 'AWS::ApiGateway::Method') return [methodRoute(resource, reading)];
  if (resource.type === 'AWS::ApiGatewayV2::Route') return httpRoute(resource, reading);
  return [
    ...quickRoute(resource, reading),
    ...clonedRoutes(resource, reading),
    ...describedRoutes(bodyOf(resource, reading)),
  ];
}

/** The description of an API, open where it lies in a bucket. */
export function bodyOf(api: Resource, reading: Reading): Value {
  const elsewhere = reading.get(api, 'BodyS3Location') !== undefined;
  return elsewhere ? unknown('OpenAPI in a bucket') : descriptionOf(reading.get(api, 'Body'));
}

function methodRoute(method: Resource, reading: Reading): Route {
  const verb = text(reading.get(method, 'HttpMethod')) ?? '';
  return {
    path: ['AuthorizationType'],
    method: verb,
    anyMethod: openOr(verb, verb === 'ANY'),
    anyPath: openOr(pathPart(reading.get(method, 'ResourceId'), reading)),
    authorization: authorizationOf(reading.get(method, 'AuthorizationType')),
    scopes: listOf(reading.get(method, 'AuthorizationScopes')),
  };
}

/** The last part of a method's path; what its resource is, where only the deployment knows. */
function pathPart(resourceId: Value, reading: Reading): string | Text {
  if (openIn(resourceId)) return text(resourceId) ?? '';
  const hole = lone(resourceId);
  const isPart = typeof hole === 'object' && hole.kind === 'reference' && hole.resource.type === PART;
  return (isPart && text(reading.get(hole.resource, 'PathPart'))) || '';
}

/** What is known of a name may tell already; else it is open. */
function openOr(name: string | Text, greedy = GREEDY_PATH.test(words(name))): boolean | Text {
  return !greedy && name instanceof Text && openIn(name) ? name : greedy;
}

function httpRoute(route: Resource, reading: Reading): Route[] {
  const key = text(reading.get(route, 'RouteKey')) ?? '';
  const api = lone(reading.get(route, 'ApiId'));
  const isSocket =
    typeof api === 'object' &&
    api.kind === 'reference' &&
    text(reading.get(api.resource, 'ProtocolType')) === 'WEBSOCKET';
  const word = String(key);
  // A WebSocket is authorized where it connects; messages name routes of their own.
  if (typeof key === 'string' && (isSocket || !/^(\$default|[A-Za-z]+\s+\/.*)$/.test(word))) {
    if (word !== '$connect') return [];
  }
  return [
    {
      path: ['AuthorizationType'],
      method: typeof key === 'string' ? (word.split(' ')[0] ?? '') : key,
      anyMethod: openOr(key, ANY_METHOD.test(word)),
      anyPath: openOr(key, word === '$default' || GREEDY_PATH.test(word)),
      authorization: authorizationOf(reading.get(route, 'AuthorizationType')),
      scopes: listOf(reading.get(route, 'AuthorizationScopes')),
    },
  ];
}

/** `Target` makes an HTTP API with one route, `$default` unless said otherwise, and no authorizer. */
function quickRoute(api: Resource, reading: Reading): Route[] {
  if (api.type !== 'AWS::ApiGatewayV2::Api' || reading.get(api, 'Target') === undefined) return [];
  const key = String(text(reading.get(api, 'RouteKey')) ?? '$default');
  const anyPath = key === '$default' || GREEDY_PATH.test(key);
  return [
    { ...NO_ROUTE, path: ['Target'], method: key.split(' ')[0]!, anyMethod: ANY_METHOD.test(key), anyPath },
  ];
}

/** The routes of an API that is copied are those of another one. */
function clonedRoutes(api: Resource, reading: Reading): Route[] {
  if (reading.get(api, 'CloneFrom') === undefined) return [];
  const open = unknown('the API that it is cloned from');
  return [{ ...NO_ROUTE, path: ['CloneFrom'], method: open, authorization: open }];
}

function authorizationOf(value: Value): Authorization {
  const type = text(value);
  if (type instanceof Text) return type;
  const known: Readonly<Record<string, Authorization>> = {
    JWT: 'jwt',
    COGNITO_USER_POOLS: 'user-pool',
    CUSTOM: 'custom',
    AWS_IAM: 'iam',
  };
  return known[String(type ?? 'NONE').toUpperCase()] ?? 'none';
}
