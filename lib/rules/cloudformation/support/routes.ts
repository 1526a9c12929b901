import { at, document, isMap, listOf, lone, openIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import type { Resource } from './template.js';
import { Text, unknown, type Value } from './value.js';

/** How callers of a route are known. */
export type Authorization = 'none' | 'jwt' | 'user-pool' | 'custom' | 'iam' | Text;

/** An operation of an API, however it was written. */
export interface Route {
  /** In the resource that declares it. */
  readonly path: readonly string[];
  readonly method: string | Text;
  /** Whether it takes more than the one operation that it names. */
  readonly greedy: boolean | Text;
  readonly authorization: Authorization;
  /** Scopes that a token must have. */
  readonly scopes: readonly Value[];
}

/** Types whose resources declare routes. */
export const ROUTE_TYPES = [
  'AWS::ApiGateway::Method',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
];

const GREEDY_PATH = /\{[^}]+\+\}/;

/** The routes of a resource of one of `ROUTE_TYPES`. */
export function routesOf(resource: Resource, reading: Reading): readonly Route[] {
  if (resource.type === 'AWS::ApiGateway::Method') return [methodRoute(resource, reading)];
  if (resource.type === 'AWS::ApiGatewayV2::Route') return httpRoute(resource, reading);
  const elsewhere = reading.get(resource, 'BodyS3Location') !== undefined;
  const body = elsewhere ? unknown('OpenAPI in a bucket') : document(reading.get(resource, 'Body'));
  return [...quickRoute(resource, reading), ...describedRoutes(body)];
}

function methodRoute(method: Resource, reading: Reading): Route {
  const verb = text(reading.get(method, 'HttpMethod')) ?? '';
  const parent = lone(reading.get(method, 'ResourceId'));
  const part =
    typeof parent === 'object' &&
    parent.kind === 'reference' &&
    parent.resource.type === 'AWS::ApiGateway::Resource'
      ? text(reading.get(parent.resource, 'PathPart'))
      : '';
  return {
    path: ['AuthorizationType'],
    method: verb,
    greedy: greedyBy(verb, verb === 'ANY' || GREEDY_PATH.test(words(part))),
    authorization: authorizationOf(reading.get(method, 'AuthorizationType')),
    scopes: listOf(reading.get(method, 'AuthorizationScopes')),
  };
}

/** What is known of a name may tell already; else it is open. */
function greedyBy(name: string | Text, greedy: boolean): boolean | Text {
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
  if (typeof key === 'string' && (isSocket || !/^(\$default|[A-Z]+ \/.*)$/.test(word))) {
    if (word !== '$connect') return [];
  }
  return [
    {
      path: ['AuthorizationType'],
      method: typeof key === 'string' ? (word.split(' ')[0] ?? '') : key,
      greedy: greedyBy(key, /^(\$default$|ANY )/.test(word) || GREEDY_PATH.test(word)),
      authorization: authorizationOf(reading.get(route, 'AuthorizationType')),
      scopes: listOf(reading.get(route, 'AuthorizationScopes')),
    },
  ];
}

/** `Target` makes an HTTP API with one route, `$default` unless said otherwise, and no authorizer. */
function quickRoute(api: Resource, reading: Reading): Route[] {
  if (api.type !== 'AWS::ApiGatewayV2::Api' || reading.get(api, 'Target') === undefined) return [];
  const key = String(text(reading.get(api, 'RouteKey')) ?? '$default');
  const greedy = /^(\$default$|ANY )/.test(key) || GREEDY_PATH.test(key);
  return [{ path: ['Target'], method: key.split(' ')[0]!, greedy, authorization: 'none', scopes: [] }];
}

/** OpenAPI, as an API takes it in its body. */
function describedRoutes(body: Value): Route[] {
  if (body instanceof Text) {
    return [{ path: ['Body'], method: body, greedy: false, authorization: body, scopes: [] }];
  }
  const paths = at(body, 'paths');
  if (!isMap(paths)) return [];
  return Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(isMap(item) ? item : {}).flatMap(([verb, operation]): Route[] => {
      const any = verb === 'x-amazon-apigateway-any-method';
      if (!any && !/^(get|put|post|delete|options|head|patch|trace)$/.test(verb)) return [];
      const security = at(operation, 'security') ?? at(body, 'security');
      const needs = listOf(security).filter(isMap);
      // One empty requirement among them lets everybody in.
      const [schemes] = needs.some((need) => Object.keys(need).length === 0)
        ? []
        : needs.map((need) => Object.entries(need));
      const [scheme, scopes] = schemes?.[0] ?? [];
      return [
        {
          path: ['Body', 'paths', template, verb],
          method: any ? 'ANY' : verb.toUpperCase(),
          greedy: any || template === '/$default' || GREEDY_PATH.test(template),
          authorization: describedAuthorization(body, operation, scheme),
          scopes: listOf(scopes),
        },
      ];
    }),
  );
}

function describedAuthorization(body: Value, operation: Value, scheme: string | undefined): Authorization {
  const own = text(at(operation, 'x-amazon-apigateway-auth', 'type'));
  if (typeof own === 'string' && own.toUpperCase() !== 'NONE') return 'iam';
  if (scheme === undefined) return 'none';
  const declared =
    at(body, 'components', 'securitySchemes', scheme) ?? at(body, 'securityDefinitions', scheme);
  const kind = words(at(declared, 'x-amazon-apigateway-authtype')).toLowerCase();
  const type = words(at(declared, 'x-amazon-apigateway-authorizer', 'type')).toLowerCase();
  if (type === 'jwt') return 'jwt';
  if (type === 'cognito_user_pools' || kind === 'cognito_user_pools') return 'user-pool';
  if (type === 'token' || type === 'request') return 'custom';
  if (kind === 'awssigv4') return 'iam';
  // An API key, or a scheme that API Gateway reads as documentation, is nobody's authorizer.
  return 'none';
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
