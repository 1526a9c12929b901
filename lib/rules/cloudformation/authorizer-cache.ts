import { type Authorizer, AUTHORIZER_TYPES, authorizersOf, sourcesIn } from './support/authorizers.js';
import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { number, openIn, shown } from './support/read.js';
import { Text } from './support/value.js';

/** "AWS::ApiGateway::Authorizer", AuthorizerResultTtlInSeconds: 300 where nothing is said. */
const REST_DEFAULT = 300;

/** Sources that tell one caller from another: a token, a key, a certificate. */
const CALLER =
  /^(?:method\.request\.(?:multivalue)?(?:header|querystring)\.|\$request\.(?:header|querystring)\.|\$?context\.(?:identity\.(?:clientCert\.|apiKey$)|authentication\.clientCert\.))/i;
/** Sources that tell the operation, or a part of it. A route's own name stands for all that it takes. */
const PATH = /^\$?context\.path$/;
const METHOD = /^\$?context\.httpMethod$/;
const RESOURCE = /^\$?context\.(?:resourcePath|resourceId)$/;
const ROUTE = /^\$context\.routeKey$/;
const EXPECTED = 'no cache (0), or identity sources that hold the token, method and path';

export const authorizerCache: TemplateCheck = {
  id: 'authorizer-cache',
  severity: 'error',
  reason:
    "API Gateway gives a cached answer to every request with the same identity sources. Keyed on the token alone, an allow for one operation opens all others until the cache ends, and outlives a revocation; keyed without the token, the allow of one caller is everybody's.",
  fix: 'Set `AuthorizerResultTtlInSeconds` to 0, or use a REQUEST authorizer whose identity sources hold the token, method and path (`context.httpMethod` and `context.path`; of an HTTP API `$context.routeKey`, unless a route takes more than one).',
  types: AUTHORIZER_TYPES,
  run: (resource, reading) => authorizersOf(resource, reading).flatMap(cached),
};

function cached(authorizer: Authorizer): TemplateFinding[] {
  const [ttlName, given] = authorizer.ttl;
  const ttl = number(given) ?? (authorizer.rest ? REST_DEFAULT : 0);
  if (ttl === 0) return [];
  const [sourceName, source] = authorizer.sources;
  const message = fault(authorizer);
  if (message === undefined) return [];
  const place = [...authorizer.path, ttlName];
  if (typeof ttl !== 'number') return [undecided(place, ttl, EXPECTED)];
  const sourcePlace = [...authorizer.path, sourceName];
  if (openIn(source) && !authorizer.tokenOnly) return [undecided(sourcePlace, source, EXPECTED)];
  if (message instanceof Text) return [undecided(sourcePlace, message, EXPECTED)];
  const found = `${ttl} seconds${given === undefined ? ' by default' : ''}, by ${shown(source)}`;
  return [violation(place, message, { found, expected: EXPECTED })];
}

/** What is wrong with the key of a cache, if it is; what it hangs on where a route is open. */
function fault({ sources: [, value], tokenOnly, routes }: Authorizer): string | Text | undefined {
  const sources = sourcesIn(value);
  const some = (...patterns: RegExp[]) =>
    sources.some((source) => patterns.some((pattern) => pattern.test(source)));
  const others = 'an answer for one operation is given to others';
  if (tokenOnly) return others;
  const named = some(ROUTE);
  // `$default` and `ANY /a` are one route, whatever method and path come.
  const methods = some(METHOD) ? [] : named ? routes.map(({ anyMethod }) => anyMethod) : [true];
  const paths = some(PATH) ? [] : named || some(RESOURCE) ? routes.map(({ anyPath }) => anyPath) : [true];
  const wide = [...methods, ...paths];
  if (wide.includes(true)) return others;
  if (!some(CALLER)) return 'an answer for one caller is given to all';
  return wide.find((one) => one instanceof Text);
}
