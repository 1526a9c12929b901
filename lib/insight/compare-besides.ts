import { canonicalJson } from '../plan/json.js';
import type { Plan } from '../plan/plan.js';

/** A member of two plans that decides, that differs, and about which no caller was asked. */
export interface ChangedBesides {
  /** Where it is in the plan: `issuers.people.jwksUri`. */
  readonly path: string;
  /** Absent where there is none. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What callers are asked about; `*` is any name. */
const COMPARED = [
  'policy/dpop',
  ...['issuer', 'scopeClaim', 'multiFactor', 'authTime', 'device'].map(
    (member) => `policy/issuers/*/${member}`,
  ),
  ...[
    'algorithms',
    'tokenType',
    'requiredClaims',
    'presentClaims',
    'audienceClaim',
    'clockSkewSeconds',
    'maxBytes',
    'maxLifetimeSeconds',
  ].map((member) => `policy/issuers/*/profile/${member}`),
  ...['protocol', 'authority', 'public', 'audiences', 'rules'].map((member) => `policy/services/*/${member}`),
  'egress/destinations/*',
  'egress/policy',
  'revocation/document',
] as const;

/** What follows from trust domain and namespace, which are listed, or from what is compared. */
const DERIVED = [
  'policy/gateways',
  'policy/issuers/*/kind',
  'policy/services/*/spiffeId',
  'gateway/*',
  ...['key', 'name', 'protocol', 'authority', 'public', 'audience', 'sidecar'].map(
    (member) => `services/*/${member}`,
  ),
  'egress/key',
  'egress/spiffeId',
  ...['key', 'kind', 'issuer', 'groupsClaim', 'pipelines'].map((member) => `issuers/*/${member}`),
  'data/*/key',
  'proofCheckedAt',
  'delegations',
  'ways',
] as const;

/** What is of the release, and not of the model. */
const OF_THE_RELEASE = ['version', 'diagnostics'] as const;

/** What decides about nobody: limits of rate, size and time, labels, what is logged. */
const UNDECIDING = [
  ...OF_THE_RELEASE,
  'services/*/requestsPerSecond',
  'services/*/connections',
  'data/*/label',
  'certificates',
  'connections',
  'firewall',
  'decisionLog',
] as const;

type Patterns = readonly (readonly string[])[];
const patterns = (...texts: readonly string[]): Patterns => texts.map((text) => text.split('/'));
const LEFT_OUT = patterns(...COMPARED, ...DERIVED, ...UNDECIDING);
const NO_LIMITS = patterns(...COMPARED, ...DERIVED, ...OF_THE_RELEASE);

/**
 * Whatever else differs. A member of the plan that nobody thought of here is listed, so that "the same" is never said of
 * what was not looked at.
 */
export function changedBesides(before: Plan, after: Plan): ChangedBesides[] {
  return [...changes(withoutReasons(before), withoutReasons(after), [], LEFT_OUT)];
}

/** What decides about nobody, and differs: limits of rate, size and time, labels, what is logged. */
export function changedLimits(before: Plan, after: Plan): ChangedBesides[] {
  const decides = new Set(changedBesides(before, after).map(({ path }) => path));
  const all = [...changes(withoutReasons(before), withoutReasons(after), [], NO_LIMITS)];
  return all.filter(({ path }) => !decides.has(path));
}

/** An opt-out weakens the same whatever its reason says, and until its end. */
function withoutReasons(plan: Plan): unknown {
  return { ...plan, optOuts: plan.optOuts.map(({ rule, path }) => ({ rule, path })) };
}

function* changes(
  before: unknown,
  after: unknown,
  path: readonly string[],
  leftOut: Patterns,
): Generator<ChangedBesides> {
  if (leftOut.some((pattern) => pattern.length === path.length && leadsTo(path, pattern))) return;
  const isTakenApart =
    (isRecord(before) && isRecord(after)) || leftOut.some((pattern) => leadsTo(path, pattern));
  if (isTakenApart) {
    const [old, next] = [before, after].map((value) => (isRecord(value) ? value : {}));
    for (const name of [...new Set([...Object.keys(old!), ...Object.keys(next!)])].sort()) {
      yield* changes(memberOf(old!, name), memberOf(next!, name), [...path, name], leftOut);
    }
    return;
  }
  if (textOf(before) === textOf(after)) return;
  yield {
    path: path.join('.'),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** Whether a pattern goes through that path, or ends there. */
function leadsTo(path: readonly string[], pattern: readonly string[]): boolean {
  return path.every((name, at) => pattern[at] === '*' || pattern[at] === name);
}

type Members = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberOf(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}
