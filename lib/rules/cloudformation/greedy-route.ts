import { type TemplateCheck, undecided, violation } from './support/check.js';
import { shown } from './support/read.js';
import { ROUTE_TYPES, routesOf } from './support/routes.js';
import { Text } from './support/value.js';

const EXPECTED = 'a route per method and path, or an authorizer that judges both';

export const greedyRoute: TemplateCheck = {
  id: 'greedy-route',
  severity: 'error',
  reason:
    'ANY, {proxy+} and $default hand on methods and paths that nobody listed. A check of the token alone, or none, then admits operations that the service did not mean to offer.',
  fix: 'List the routes, or put an authorizer of your own before it (CUSTOM or AWS_IAM), which judges method and path.',
  types: ROUTE_TYPES,
  run: (resource, reading) =>
    routesOf(resource, reading).flatMap(({ path, method, anyMethod, anyPath, authorization }) => {
      const greedy = [anyMethod, anyPath].find((one) => one === true) ?? (anyMethod || anyPath);
      // A preflight only asks; what it asks about is judged when it comes.
      if (!greedy || method === 'OPTIONS' || authorization === 'custom' || authorization === 'iam') return [];
      if (greedy instanceof Text) return [undecided(path, greedy, EXPECTED)];
      if (authorization instanceof Text) return [undecided(path, authorization, EXPECTED)];
      const found = `${shown(method)} with ${authorization === 'none' ? 'no authorizer' : 'a check of the token alone'}`;
      return [violation(path, 'operations pass that nobody listed', { found, expected: EXPECTED })];
    }),
};
