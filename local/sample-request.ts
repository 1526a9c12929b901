import { explain } from '../lib/insight/explain.js';
import { userToken } from '../lib/insight/token.js';
import type { Plan } from '../lib/plan/plan.js';
import type { Credential } from '../lib/policy/request.js';
import { type User, Users } from './identity/users.js';

/** A GET through the gateway that the plan admits, for a person to try. */
export interface SampleRequest {
  readonly service: string;
  readonly path: string;
  /** Whose token it carries. @default nobody's: anyone is admitted */
  readonly caller?: { readonly issuer: string; readonly user: string };
}

/** The people whom an issuer knows, by name. */
export type People = (issuer: string) => readonly (readonly [name: string, user: User])[];

/** The people of a file; nobody without one, or while it is not valid. */
export function peopleOf(path: string | undefined): People {
  try {
    const users = new Users(path, () => {});
    return (issuer) => users.at(issuer);
  } catch {
    return () => [];
  }
}

/** The first request of a plan that is admitted for anyone, else for one of the people; none if there is none. */
export function sampleRequest(plan: Plan, people: People): SampleRequest | undefined {
  const anyones = candidates(plan).find((request) => isAdmitted(plan, request, { kind: 'none' }));
  if (anyones) return anyones;
  return Object.keys(plan.issuers)
    .map((issuer) => userRequest(plan, issuer, people))
    .find((request) => request !== undefined);
}

/** The first request that is admitted for one of the people of an issuer. */
export function userRequest(plan: Plan, issuer: string, people: People): SampleRequest | undefined {
  if (plan.policy.issuers[issuer]?.kind !== 'user') return undefined;
  for (const request of candidates(plan)) {
    for (const [name, user] of people(issuer)) {
      const token = tokenOf(plan, issuer, request.service, name, user);
      if (isAdmitted(plan, request, token)) return { ...request, caller: { issuer, user: name } };
    }
  }
  return undefined;
}

/** What the rules of public services name, with `1` for every parameter. */
function candidates(plan: Plan): SampleRequest[] {
  return plan.gateway.services
    .filter((service) => plan.services[service]?.protocol === 'http')
    .flatMap((service) =>
      (plan.policy.services[service]?.rules ?? [])
        .filter(({ effect }) => effect === 'allow')
        .flatMap(({ operations }) => operations)
        .filter((operation) => operation.startsWith('GET '))
        .map((operation) => ({ service, path: pathOf(operation.slice('GET '.length)) })),
    );
}

function pathOf(template: string): string {
  return template.replace(/\/\*\*$/, '').replaceAll(/\{[^}]*\}/g, '1') || '/';
}

function isAdmitted(plan: Plan, { service, path }: SampleRequest, credential: Credential): boolean {
  const authority = plan.services[service]?.authority ?? '';
  const now = Math.floor(Date.now() / 1000);
  const call = { method: 'GET', authority, path, credential, sourceAddress: '127.0.0.1', now };
  return explain(plan, call).outcome === 'admitted';
}

/** What the provider would give them, without what only a device shows. */
function tokenOf(plan: Plan, issuer: string, service: string, name: string, user: User): Credential {
  const { multiFactor, authTime } = plan.policy.issuers[issuer] ?? {};
  const now = Math.floor(Date.now() / 1000);
  const described = {
    issuer,
    subject: user.sub ?? name,
    groups: user.groups,
    scopes: user.scopes ?? [],
    claims: user.claims,
    ...(multiFactor && user.mfa && { multiFactor: true }),
    ...(authTime && { signedInAgo: 0 }),
  };
  return userToken(plan, service, described, now);
}
