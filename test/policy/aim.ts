import fc from 'fast-check';
import type {
  AccessRule,
  ClaimTest,
  Json,
  PolicyCondition,
  PolicyPrincipal,
  Request,
} from '../../lib/policy/index.js';
import { AUDIENCES, anyRequest } from './arbitrary.js';
import { BUILDS, GATEWAY, NOW, PARTNERS, PEOPLE, token } from './fixture.js';

/** Rules and a request that most of the time is made for one of them, so that all outcomes are met. */
export function scene(rules: fc.Arbitrary<AccessRule[]>): fc.Arbitrary<[AccessRule[], Request]> {
  const chances = fc.array(fc.nat(99), { minLength: 5, maxLength: 5 });
  return fc
    .tuple(rules, anyRequest, fc.nat(1000), chances)
    .map(([own, request, at, chance]) => [own, aimed(own, request, at, chance)]);
}

const ISS: { readonly [issuer: string]: string } = { people: PEOPLE, partners: PARTNERS, builds: BUILDS };

/** The request changed to fit a rule: its operation, who it is for, and its conditions, each by its chance. */
function aimed(
  rules: readonly AccessRule[],
  request: Request,
  at: number,
  chance: readonly number[],
): Request {
  const rule = rules[at % (rules.length || 1)];
  const [operation = 0, who = 0, what = 0, strong = 0] = chance;
  if (!rule || operation >= 90) return request;
  const [method = '', template = ''] = rule.operations[at % rule.operations.length]!.split(' ');
  const path = template.replace(/\{[^/]*\}/g, 'b').replace(/\/\*\*$/, at % 2 ? '/a' : '') || '/';
  let aim: Request = { ...request, method, path };
  const principal = rule.principals[at % rule.principals.length]!;
  if (who < 80) aim = as(principal, aim);
  if (what < 70) {
    // Without what an authentication shows, so that a step-up would help.
    const wanted = rule.conditions.filter(
      ({ kind }) => strong < 60 || (kind !== 'multiFactor' && kind !== 'signedInWithin'),
    );
    for (const condition of wanted) aim = meeting(condition, aim);
  }
  return aim;
}

/** The request as a principal makes it. */
function as(principal: PolicyPrincipal, request: Request): Request {
  const { peer: _, ...atGateway } = request;
  if (principal.kind === 'workload') {
    const { certificateThumbprint: __, provenKey: ___, ...atSidecar } = request;
    const called: Request = {
      ...atSidecar,
      point: { kind: 'sidecar', service: 'orders' },
      authority: 'orders.shop.test',
      peer: principal.spiffeId,
    };
    return principal.forUser ? carrying(principal.forUser, called) : called;
  }
  const through: Request =
    request.point.kind === 'gateway'
      ? { ...atGateway, authority: 'orders.shop.test' }
      : { ...request, peer: GATEWAY };
  return principal.kind === 'anyone' ? through : carrying(principal, through);
}

function carrying(
  { issuer, claims }: { issuer: string; claims: readonly ClaimTest[] },
  request: Request,
): Request {
  return claims.reduce((one, test) => claiming(test, one), withClaims(request, { iss: ISS[issuer]! }));
}

function meeting(condition: PolicyCondition, request: Request): Request {
  switch (condition.kind) {
    case 'multiFactor':
      return withClaims(request, { amr: ['mfa'] });
    case 'signedInWithin':
      return withClaims(request, { auth_time: NOW - 60 });
    case 'compliantDevice':
      return withClaims(request, { device: { compliant: true } });
    case 'claim':
      return claiming(condition.test, request);
    case 'senderConstrained': {
      const bound = withClaims(request, { cnf: { 'x5t#S256': 'bound' } });
      return request.point.kind === 'gateway' ? { ...bound, certificateThumbprint: 'bound' } : bound;
    }
    case 'dpop': {
      const proven = withClaims(request, { cnf: { jkt: 'proven' } });
      return request.point.kind === 'gateway' ? { ...proven, provenKey: 'proven' } : proven;
    }
    case 'sourceNetwork':
      return { ...request, sourceAddress: '10.0.0.1' };
  }
}

function claiming({ claim, test, value }: ClaimTest, request: Request): Request {
  const said: Json = test === 'presentAndNot' ? `not ${value}` : value;
  const [name = '', ...rest] = claim;
  return withClaims(request, { [name]: rest.reduceRight<Json>((inner, key) => ({ [key]: inner }), said) });
}

function withClaims(request: Request, claims: { readonly [name: string]: Json }): Request {
  const { credential } = request;
  const base = credential.kind === 'jwt' ? credential.claims : token().claims;
  return { ...request, credential: token({ ...base, aud: AUDIENCES, ...claims }) };
}
