import { type PropertyPath } from './check.js';
import { schemesOf } from './openapi.js';
import { at, listOf, refersTo, text, words } from './read.js';
import type { Reading } from './reading.js';
import type { Route } from './route.js';
import { bodyOf, routesOf } from './routes.js';
import type { Resource } from './template.js';
import { Text, type Value } from './value.js';

/** An authorizer of an API that a function of your own answers, and what its answers are kept by. */
export interface Authorizer {
  /** In the resource that declares it. */
  readonly path: PropertyPath;
  readonly ttl: readonly [property: string, Value];
  readonly sources: readonly [property: string, Value];
  /** Of a REST API; else of an HTTP API. */
  readonly rest: boolean;
  /** It is told one text, the token, and nothing of the request. */
  readonly tokenOnly: boolean;
  /** Routes of the deployment that ask it. */
  readonly routes: readonly Route[];
}

/** Types whose resources declare authorizers. */
export const AUTHORIZER_TYPES = [
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
];

export function authorizersOf(resource: Resource, reading: Reading): readonly Authorizer[] {
  const rest = resource.type.startsWith('AWS::ApiGateway::');
  if (resource.type.endsWith('Api')) return described(resource, reading, rest);
  const type = text(reading.get(resource, rest ? 'Type' : 'AuthorizerType'));
  if (!isOwn(type)) return [];
  const property = (name: string) => [name, reading.get(resource, name)] as const;
  return [
    {
      path: [],
      ttl: property('AuthorizerResultTtlInSeconds'),
      sources: property('IdentitySource'),
      rest,
      tokenOnly: type === 'TOKEN',
      routes: askedBy(resource, reading, rest),
    },
  ];
}

/** A user pool's or a JWT authorizer's answer is about the token and nothing else. */
function isOwn(type: string | Text | undefined): boolean {
  return !(typeof type === 'string' && /^(JWT|COGNITO_USER_POOLS)$/i.test(type));
}

function askedBy(authorizer: Resource, reading: Reading, rest: boolean): Route[] {
  return reading.deployment
    .resources(rest ? 'AWS::ApiGateway::Method' : 'AWS::ApiGatewayV2::Route')
    .filter(
      (resource) => refersTo(reading.get(resource, 'AuthorizerId'), authorizer) && reading.exists(resource),
    )
    .flatMap((resource) => routesOf(resource, reading));
}

/** Authorizers of an OpenAPI description. */
function described(api: Resource, reading: Reading, rest: boolean): Authorizer[] {
  const body = bodyOf(api, reading);
  if (body === undefined || body instanceof Text) return [];
  const routes = routesOf(api, reading);
  return schemesOf(body)
    .filter(({ authorizer }) => /^(token|request)$/i.test(words(at(authorizer, 'type'))))
    .map(({ name, path, authorizer }) => {
      const property = (key: string) => [key, at(authorizer, key)] as const;
      return {
        path: [...path, 'x-amazon-apigateway-authorizer'],
        ttl: property('authorizerResultTtlInSeconds'),
        sources: property('identitySource'),
        rest,
        tokenOnly: /^token$/i.test(words(at(authorizer, 'type'))),
        routes: routes.filter(({ scheme }) => scheme === name),
      };
    });
}

/** REST has one text with commas, HTTP a list. */
export function sourcesIn(value: Value): string[] {
  return listOf(value)
    .flatMap((item) => words(item).split(','))
    .map((source) => source.trim())
    .filter((source) => source !== '');
}
