import { decide } from '../../decide.js';
import { indexPolicy } from '../../index-rules.js';
import type { AccessRule, Policy } from '../../policy.js';
import type { Request } from '../../request.js';
import { admittedRequest, preflightRequest, signInRequest, withProof, withToken } from './admitted.js';
import { ALGORITHM, checkFor, type JwtCheck, type JwtCheckOptions, limitOf } from './check.js';
import type { JwtCheckCounterexample, JwtCheckRefusal } from './refusal.js';

/** The check, or every reason why there is none. */
export type CompiledJwtCheck =
  | { readonly check: JwtCheck; readonly refusals: readonly [] }
  | { readonly check?: undefined; readonly refusals: readonly JwtCheckRefusal[] };

/**
 * The check of a load balancer before the gateway, for a public service. It is made only where it refuses nothing that the
 * policy admits, but for what it always refuses (`stricterThan`): what it would refuse besides is told with a request.
 */
export function compileJwtCheck(options: JwtCheckOptions): CompiledJwtCheck {
  const { policy, service } = options;
  const found = [...withoutToken(policy, service), ...ofTokens(options)];
  if (found.length > 0) return { refusals: found };
  const [issuer] = issuersOf(policy, service);
  const check = checkFor(policy.issuers[issuer!]!, {
    audience: policy.services[service]!.audiences[issuer!]![0]!,
    jwksEndpoint: options.jwksUris[issuer!]!,
    format: options.audience,
  });
  const limit = limitOf(check);
  if (limit === undefined) return { check, refusals: [] };
  const why = `the check would have ${limit}`;
  return {
    refusals: [{ feature: 'limit', why, remedy: 'leave the check out: the gateway looks at all of it' }],
  };
}

/** What comes without a token and is answered all the same. */
function withoutToken(policy: Policy, service: string): JwtCheckRefusal[] {
  const { login, cors, rules, authority } = policy.services[service]!;
  const found: JwtCheckRefusal[] = [];
  if (login) {
    found.push({
      feature: 'login',
      why: 'a browser that has not signed in yet has no token, and its session is no token that a load balancer reads',
      remedy: 'leave the check out',
      ...shown(policy, signInRequest(authority)),
    });
  }
  if (
    rules.some((rule) => rule.effect === 'allow' && rule.principals.some(({ kind }) => kind === 'anyone'))
  ) {
    found.push({
      feature: 'public operation',
      why: 'anyone() may come without a token, and the check wants one of every request',
      remedy: 'move the public operations into a service of their own, or leave the check out',
      ...shown(
        policy,
        admittedRequest(policy, service, (request) =>
          request.credential.kind === 'none' ? request : undefined,
        ),
      ),
    });
  }
  if (cors) {
    found.push({
      feature: 'preflight',
      why: 'a browser asks by a preflight before it sends a token (Fetch standard)',
      remedy: 'leave `cors` out where no page calls the service, or leave the check out',
      ...shown(policy, preflightRequest(policy, service)),
    });
  }
  return found;
}

/** Tokens that are good, and that the check cannot be told of. */
function ofTokens({ policy, service }: JwtCheckOptions): JwtCheckRefusal[] {
  const [issuer, second] = issuersOf(policy, service);
  if (issuer === undefined) {
    const why = 'no client is admitted by a token, so every request would be refused';
    return [{ feature: 'no token', why, remedy: 'leave the check out' }];
  }
  const example = (change: (request: Request) => Request | undefined) =>
    shown(policy, admittedRequest(policy, service, change));
  const { profile, issuer: iss } = policy.issuers[issuer]!;
  const found: JwtCheckRefusal[] = [];
  if (second !== undefined) {
    const other = policy.issuers[second]!.issuer;
    found.push({
      feature: 'second issuer',
      why: `rules admit tokens of ${iss} and of ${other}, and a check knows one issuer`,
      remedy: 'give the users of one a service of their own, or leave the check out',
      ...example(withToken((token) => (token.claims['iss'] === other ? token : undefined))),
    });
  }
  if (policy.dpop) {
    found.push({
      feature: 'proof',
      why: 'a token that is bound to a key comes by the scheme DPoP, and the check reads Bearer',
      remedy: 'leave the check out',
      ...example(withProof),
    });
  }
  const alg = profile.algorithms.find((algorithm) => algorithm !== ALGORITHM);
  if (alg !== undefined) {
    found.push({
      feature: 'algorithm',
      why: `tokens of ${iss} may be signed by ${alg}, and the check verifies ${ALGORITHM} alone`,
      remedy: `say \`algorithms: ['${ALGORITHM}']\` of the provider if that is all that it signs by, or leave the check out`,
      ...example(
        withToken((token) =>
          token.claims['iss'] === iss ? { ...token, header: { ...token.header, alg } } : undefined,
        ),
      ),
    });
  }
  const audience = policy.services[service]!.audiences[issuer]![1];
  if (audience !== undefined) {
    found.push({
      feature: 'second audience',
      why: 'several audiences are accepted, and whether one of several values is enough for the check AWS does not say',
      remedy: 'leave `sharedAudience` out, or the check',
      ...example(
        withToken((token) =>
          token.claims['iss'] === iss
            ? { ...token, claims: { ...token.claims, [profile.audienceClaim]: audience } }
            : undefined,
        ),
      ),
    });
  }
  return found;
}

/** Whose tokens admit clients to a service, by name. */
function issuersOf({ services, issuers }: Policy, service: string): string[] {
  const { rules, audiences } = services[service]!;
  const named = (rule: AccessRule) =>
    rule.principals.flatMap((principal) => (principal.kind === 'token' ? principal.issuer : []));
  const found = new Set(rules.filter(({ effect }) => effect === 'allow').flatMap(named));
  return Object.keys(issuers).filter((name) => found.has(name) && (audiences[name] ?? []).length > 0);
}

/** The request with what the gateway says, if that is no refusal. */
function shown(
  policy: Policy,
  request: Request | undefined,
): { readonly counterexample?: JwtCheckCounterexample } {
  if (!request) return {};
  const { outcome: reference } = decide(indexPolicy(policy), request);
  if (reference !== 'allow' && reference !== 'preflight' && reference !== 'login') return {};
  return { counterexample: { request, reference } };
}
