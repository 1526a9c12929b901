import type { Plan } from '../plan/plan.js';
import { decide, type Decision } from '../policy/decide.js';
import { indexPolicy, type PolicyIndex } from '../policy/index-rules.js';
import { type Caller, NOWHERE } from '../policy/abstract/index.js';
import { changedBesides, type ChangedBesides } from './compare-besides.js';
import { type Change, compareCallers, type Way } from './compare-callers.js';
import { callerOf, countOf, CLIENTS_OWN } from './compare-facts.js';
import { compareEgress, isEgressAlike } from './compare-egress.js';
import { dated, enforcedAt, instantsOf } from './compare-instant.js';
import { type Question, questionsOf, servicesOf } from './compare-questions.js';
import { type Row, withoutContained } from './compare-rows.js';
import { type Call, requestsOf } from './explain.js';

/** Requests that one model admits and the other does not, with one of them. */
export interface PolicyDifference {
  /** `opened`: the new model admits what the old one refused. */
  readonly change: 'opened' | 'closed';
  /** Of a call that leaves: the host outside. */
  readonly service: string;
  readonly method: string;
  /** A path of those that all rules treat alike. */
  readonly path: string;
  /** Who calls: a client through the gateway, or the workload of a service. */
  readonly caller: string;
  /** Abstract requests: callers that the rules tell apart. */
  readonly requests: number;
  /** The least that makes such a request. */
  readonly example: Call;
  readonly before: Pick<Decision, 'outcome' | 'rule'>;
  readonly after: Pick<Decision, 'outcome' | 'rule'>;
  /** Seconds since the epoch from which it is so, if that is not yet: a rule begins to be enforced, or ends. */
  readonly from?: number;
  /** Seconds since the epoch from which it is so no longer, for all of them: a rule ends, or begins. Absent if that never comes. */
  readonly until?: number;
  /**
   * Rows that are left out since everybody whom they open or close it for is in this one, which is of the same request, no
   * later, and lasts as long. Absent if none.
   */
  readonly contains?: number;
}

export interface PolicyComparison {
  readonly differences: readonly PolicyDifference[];
  /** What else decides and is not the same, without an answer whom it admits: keys, trust domains, preflights, sign-in. */
  readonly besides: readonly ChangedBesides[];
  /** Whether both decide alike, as far as is known exactly: nothing differs, nothing else changed, nobody was drawn. */
  readonly isSame: boolean;
  /** Abstract requests that both models decided. */
  readonly requests: number;
  /** Whether these were all: `false` if callers were drawn somewhere, from more than can be told apart exactly. */
  readonly isExact: boolean;
  /** Operations whose callers were not tried one by one: a decision diagram holds them all at once. */
  readonly byDiagram: readonly string[];
  /** Operations at which callers were drawn: their paths, or what a claim means in either model, cannot be told apart. */
  readonly sampled: readonly string[];
}

/** Callers of one operation that are all tried: as many as 16 independent conditions tell apart. */
const MAX_CALLERS = 2 ** 16;

interface Side {
  readonly plan: Plan;
  readonly index: PolicyIndex;
  /** What is enforced at each instant, once it was asked for. */
  readonly enforced: Map<number, PolicyIndex>;
}

/**
 * Which requests one model admits and the other does not. Operation by operation: the paths that no
 * rule of either tells apart, and for each the callers that no rule of it tells apart. Up to as many as 16
 * conditions give each is decided by `decide`, at every point of its way; more are held at once by a
 * decision diagram, and every example is decided.
 *
 * `now` is seconds since the epoch; later instants at which a rule begins to be enforced, or ends, are looked at too.
 */
export function comparePolicies(
  before: Plan,
  after: Plan,
  now: number,
  { maxCallers = MAX_CALLERS }: { readonly maxCallers?: number } = {},
): PolicyComparison {
  const sides = [before, after].map((plan) => ({
    plan,
    index: indexPolicy(plan.policy, plan.revocation.document),
    enforced: new Map<number, PolicyIndex>(),
  }));
  const found: Row[] = [];
  const sampled = new Set<string>();
  const byDiagram = new Set<string>();
  let requests = 0;
  const instants = instantsOf([before, after], now);
  for (const instant of instants) {
    for (const service of servicesOf([before, after])) {
      for (const asked of questionsOf([before, after], service, instant, instant === now)) {
        const count = countOf(asked.facts);
        const operation = `${service}: ${asked.path.method} ${asked.path.path}`;
        const isSmall = count <= maxCallers && asked.facts.isExact;
        const whole = isSmall ? undefined : askAll(sides, asked);
        if (whole) byDiagram.add(operation);
        if (!asked.hasAllPaths || (!isSmall && !whole)) sampled.add(operation);
        const answer = whole ?? ask(sides, asked, Math.min(count, MAX_CALLERS), count);
        requests += answer.requests;
        for (const one of answer.differences) {
          const callers = () => changeOf(sides, asked, one, now);
          found.push({ difference: { ...one, ...(instant !== now && { from: instant }) }, callers });
        }
      }
    }
  }
  for (const instant of instants) {
    const answer = compareEgress(before, after, instant);
    for (const host of answer.sampled) sampled.add(host);
    requests += answer.requests;
    found.push(
      ...answer.differences.map((one) => {
        const isLike = (later: number) => isEgressAlike(before, after, { ...one.example, now: later });
        return { difference: dated(one, instants, instant, isLike) };
      }),
    );
  }
  const differences = withoutContained(found);
  const besides = changedBesides(before, after);
  return {
    differences,
    besides,
    isSame: differences.length === 0 && besides.length === 0 && sampled.size === 0,
    requests,
    isExact: sampled.size === 0,
    byDiagram: [...byDiagram],
    sampled: [...sampled],
  };
}

/** Whether a call is opened, or closed, at a later instant too, as if it were that already: its token is as old then. */
function isSoAt(sides: readonly Side[], call: Call, change: Change['change'], instant: number): boolean {
  const [before, after] = sides.map((side) => {
    const { outcome } = decisionOf({ plan: side.plan, index: indexAt(side, instant) }, call);
    return outcome === 'allow';
  });
  return before === (change === 'closed') && after === (change === 'opened');
}

function indexAt(side: Side, instant: number): PolicyIndex {
  const index = side.enforced.get(instant) ?? enforcedAt(side.plan, instant);
  side.enforced.set(instant, index);
  return index;
}

function ask(sides: readonly Side[], question: Question, tries: number, count: number) {
  const { service, path, workload } = question;
  const differences = new Map<string, PolicyDifference>();
  for (let at = 0; at < tries; at += 1) {
    // Above the limit callers are spread evenly over all of them, by a step that shares no factor with most counts.
    const number = tries === count ? at : (at * 2_654_435_761) % count;
    const { credential, sourceAddress } = callerOf(question.facts, number);
    const call = callOf(question, { credential, sourceAddress });
    const [before, after] = sides.map((side) => decisionOf(side, call));
    if (!before || !after || (before.outcome === 'allow') === (after.outcome === 'allow')) continue;
    const change = after.outcome === 'allow' ? 'opened' : 'closed';
    // Callers for whom it ends at different instants are different rows.
    const until = question.later.find((later) => !isSoAt(sides, call, change, later));
    const row = `${change} ${until}`;
    const known = differences.get(row);
    const example = known && sizeOf(known.example) <= sizeOf(call) ? known.example : call;
    const isKept = known !== undefined && example === known.example;
    differences.set(row, {
      change,
      service,
      method: path.method,
      path: path.path,
      caller: callerText(workload),
      requests: (known?.requests ?? 0) + 1,
      example,
      before: isKept ? known.before : said(before),
      after: isKept ? known.after : said(after),
      ...(until !== undefined && { until }),
    });
  }
  const found = [...differences.values()];
  return {
    differences: found.map((one) => ({ ...one, example: usable(sides, one.example) })),
    requests: tries,
  };
}

/** The same call with what a real token has besides, for points that are stricter, if nothing hangs on it here. */
function usable(sides: readonly Side[], call: Call): Call {
  const { credential, now } = call;
  if (credential.kind !== 'jwt') return call;
  const header = { kid: 'current', ...credential.header };
  const whole: Call = {
    ...call,
    credential: { ...credential, header, claims: { iat: now, ...credential.claims } },
  };
  const isAlike = (side: Side) => decisionOf(side, whole).outcome === decisionOf(side, call).outcome;
  return sides.every(isAlike) ? whole : call;
}

function callOf({ path, authority, now, workload }: Question, caller: Caller): Call {
  return {
    method: path.method,
    authority,
    path: path.path,
    ...caller,
    certificateThumbprint: CLIENTS_OWN,
    provenKey: CLIENTS_OWN,
    now,
    ...(workload !== undefined && { workload }),
  };
}

/** The same for all callers at once; undefined if the models read the issuer's scopes in two ways. */
function askAll(sides: readonly Side[], question: Question) {
  const callers = everyCaller(sides, question);
  if (!callers) return undefined;
  const { service, path, workload } = question;
  const differences = callers.changes.flatMap(({ change, requests, example, until }): PolicyDifference[] => {
    const call = callOf(question, example);
    const [before, after] = sides.map((side) => decisionOf(side, call));
    if (!before || !after || (before.outcome === 'allow') !== (change === 'closed')) throw fault(call);
    if ((after.outcome === 'allow') !== (change === 'opened')) throw fault(call);
    return [
      {
        change,
        service,
        method: path.method,
        path: path.path,
        caller: callerText(workload),
        requests,
        example: usable(sides, call),
        before: said(before),
        after: said(after),
        ...(until !== undefined && { until }),
      },
    ];
  });
  return { differences, requests: callers.requests };
}

/** A diagram that says other than `decide` would make every answer worthless. */
function fault(call: Call): Error {
  return new Error(`the comparison says other than the models about ${JSON.stringify(call)}`);
}

function everyCaller(sides: readonly Side[], question: Question) {
  const ways = sides.map((side) => wayOf(side, question, question.now, side.index));
  const later = question.later.map((instant) => ({
    instant,
    ways: waysAt(sides, question, question.now, instant),
  }));
  return compareCallers(ways, askedOf(question, question.now), later);
}

/** Everybody for whom a question's answer changes so, until then, as if the instant of the question were `now`. */
function changeOf(
  sides: readonly Side[],
  question: Question,
  { change, until }: Pick<PolicyDifference, 'change' | 'until'>,
  now: number,
): Change {
  const at = (instant: number) => waysAt(sides, question, now, instant);
  const lasting = question.later.filter((later) => until === undefined || later < until);
  return {
    change,
    ways: at(question.now),
    later: lasting.map(at),
    ...(until !== undefined && { ended: at(until) }),
    asked: askedOf(question, now),
  };
}

/** The ways under what is enforced at an instant, as if that were so now. */
function waysAt(sides: readonly Side[], question: Question, now: number, instant: number): Way[] {
  return sides.map((side) => wayOf(side, question, now, indexAt(side, instant)));
}

function wayOf({ plan }: Side, question: Question, now: number, index: PolicyIndex): Way {
  if (question.workload !== undefined && !Object.hasOwn(plan.services, question.workload)) {
    return { index, places: [] };
  }
  const call = callOf({ ...question, now }, { credential: { kind: 'none' }, sourceAddress: NOWHERE });
  return { index, places: requestsOf(plan, call).map(({ request }) => request) };
}

function askedOf({ authority, path, facts }: Question, now: number) {
  return { authority, method: path.method, path: path.path, now, issuer: facts.issuer };
}

function callerText(workload: string | undefined): string {
  return workload === undefined ? 'a client' : `the workload ${workload}`;
}

/** The first refusal on the way, or else the last admission; a service or a workload that is not there is refused. */
function decisionOf(
  { plan, index }: Pick<Side, 'plan' | 'index'>,
  call: Call,
): Pick<Decision, 'outcome' | 'rule'> {
  const refused = { outcome: 'forbidden' } as const;
  if (call.workload !== undefined && !Object.hasOwn(plan.services, call.workload)) return refused;
  let decision: Decision | undefined;
  for (const { request } of requestsOf(plan, call)) {
    decision = decide(index, request);
    if (decision.outcome !== 'allow') return decision;
  }
  return decision ?? refused;
}

function said({ outcome, rule }: Pick<Decision, 'outcome' | 'rule'>) {
  return { outcome, ...(rule !== undefined && { rule }) };
}

/** How much an example says: the fewer claims the better to read. */
function sizeOf({ credential, sourceAddress }: Call): number {
  const claims = credential.kind === 'jwt' ? JSON.stringify(credential.claims).length : 0;
  return claims + (sourceAddress === '192.0.2.1' ? 0 : 1);
}
