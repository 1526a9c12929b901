import { type TemplateCheck, type TemplateFinding, violation } from './support/check.js';
import { at, boolean, listOf, number, refersTo, shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';

/** "Quotas for configuring and running an HTTP API", API Gateway Developer Guide. */
const AUTHORIZERS = 10;
const AUDIENCES = 50;
const CACHE_SECONDS = 3600;
const INTEGRATION_MS = 30_000;

export const httpApiLimits: TemplateCheck = {
  id: 'http-api-limits',
  severity: 'error',
  reason:
    'Beyond a limit of HTTP APIs the deployment fails; simple responses in another format than 2.0 are no answers, so every request is refused; a JWT authorizer without an audience takes tokens that were meant for others.',
  fix: 'At most 10 authorizers an API, 50 audiences, 3,600 s of cache and 30 s of integration; `AuthorizerPayloadFormatVersion` 2.0 for simple responses; an audience for every JWT authorizer.',
  types: ['AWS::ApiGatewayV2::Authorizer', 'AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Api'],
  run(resource, reading) {
    if (resource.type === 'AWS::ApiGatewayV2::Api') return authorizers(resource, reading);
    if (resource.type === 'AWS::ApiGatewayV2::Integration') {
      return above(['TimeoutInMillis'], reading.get(resource, 'TimeoutInMillis'), INTEGRATION_MS, 'ms');
    }
    const ttl = 'AuthorizerResultTtlInSeconds';
    return [
      ...above([ttl], reading.get(resource, ttl), CACHE_SECONDS, 'seconds'),
      ...audiences(resource, reading),
      ...payload(resource, reading),
    ];
  },
};

function above(
  path: string[],
  value: Parameters<typeof number>[0],
  most: number,
  unit: string,
): TemplateFinding[] {
  const found = number(value);
  if (typeof found !== 'number' || found <= most) return [];
  return [
    violation(path, 'the limit is lower', { found: `${found} ${unit}`, expected: `at most ${most} ${unit}` }),
  ];
}

function authorizers(api: Resource, reading: Reading): TemplateFinding[] {
  const count = reading.deployment
    .resources('AWS::ApiGatewayV2::Authorizer')
    .filter((other) => refersTo(reading.get(other, 'ApiId'), api) && reading.exists(other)).length;
  if (count <= AUTHORIZERS) return [];
  const detail = { found: `${count} authorizers`, expected: `at most ${AUTHORIZERS}` };
  return [violation([], 'an HTTP API takes no more authorizers', detail)];
}

function audiences(authorizer: Resource, reading: Reading): TemplateFinding[] {
  if (text(reading.get(authorizer, 'AuthorizerType')) !== 'JWT') return [];
  const found = listOf(at(reading.get(authorizer, 'JwtConfiguration'), 'Audience'));
  const path = ['JwtConfiguration', 'Audience'];
  const expected = `1 to ${AUDIENCES}`;
  if (found.length === 0)
    return [violation(path, 'a token for anybody is taken', { found: 'none', expected })];
  if (found.length <= AUDIENCES) return [];
  return [violation(path, 'an authorizer takes no more', { found: `${found.length} audiences`, expected })];
}

function payload(authorizer: Resource, reading: Reading): TemplateFinding[] {
  const version = text(reading.get(authorizer, 'AuthorizerPayloadFormatVersion'));
  if (
    boolean(reading.get(authorizer, 'EnableSimpleResponses')) !== true ||
    version === '2.0' ||
    version === '2'
  ) {
    return [];
  }
  if (typeof version === 'object') return [];
  return [
    violation(['AuthorizerPayloadFormatVersion'], 'simple responses need payload 2.0', {
      found: shown(version),
      expected: '2.0',
    }),
  ];
}
