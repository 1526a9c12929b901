import { type Facts, holds } from '../../../lib/policy/condition.js';
import { type IndexedRule, rulesFor } from '../../../lib/policy/index-rules.js';
import { pathOf } from '../../../lib/policy/canonical.js';
import {
  type AccessRule,
  endOf,
  type PolicyCondition,
  type PolicyPrincipal,
} from '../../../lib/policy/policy.js';
import { isAdmitted, isDenied } from '../../../lib/policy/principal.js';
import { RevocationIndex } from '../../../lib/policy/revocation.js';
import { judgeToken } from '../../../lib/policy/token.js';
import { PITFALL_NUMBERS, pitfallsOf } from '../../equality/pitfalls.js';
import { isGrpc } from '../support/outcome.js';
import type { Applied, Tried } from './ground.js';

const POINTS = ['gateway', 'sidecar'] as const;
const BEHIND_EDGE = 'behind an edge';

/** The counts of a run that was interrupted. */
export interface CountedBefore {
  readonly pairs: number;
  readonly counts: Readonly<Record<string, number>>;
}
const OUTCOMES = ['nonCanonical', 'invalidToken', 'tokenRequired', 'stepUp', 'forbidden', 'allow'] as const;
const CONDITIONS = [
  'multiFactor',
  'signedInWithin',
  'compliantDevice',
  'senderConstrained',
  'sourceNetwork',
  'claim contains',
  'claim equals',
  'claim presentAndNot',
] as const;
const TOKEN_FAULTS = [
  'not one `Bearer` or `DPoP` token of three base64url parts',
  'header or payload is not a JSON object',
  'issuer',
  'size',
  'algorithm',
  'key id',
  'critical header',
  'type',
  'signature',
  'claim sub',
  'claim jti',
  'claim aud',
  'claim iat',
  'claim token_use',
  'claim ver',
  'expiry',
  'expired',
  'not before',
  'lifetime',
  'audience',
  'revoked',
] as const;

/** Whatever a run must have met at least once; otherwise it has shown less than it says. */
const requiredAt = (points: readonly (typeof POINTS)[number][]): readonly string[] => [
  ...points.flatMap((point) => [
    ...OUTCOMES.map((outcome) => `${point}: ${outcome}`),
    // Each condition as the one thing on which the decision hung.
    ...CONDITIONS.flatMap((kind) => [
      `${point}: allow, ${kind} holds`,
      `${point}: allow, ${kind} fails`,
      `${point}: deny, ${kind} holds`,
      `${point}: deny, ${kind} fails`,
    ]),
    ...['anyone', 'user', 'pipeline'].flatMap((kind) => [
      `${point}: admits ${kind}`,
      `${point}: refuses ${kind}`,
    ]),
    `${point}: would refuse`,
    `${point}: would allow`,
    `${point}: expired audit`,
    `${point}: emergency deny`,
    `${point}: rule withdrawn`,
    `${point}: admits until an end`,
    `${point}: rule over`,
  ]),
  ...(points.includes('gateway') ? ['gateway: preflight', 'gateway: never a workload'] : []),
  ...(points.includes('sidecar')
    ? [
        'sidecar: admits workload',
        'sidecar: admits delegated',
        'sidecar: refuses workload',
        'sidecar: user without a gateway',
      ]
    : []),
  ...TOKEN_FAULTS.map((fault) => `token ${fault}`),
  ...['token', 'session', 'client', 'subject', 'subject before'].map((kind) => `revoked by ${kind}`),
  'in gRPC',
  'in HTTP/1.1',
  'in HTTP/2',
];

/** One decided request, as far as it is counted. */
export type Counted = Pick<Tried, 'request' | 'expected'>;

/** What the requests of a run met, and how often. */
export class Statistics {
  readonly #counts: Map<string, number>;
  readonly #required: readonly string[];
  pairs: number;

  /** With what an interrupted run had counted. */
  constructor(
    points: readonly (typeof POINTS)[number][] = POINTS,
    before?: CountedBefore,
    { behindEdge = false }: { readonly behindEdge?: boolean } = {},
  ) {
    this.#required = [
      ...requiredAt(points),
      ...(behindEdge ? OUTCOMES.map((outcome) => `${BEHIND_EDGE}: ${outcome}`) : []),
    ];
    this.#counts = new Map(Object.entries(before?.counts ?? {}));
    this.pairs = before?.pairs ?? 0;
  }

  add({ index }: Pick<Applied, 'index'>, tried: Counted, http: 1 | 2): void {
    this.pairs += 1;
    const { request, expected } = tried;
    const point = request.point.kind;
    this.#count(`${point}: ${expected.outcome}`);
    this.#count(http === 1 ? 'in HTTP/1.1' : 'in HTTP/2');
    if (request.point.kind === 'gateway' && request.point.behindEdge)
      this.#count(`${BEHIND_EDGE}: ${expected.outcome}`);
    if (isGrpc(request.headers)) this.#count('in gRPC');
    for (const pitfall of pitfallsOf(request)) this.#count(`pitfall ${pitfall}`);
    if (expected.outcome === 'invalidToken') this.#count(expected.reason);
    if (expected.reason === 'emergency deny') this.#count(`${point}: emergency deny`);
    if (expected.wouldRefuse !== undefined) this.#count(`${point}: would refuse`);
    if (expected.wouldAllow !== undefined) this.#count(`${point}: would allow`);
    if (expected.service === undefined || expected.outcome === 'nonCanonical') return;

    const { service } = expected;
    const { now } = request;
    if (expected.reason === 'token revoked') this.#revoked(tried, index);
    const verdict = judgeToken(index, service, request.credential, now);
    if (verdict.kind === 'invalid' || expected.outcome === 'preflight') return;
    const throughGateway =
      point === 'gateway' || index.policy.gateways.some((gateway) => gateway === request.peer);
    const facts: Facts = {
      request,
      now,
      throughGateway,
      ...(verdict.kind === 'valid' && { token: verdict.token }),
    };
    for (const entry of rulesFor(index, service, request.method, pathOf(request.path))) {
      this.#rule(entry, facts, index, tried);
    }
  }

  /** Add what was counted elsewhere. */
  take({ pairs, counts }: CountedBefore): void {
    this.pairs += pairs;
    for (const [name, count] of Object.entries(counts)) this.#count(name, count);
  }

  /** An engine was asked once more. */
  engine(name: string): void {
    this.#count(`engine ${name}`);
  }

  /** Of the rules of one policy: how many there are, and how many decided some request. */
  rules(all: number, decided: number): void {
    this.#count('rules', all);
    this.#count('rules that decided', decided);
  }

  /** How often each engine was asked. */
  engines(): [name: string, count: number][] {
    return [...this.#counts].flatMap(([name, count]): [string, number][] =>
      name.startsWith('engine ') ? [[name.slice('engine '.length), count]] : [],
    );
  }

  /** How many rules the random policies had, and how many of them decided some request. */
  decidingRules(): { all: number; decided: number } {
    return { all: this.#counts.get('rules') ?? 0, decided: this.#counts.get('rules that decided') ?? 0 };
  }

  /** Pitfalls that no request went for, by number. */
  missingPitfalls(): number[] {
    const met = new Set(this.pitfalls().map(([number]) => number));
    return PITFALL_NUMBERS.filter((number) => !met.has(number));
  }

  /** What the run should have met and has not. */
  missing(): string[] {
    return this.#required.filter((name) => !this.#counts.has(name));
  }

  toJSON(): CountedBefore {
    return { pairs: this.pairs, counts: Object.fromEntries(this.#counts) };
  }

  /** How often each outcome was right, over all points. */
  outcomes(): [outcome: string, count: number][] {
    return [...OUTCOMES, 'preflight'].map((outcome) => [
      outcome,
      POINTS.reduce((sum, point) => sum + (this.#counts.get(`${point}: ${outcome}`) ?? 0), 0),
    ]);
  }

  /** Pitfalls that a request went for, with how many did. */
  pitfalls(): [number: number, count: number][] {
    return [...this.#counts]
      .filter(([name]) => name.startsWith('pitfall '))
      .map(([name, count]): [number, number] => [Number(name.slice('pitfall '.length)), count])
      .sort(([a], [b]) => a - b);
  }

  /** A line for each thing, the rarest first. */
  table(): string {
    return this.#required
      .map((name) => [this.#counts.get(name) ?? 0, name] as const)
      .sort(([a], [b]) => a - b)
      .map(([count, name]) => `${String(count).padStart(8)}  ${name}`)
      .join('\n');
  }

  #rule(
    rule: IndexedRule,
    facts: Facts,
    { revocations, policy }: Applied['index'],
    { expected }: Counted,
  ): void {
    const point = facts.request.point.kind;
    const { effect } = rule;
    const speaksOf = (principal: PolicyPrincipal) =>
      effect === 'allow' ? isAdmitted(principal, facts) : isDenied(principal, facts);
    const spoken = rule.principals.filter(speaksOf);
    const failing = rule.conditions.filter((condition) => !holds(condition, facts));
    if (rule.auditUntil !== undefined) {
      if (facts.now < rule.auditUntil) return;
      if (expected.rule === rule.id) this.#count(`${point}: expired audit`);
    }
    const end = endOf(rule);
    if (end !== undefined) {
      const isOver = facts.now >= end;
      if (isOver && spoken.length > 0 && failing.length === 0) this.#count(`${point}: rule over`);
      if (isOver) return;
      if (expected.outcome === 'allow' && expected.rule === rule.id)
        this.#count(`${point}: admits until an end`);
    }
    if (effect === 'allow' && revocations.withdraws(rule.id, facts.now)) {
      if (spoken.length > 0 && failing.length === 0) this.#count(`${point}: rule withdrawn`);
      return;
    }
    if (spoken.length > 0) this.#conditions(rule, failing, point);
    const decides = expected.rule === rule.id;
    for (const principal of rule.principals) {
      const kind = kindOf(principal, policy);
      if (decides && spoken.includes(principal)) {
        this.#count(`${point}: ${effect === 'allow' ? 'admits' : 'refuses'} ${kind}`);
      }
      if (spoken.includes(principal) || effect === 'deny') continue;
      if (point === 'gateway' && principal.kind === 'workload') this.#count('gateway: never a workload');
      const isUser = principal.kind === 'token' && facts.token?.issuer === principal.issuer;
      if (isUser && !facts.throughGateway) this.#count('sidecar: user without a gateway');
    }
  }

  #conditions(rule: AccessRule, failing: readonly PolicyCondition[], point: string): void {
    for (const condition of rule.conditions) {
      const name = `${point}: ${rule.effect}, ${nameOf(condition)}`;
      if (failing.length === 0) this.#count(`${name} holds`);
      else if (failing.length === 1 && failing[0] === condition) this.#count(`${name} fails`);
    }
  }

  #revoked({ request }: Counted, { byIssuer, policy, revocations }: Applied['index']): void {
    if (request.credential.kind !== 'jwt') return;
    const { claims } = request.credential;
    const { iss } = claims;
    const name = (typeof iss === 'string' && byIssuer.get(iss)) || '';
    const issuer = policy.issuers[name];
    if (!issuer) return;
    for (const entry of revocations.document.entries) {
      const alone = new RevocationIndex({ version: 1, entries: [entry] });
      if (!alone.revokes(name, issuer, claims, request.now)) continue;
      const isBefore = entry.kind === 'subject' && entry.before !== undefined;
      this.#count(`revoked by ${entry.kind}${isBefore ? ' before' : ''}`);
    }
  }

  #count(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }
}

function nameOf(condition: PolicyCondition): string {
  return condition.kind === 'claim' ? `claim ${condition.test.test}` : condition.kind;
}

function kindOf(principal: PolicyPrincipal, policy: Applied['index']['policy']): string {
  switch (principal.kind) {
    case 'anyone':
      return 'anyone';
    case 'token':
      return policy.issuers[principal.issuer]?.kind ?? '';
    case 'workload':
      return principal.forUser ? 'delegated' : 'workload';
  }
}
