import type { Plan } from '../lib/plan/plan.js';
import type { AccessRule, Policy } from '../lib/policy/policy.js';
import { type Revocation, revokedClaim, type TokenRevocation } from '../lib/policy/revocation.js';
import { cliError } from './error.js';
import type { RevokeOptions } from './revoke.js';

const KINDS = ['token', 'session', 'client', 'subject', 'rule', 'service', 'workload'] as const;
type Kind = (typeof KINDS)[number];

/** Seconds: the longest `maxTokenLifetimeSeconds` that a model can name, 28 hours. */
const LONGEST_CAPPED = 100_800;
/** Seconds that a token of an issuer without `maxTokenLifetimeSeconds` is taken to live: a year, since no point ends it before its `exp`. */
const LONGEST_UNCAPPED = 365 * 86_400;

/** What `--workload` comes to is several entries. */
export interface AskedRevocations {
  readonly entries: readonly Revocation[];
  /** Callers that lose a rule with the workload, since one rule names both; rule by rule. */
  readonly alsoWithdrawn: readonly string[];
}

/**
 * The entries that are asked for: of a workload one for itself, as a service, and one for each allow that names it.
 * Throws as `revocationEntry` does.
 */
export function revocationEntries(plan: Plan, options: RevokeOptions, now: number): AskedRevocations {
  const [kind, value] = chosen(options);
  if (kind !== 'workload')
    return { entries: [revocationEntry(plan, kind, value, options, now)], alsoWithdrawn: [] };
  const { spiffeId } = plan.services[known('service', value, Object.keys(plan.services))]!.sidecar;
  const until = now + durationOf(options);
  const isIt = (principal: AccessRule['principals'][number]) =>
    principal.kind === 'workload' && principal.spiffeId === spiffeId;
  const rules = allows(plan).filter(({ principals }) => principals.some(isIt));
  return {
    entries: [
      { kind: 'service', service: value, until },
      ...rules.map(({ id }): Revocation => ({ kind: 'rule', rule: id, until })),
    ],
    alsoWithdrawn: rules.filter(({ principals }) => !principals.every(isIt)).map(({ id }) => id),
  };
}

/**
 * One entry. Throws `revocation-kind`, `revocation-duration`, `revocation-without-claim` for what no token of the
 * issuer says, or `unknown-…` for a name that the plan does not have: such an entry would revoke nothing, and nobody
 * would see it.
 */
function revocationEntry(
  plan: Plan,
  kind: Exclude<Kind, 'workload'>,
  value: string,
  options: RevokeOptions,
  now: number,
): Revocation {
  // Names come first: a duration for a name that is not there helps nobody.
  if (kind === 'service') {
    const service = known('service', value, Object.keys(guarded(plan)));
    return { kind, service, until: now + durationOf(options) };
  }
  if (kind === 'rule') {
    const rule = known(
      'rule',
      value,
      allows(plan).map(({ id }) => id),
    );
    return { kind, rule, until: now + durationOf(options) };
  }
  const issuer = issuerOf(plan, options);
  checkClaim(plan, kind, issuer);
  const until = now + durationOf(options, lifeOf(plan, issuer));
  if (kind !== 'subject') return { kind, issuer, value, until };
  return { kind, issuer, value, until, ...(options.before !== undefined && { before: options.before }) };
}

/**
 * Tokens of a pipeline are known by the claims that the model names; GitHub's and GitLab's have no client and no session
 * at all ("OpenID Connect reference", "ID token authentication"), and an entry is never compared with a claim that is
 * not there. Every pipeline has a subject.
 */
function checkClaim({ policy, issuers }: Plan, kind: TokenRevocation['kind'], issuer: string): void {
  const { pipelines } = issuers[issuer]!;
  if (!pipelines || kind === 'token' || kind === 'subject') return;
  const claim = revokedClaim(kind, policy.issuers[issuer]!.profile);
  const claims = Object.values(pipelines);
  if (claims.some((one) => Object.hasOwn(one, claim))) return;
  const subjects = claims.flatMap(({ sub }) => (sub === undefined ? [] : [sub]));
  const known = [...new Set(claims.flatMap((one) => Object.keys(one)))].sort();
  throw cliError('revocation-without-claim', `--${kind}`, 'the entry would revoke nothing', {
    found: `the pipelines of ${issuer} are known by ${known.join(', ')}, and not by \`${claim}\``,
    expected: subjects.map((sub) => `--subject ${JSON.stringify(sub)}`).join(', ') || '--subject',
    remedy: 'revoke the subject, a single --token, or withdraw the --rule',
  });
}

function chosen(options: RevokeOptions): readonly [Kind, string] {
  const given = KINDS.filter((kind) => options[kind] !== undefined);
  const [kind] = given;
  const value = kind && options[kind];
  if (kind === undefined || given.length > 1 || value === undefined || value === '') {
    throw cliError('revocation-kind', '', 'it is not said what to revoke', {
      found: given.length === 0 ? 'nothing' : given.map((one) => `--${one}`).join(', '),
      expected: `one of ${KINDS.map((one) => `--${one}`).join(', ')}`,
    });
  }
  if (options.before !== undefined && kind !== 'subject') {
    throw cliError('revocation-kind', '--before', 'only tokens of a subject are told apart by their time', {
      found: `--${kind}`,
      remedy: 'leave --before out, or name a --subject',
    });
  }
  return [kind, value];
}

/**
 * Seconds after which no token of the issuer is alive: its life, if it was issued as far ahead as clocks may differ
 * and is taken as long after its end, and the second of that end.
 */
function lifeOf({ policy }: Plan, issuer: string): number {
  const { maxLifetimeSeconds, clockSkewSeconds } = policy.issuers[issuer]!.profile;
  const life = maxLifetimeSeconds === undefined ? LONGEST_UNCAPPED : LONGEST_CAPPED;
  return life + 2 * clockSkewSeconds + 1;
}

function durationOf({ for: seconds }: RevokeOptions, unlessSaid?: number): number {
  const duration = seconds ?? unlessSaid;
  if (duration === undefined || duration === 0) {
    throw cliError('revocation-duration', '--for', 'an emergency deny has an end', {
      found: seconds === undefined ? 'none' : '0',
      remedy: 'say for how long, for example --for 4h; until then the model can be changed and deployed',
    });
  }
  return duration;
}

/** Services, and hosts outside, which can be closed as well. */
function guarded({ policy, egress }: Plan): Policy['services'] {
  return { ...policy.services, ...egress?.policy.services };
}

/** The rules that can be withdrawn; without a deny, more would be admitted. */
function allows(plan: Plan): AccessRule[] {
  return Object.values(guarded(plan)).flatMap(({ rules }) =>
    rules.filter(({ effect }) => effect === 'allow'),
  );
}

function issuerOf({ issuers }: Plan, { issuer }: RevokeOptions): string {
  const names = Object.keys(issuers);
  if (issuer !== undefined) return known('issuer', issuer, names);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw cliError('missing-issuer', '--issuer', 'it is not said whose tokens', {
    expected: names.join(', ') || 'a model with a provider',
  });
}

function known(what: 'issuer' | 'rule' | 'service', name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  throw cliError(
    `unknown-${what}`,
    `--${what}`,
    `the model has no such ${what === 'rule' ? 'allow' : what}`,
    {
      found: JSON.stringify(name),
      expected: names.join(', ') || 'none at all',
    },
  );
}
