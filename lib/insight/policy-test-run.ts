import { type Diagnostic, ZeroTrustError } from '../diagnostic.js';
import { suggestion } from '../model/suggest.js';
import type { Plan } from '../plan/plan.js';
import type { Outcome } from '../policy/decide.js';
import { calledService } from '../policy/called-service.js';
import type { Credential } from '../policy/request.js';
import { planIndex } from './plan-index.js';
import { type Asked, parseConnection, resolvedConnection } from './connection.js';
import { Coverage, type CoverageReport, rulesOf } from './coverage.js';
import { type Call, explain, type PointExplanation, requestsOf } from './explain.js';
import type { PolicyTest, PolicyTestSuite, TestUser, TestWho } from './policy-test.js';
import { claimsToken, pipelineToken, userToken } from './token.js';

/** What became of one test. */
export interface PolicyTestResult {
  readonly name: string;
  readonly test: PolicyTest;
  readonly passed: boolean;
  /** What was to be decided, and what was: `forbidden by no-contractors`. */
  readonly expected: string;
  readonly decided: string;
  /** The point that decided; absent if the test cannot be asked. */
  readonly point?: string;
  /** Why it was decided so: for people, not stable. */
  readonly because: readonly string[];
  /** What is wrong with the test itself: it speaks of what the model does not have. */
  readonly fault?: Diagnostic;
}

export interface PolicyTestReport {
  readonly results: readonly PolicyTestResult[];
  readonly passed: boolean;
  readonly coverage: CoverageReport;
}

/** An address that is in no network (RFC 5737), so that no rule on networks holds unless one is said. */
const NOWHERE = '192.0.2.1';
/** The certificate, or the key, that a client with a bound token has: any will do, as long as it is the same. */
const CLIENTS_OWN = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';

/** Ask a plan about every test. Pure but for the clock, which only tests without an `at` are about. */
export function runPolicyTests(plan: Plan, { tests, at }: PolicyTestSuite): PolicyTestReport {
  const coverage = new Coverage(plan);
  const now = at === undefined ? Math.floor(Date.now() / 1000) : secondsOf(at);
  const results = tests.map((test) => run(plan, test, now, coverage));
  return { results, passed: results.every(({ passed }) => passed), coverage: coverage.report() };
}

/** For a test runner: throws `ZeroTrustError` with `policy-test-failed` if it is decided otherwise. */
export function assertPolicy(plan: Plan, test: PolicyTest): void {
  const { results } = runPolicyTests(plan, { tests: [test] });
  for (const { passed, fault, name, expected, decided, because } of results) {
    if (fault) throw new ZeroTrustError(fault.code, fault.message, [fault]);
    if (passed) continue;
    const lines = [`${name}:`, `  expected: ${expected}`, `  decided:  ${decided}`, ...because.map(indented)];
    throw new ZeroTrustError('policy-test-failed', lines.join('\n'));
  }
}

/** What a test is called in a report. */
export function nameOf(test: PolicyTest): string {
  if (test.name !== undefined) return test.name;
  const carrier = test.who === undefined ? '' : ` as ${whoText(test.who)}`;
  return `${test.request}${test.peer === undefined ? '' : ` from ${test.peer}`}${carrier}`;
}

function run(plan: Plan, test: PolicyTest, now: number, coverage: Coverage): PolicyTestResult {
  const expected = said(test.expect, test.rule === 'none' ? undefined : test.rule);
  const common = { name: nameOf(test), test, expected };
  try {
    checkNames(plan, test);
    const call = callOf(plan, test, now);
    const deciding = decidingPoint(explain(plan, call).points);
    const { point, decision, because } = deciding;
    const passed = isExpected(test, deciding);
    const seen = requestsOf(plan, call).find(({ key }) => key === point);
    if (passed && seen) coverage.add(point, seen.request, decision);
    return {
      ...common,
      passed,
      decided: [said(decision.outcome, decision.rule), ...watched(deciding)].join('; '),
      expected: [expected, ...watched({ decision: test })].join('; '),
      point,
      because,
    };
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    const fault: Diagnostic = error.diagnostics[0] ?? {
      code: error.code,
      severity: 'error',
      path: '',
      message: error.message,
    };
    return { ...common, passed: false, decided: 'nothing: the test cannot be asked', because: [], fault };
  }
}

/**
 * The first point that does not pass the request on; or if all do, the first that admits it, where the connection of
 * whoever calls ends: only there are its address, certificate and proof seen. The points behind take them as shown.
 */
function decidingPoint(points: readonly PointExplanation[]): PointExplanation {
  const reached = points.filter((point) => point.reached);
  const answering = reached.find(({ status }) => status !== undefined);
  return answering ?? reached.find(({ decision }) => decision.outcome === 'allow') ?? reached.at(-1)!;
}

function isExpected(test: PolicyTest, { decision }: PointExplanation): boolean {
  const is = (wanted: string | undefined, found: string | undefined) =>
    wanted === undefined || (wanted === 'none' ? undefined : wanted) === found;
  return (
    test.expect === decision.outcome &&
    is(test.rule, decision.rule) &&
    is(test.wouldAllow, decision.wouldAllow) &&
    is(test.wouldRefuse, decision.wouldRefuse)
  );
}

function callOf(plan: Plan, test: PolicyTest, suiteNow: number): Call {
  const now = test.at === undefined ? suiteNow : secondsOf(test.at);
  const asked = resolvedConnection(plan, askedOf(test.request));
  const user = typeof test.who === 'object' && 'user' in test.who ? test.who : undefined;
  return {
    ...asked,
    headers: Object.entries(test.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    credential: credentialOf(plan, test.who, asked.authority, now),
    sourceAddress: test.from ?? NOWHERE,
    now,
    ...(test.peer !== undefined && { workload: test.peer }),
    ...(user?.bound && { certificateThumbprint: CLIENTS_OWN }),
    ...(user?.proven && { provenKey: CLIENTS_OWN }),
  };
}

function askedOf(request: string): Asked {
  const connection = parseConnection(request);
  if (connection) return connection;
  const [, method = '', authority = '', path = ''] = /^(\S+) https:\/\/([^/?#]*)(.*)$/s.exec(request) ?? [];
  return { method, authority, path: path === '' ? '/' : path };
}

function credentialOf(plan: Plan, who: TestWho | undefined, authority: string, now: number): Credential {
  if (who === undefined) return { kind: 'none' };
  const service = calledService(planIndex(plan), authority);
  const [kind, name = ''] = typeof who === 'string' ? [who.split(':', 1)[0], who.replace(/^[^:]*:/, '')] : [];
  if (kind === 'user') return userToken(plan, service, { issuer: name }, now);
  if (kind === 'pipeline') return pipelineToken(plan, service, name, now);
  if (typeof who === 'string') return { kind: 'none' };
  if ('token' in who) return claimsToken(plan, who.token);
  if ('pipeline' in who) return pipelineToken(plan, service, who.pipeline, now);
  return userToken(plan, service, described(who), now);
}

function described({ user, mfa, signedIn, bound, proven, ...rest }: TestUser) {
  return {
    issuer: user,
    ...rest,
    ...(mfa !== undefined && { multiFactor: mfa }),
    ...(signedIn !== undefined && { signedInAgo: durationOf(signedIn) }),
    ...(bound && { boundTo: CLIENTS_OWN }),
    ...(proven && { provenBy: CLIENTS_OWN }),
  };
}

/** A rule or a workload that the model does not have is a mistake of the test, never a refusal that was expected. */
function checkNames(plan: Plan, test: PolicyTest): void {
  const services = Object.keys(plan.services);
  if (test.peer !== undefined && !services.includes(test.peer)) {
    throw unknown('unknown-service', 'peer', `the model has no service "${test.peer}"`, services);
  }
  const rules = rulesOf(plan).map(({ id }) => id);
  for (const key of ['rule', 'wouldAllow', 'wouldRefuse'] as const) {
    const id = test[key];
    if (id === undefined || id === 'none' || rules.includes(id)) continue;
    throw unknown('unknown-rule', key, `the model has no rule "${id}"`, rules);
  }
}

function unknown(code: string, path: string, message: string, known: readonly string[]): ZeroTrustError {
  const meant = suggestion(/"(.*)"/.exec(message)?.[1] ?? '', known);
  const help = meant === undefined ? { expected: known.join(', ') } : { remedy: `did you mean "${meant}"?` };
  return new ZeroTrustError(code, message, [{ code, severity: 'error', path, message, ...help }]);
}

function said(outcome: Outcome, rule: string | undefined): string {
  return rule === undefined ? outcome : `${outcome} by ${rule}`;
}

function watched({
  decision: { wouldAllow, wouldRefuse },
}: {
  readonly decision: { readonly wouldAllow?: string; readonly wouldRefuse?: string };
}): string[] {
  return [
    ...(wouldAllow === undefined ? [] : [`in audit ${wouldAllow} would admit it`]),
    ...(wouldRefuse === undefined ? [] : [`in audit ${wouldRefuse} would refuse it`]),
  ];
}

function whoText(who: TestWho): string {
  if (typeof who === 'string') return who;
  if ('token' in who) return 'a token by its claims';
  return 'pipeline' in who ? `pipeline:${who.pipeline}` : `user:${who.user}`;
}

function secondsOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

function durationOf(text: string): number {
  return Number(text.slice(0, -1)) * { s: 1, m: 60, h: 3600 }[text.slice(-1) as 's' | 'm' | 'h'];
}

function indented(line: string): string {
  return `  ${line}`;
}
