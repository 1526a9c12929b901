import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import { ROUTE_TYPES, routesOf } from './support/routes.js';
import type { Resource } from './support/template.js';
import { Text } from './support/value.js';

const EXPECTED = 'an authorizer, or AWS_IAM';

export const unauthenticatedRoute: TemplateCheck = {
  id: 'unauthenticated-route',
  severity: 'error',
  reason: 'Whoever finds the address may call a route without an authorizer. An API key tells nobody apart.',
  fix: 'Give the route an authorizer (`TokenAuthorizer.protect` does it for every method of an API), or acknowledge that it is public.',
  types: [...ROUTE_TYPES, 'AWS::Lambda::Url'],
  run(resource, reading) {
    if (resource.type === 'AWS::Lambda::Url') return functionUrl(resource, reading);
    return routesOf(resource, reading).flatMap(({ path, method, authorization }) => {
      // A browser asks by OPTIONS before it has a token, so no preflight has one.
      if (method === 'OPTIONS') return [];
      if (authorization instanceof Text) return [undecided(path, authorization, EXPECTED)];
      if (authorization !== 'none') return [];
      return [
        violation(path, 'nobody asks who calls this route', { found: shown(method), expected: EXPECTED }),
      ];
    });
  },
};

function functionUrl(url: Resource, reading: Reading): TemplateFinding[] {
  const type = text(reading.get(url, 'AuthType'));
  if (type instanceof Text) return [undecided(['AuthType'], type, 'AWS_IAM')];
  if (type === 'AWS_IAM') return [];
  return [
    violation(['AuthType'], 'nobody asks who calls this function', {
      found: shown(type),
      expected: 'AWS_IAM',
    }),
  ];
}
