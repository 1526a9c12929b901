import { type TemplateCheck, undecided, violation } from './support/check.js';
import { listOf, number, openIn, shown, text, words } from './support/read.js';
import type { Value } from './support/value.js';

/** "AWS::ApiGateway::Authorizer", AuthorizerResultTtlInSeconds: 300 where nothing is said. */
const REST_DEFAULT = 300;

/** Sources that tell the operation, or a part of it. */
const PATH = /^\$?context\.(?:path|resourcePath|resourceId)$/;
const METHOD = /^\$?context\.httpMethod$/;
const ROUTE = /^\$context\.routeKey$/;
const EXPECTED = 'no cache (0), or identity sources that hold method and path';

export const authorizerCache: TemplateCheck = {
  id: 'authorizer-cache',
  severity: 'error',
  reason:
    'API Gateway gives a cached answer to every request with the same identity sources. Keyed on the token alone, an allow for one operation opens all others until the cache ends, and outlives a revocation.',
  fix: 'Set `AuthorizerResultTtlInSeconds` to 0, or use a REQUEST authorizer whose identity sources hold method and path (`context.httpMethod` and `context.path`; of an HTTP API `$context.routeKey`).',
  types: ['AWS::ApiGateway::Authorizer', 'AWS::ApiGatewayV2::Authorizer'],
  run(authorizer, reading) {
    const rest = authorizer.type === 'AWS::ApiGateway::Authorizer';
    const type = text(reading.get(authorizer, rest ? 'Type' : 'AuthorizerType'));
    // A user pool's or a JWT authorizer's answer is about the token and nothing else.
    if (typeof type === 'string' && /^(JWT|COGNITO_USER_POOLS)$/i.test(type)) return [];
    const at = ['AuthorizerResultTtlInSeconds'];
    const ttl = number(reading.get(authorizer, at[0]!)) ?? (rest ? REST_DEFAULT : 0);
    if (ttl === 0) return [];
    const source = reading.get(authorizer, 'IdentitySource');
    const operation = type === 'TOKEN' ? false : holdsOperation(source);
    if (operation) return [];
    if (typeof ttl !== 'number') return [undecided(at, ttl, EXPECTED)];
    if (openIn(source)) return [undecided(['IdentitySource'], source, EXPECTED)];
    const found = `${ttl} seconds${reading.get(authorizer, at[0]!) === undefined ? ' by default' : ''}, by ${shown(source)}`;
    const message = 'an answer for one operation is given to others';
    return [violation(at, message, { found, expected: EXPECTED })];
  },
};

/** REST has one text with commas, HTTP a list. */
function holdsOperation(value: Value): boolean {
  const sources = listOf(value).flatMap((item) =>
    words(item)
      .split(',')
      .map((source) => source.trim()),
  );
  const some = (pattern: RegExp) => sources.some((source) => pattern.test(source));
  return some(ROUTE) || (some(PATH) && some(METHOD));
}
