import ipaddr from 'ipaddr.js';
import { pathOf } from '../../canonical.js';
import { claimAt } from '../../claim.js';
import { type Facts, holds, isWithin } from '../../condition.js';
import { decide, type Outcome } from '../../decide.js';
import { indexPolicy, type PolicyIndex } from '../../index-rules.js';
import { credentialOf, isNavigation, loginOf } from '../../login.js';
import { CONNECTION, segmentsOf } from '../../operation.js';
import type { Policy } from '../../policy.js';
import type { Json, JsonObject, Request } from '../../request.js';
import { NO_REVOCATIONS, type RevocationDocument } from '../../revocation.js';
import { isThroughGateway } from '../../through-gateway.js';
import { judgeToken, type ValidToken } from '../../token.js';
import { type CedarAction, NAMESPACE, segmentKey } from './names.js';
import { type Vocabulary, vocabularyDigest, vocabularyOf } from './vocabulary.js';

/** One question to Cedar, in its JSON form for entities and values. */
export interface CedarCall {
  readonly principal: { readonly type: string; readonly id: string };
  readonly action: { readonly type: string; readonly id: string };
  readonly resource: { readonly type: string; readonly id: string };
  readonly context: JsonObject;
  readonly entities: readonly JsonObject[];
}

/** What Cedar must be asked about a request, if anything. */
export type CedarQuestion =
  /** The request's form, its token or a preflight has decided. */
  | { readonly kind: 'decided'; readonly outcome: Outcome }
  | {
      readonly kind: 'ask';
      readonly call: CedarCall;
      /** Asked only if the call is refused: whether that is this outcome, or `forbidden`. */
      readonly otherwise: CedarCall;
      readonly otherwiseOutcome: 'tokenRequired' | 'login' | 'stepUp';
    };

/** A policy laid out for asking. */
export interface CedarIndex {
  /** The policy without its rules: form, services, tokens and revocations are judged by it. */
  readonly bare: PolicyIndex;
  readonly vocabulary: Vocabulary;
}

export function cedarIndex(policy: Policy, revocations: RevocationDocument = NO_REVOCATIONS): CedarIndex {
  const services = Object.entries(policy.services).map(([name, service]) => [
    name,
    { ...service, rules: [] },
  ]);
  const bare: Policy = { ...policy, services: Object.fromEntries(services) as Policy['services'] };
  return { bare: indexPolicy(bare, revocations), vocabulary: vocabularyOf(policy) };
}

/**
 * The point before Cedar: it has verified the token's signature, and everything before the rules it judges
 * as the reference does, by the reference. What is left are the rules, which Cedar judges alone.
 */
export function questionOf({ bare, vocabulary }: CedarIndex, request: Request): CedarQuestion {
  const { outcome, service } = decide(bare, request);
  // Without rules nothing of a known service passes: that is where the rules come in.
  if (outcome !== 'forbidden' || service === undefined) return { kind: 'decided', outcome };
  // Where connections are taken no rule says anything of another request.
  const isOfConnections = bare.policy.services[service]?.protocol === 'tcp';
  if (isOfConnections && request.method !== CONNECTION) return { kind: 'decided', outcome };
  const now = Math.floor(request.now);
  const login = loginOf(bare, service, request);
  const verdict = judgeToken(bare, service, credentialOf(request, login !== undefined), now);
  const token = verdict.kind === 'valid' ? verdict.token : undefined;
  const throughGateway = isThroughGateway(bare.policy, request);
  const facts: Facts = { request, now, throughGateway, ...(token && { token }) };
  const isLedToSignIn = login !== undefined && isNavigation(request.method, request.headers);
  const ask = (action: CedarAction): CedarCall => ({
    principal: CALLER,
    action: { type: `${NAMESPACE}::Action`, id: action },
    resource: { type: `${NAMESPACE}::Service`, id: service },
    context: contextOf(bare, vocabulary, service, facts),
    entities: [
      { uid: CALLER, attrs: callerOf(vocabulary, facts), parents: [] },
      { uid: { type: `${NAMESPACE}::Service`, id: service }, attrs: {}, parents: [] },
    ],
  });
  return {
    kind: 'ask',
    call: ask('call'),
    otherwise: ask(token ? 'stepUp' : 'challenge'),
    otherwiseOutcome: token ? 'stepUp' : isLedToSignIn ? 'login' : 'tokenRequired',
  };
}

/** The outcome by what Cedar answers to each call. Whoever cannot ask must not answer for it. */
export function outcomeOf(question: CedarQuestion, isAllowed: (call: CedarCall) => boolean): Outcome {
  if (question.kind === 'decided') return question.outcome;
  if (isAllowed(question.call)) return 'allow';
  return isAllowed(question.otherwise) ? question.otherwiseOutcome : 'forbidden';
}

/** Always the same: who it is its attributes say, and identifiers end up in logs. */
const CALLER = { type: `${NAMESPACE}::Caller`, id: 'caller' } as const;

function callerOf(vocabulary: Vocabulary, { request, token, throughGateway, now }: Facts): JsonObject {
  return {
    throughGateway,
    // Workloads meet at sidecars; a gateway knows no peers.
    ...(request.point.kind === 'sidecar' && request.peer !== undefined && { peer: request.peer }),
    ...(token && { token: tokenOf(vocabulary, token, now) }),
  };
}

function tokenOf({ texts, values }: Vocabulary, token: ValidToken, now: number): JsonObject {
  const age = signInAge(token, now);
  return {
    issuer: token.issuer,
    ...(age !== undefined && { signInAge: age }),
    texts: found(texts, (path) => textsAt(token, path)),
    values: found(values, (path) => valueAt(token, path)),
  };
}

function found(
  paths: ReadonlyMap<string, readonly string[]>,
  read: (path: readonly string[]) => Json | undefined,
): JsonObject {
  const entries = [...paths].map(([key, path]) => [key, read(path)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** The non-empty strings of a claim; undefined if there is none. */
function textsAt({ claims }: ValidToken, path: readonly string[]): Json | undefined {
  const value = claimAt(claims, path);
  const items: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value ?? null];
  const texts = items.filter((item) => typeof item === 'string' && item !== '');
  return texts.length > 0 ? texts : undefined;
}

/** A boolean or a number as text: Cedar's numbers are whole, and a claim's are not. */
function valueAt({ claims }: ValidToken, path: readonly string[]): string | undefined {
  const value = claimAt(claims, path);
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined;
}

/**
 * Seconds since the sign-in, rounded up; undefined if the issuer does not tell them, or tells of a time
 * further ahead than clocks may differ.
 */
function signInAge({ claims, profile }: ValidToken, now: number): number | undefined {
  const time = profile.authTime && claimAt(claims, profile.authTime);
  if (typeof time !== 'number') return undefined;
  const age = now - time;
  if (age < -profile.profile.clockSkewSeconds) return undefined;
  return Math.min(Math.ceil(age), Number.MAX_SAFE_INTEGER);
}

function contextOf(
  { revocations }: PolicyIndex,
  vocabulary: Vocabulary,
  service: string,
  facts: Facts,
): JsonObject {
  const { request, now } = facts;
  const segments = segmentsOf(pathOf(request.path));
  const source = addressOf(request.sourceAddress);
  return {
    method: request.method,
    path: Object.fromEntries(
      Array.from({ length: vocabulary.segments }, (_, at) => [segmentKey(at), segments[at] ?? '']),
    ),
    now,
    ...(source !== undefined && { source: { __extn: { fn: 'ip', arg: source } } }),
    // True where the address was judged before, and no range would have to hold here.
    sourceJudged: holds({ kind: 'sourceNetwork', ranges: [] }, facts),
    bound: holds({ kind: 'senderConstrained' }, facts),
    proved: holds({ kind: 'dpop' }, facts),
    closed: revocations.closes(service, now),
    withdrawn: withdrawn(revocations.document, now),
    vocabulary: vocabularyDigest(vocabulary),
  };
}

function withdrawn({ entries }: RevocationDocument, now: number): string[] {
  const ids = entries.flatMap((entry) => (entry.kind === 'rule' && now < entry.until ? [entry.rule] : []));
  return [...new Set(ids)];
}

/** As Cedar writes it, an IPv4-mapped one as IPv4; undefined if it is none, which is in no range. */
function addressOf(address: string): string | undefined {
  if (isWithin(address, ANY_IPV4)) return ipaddr.process(address).toString();
  if (isWithin(address, ANY_IPV6)) return new ipaddr.IPv6(ipaddr.IPv6.parse(address).parts).toString();
  return undefined;
}

const ANY_IPV4 = ['0.0.0.0/0'];
const ANY_IPV6 = ['::/0'];
