import { pathOf } from '../../lib/policy/canonical.js';
import { boundKey } from '../../lib/policy/claim.js';
import { seesClient } from '../../lib/policy/condition.js';
import { type Decision, decide } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import type { Issuer } from '../../lib/policy/policy.js';
import type { Point, Request } from '../../lib/policy/request.js';
import { revokedClaim } from '../../lib/policy/revocation.js';
import { endOf, strictFault } from './claims.js';
import { confirmationOf, thumbprintOf } from './confirmation.js';
import type { AuthorizerData } from './data.js';
import type { EdgeRequest } from './edge-request.js';
import { KeySet } from './key-set.js';
import type { IssuerKeyStore } from './key-store.js';
import type { PolicyInForce } from './policy-in-force.js';
import type { AcceptedNonces } from './nonce.js';
import { checkProof, type ProofSeen } from './proof.js';
import { MAX_PART, readSignature } from './strict-json.js';
import { TokenCache, type VerifiedToken } from './token-cache.js';
import { type ReadToken, TokenReader } from './token.js';
import type { ReplayStore } from './replay.js';
import type { Clock } from './refreshed.js';

/** A decision, or that none could be made: what it takes to make one is out of reach. */
export type EdgeDecision =
  | Decision
  | {
      readonly outcome: 'unavailable';
      readonly reason: string;
      readonly service?: string;
      readonly rule?: never;
    };

export interface Verdict {
  readonly decision: EdgeDecision;
  /** A token that was found valid, and its issuer's name in the policy. */
  readonly token?: VerifiedToken;
  /** The proof of possession that came with it, still to be used up. */
  readonly proof?: ProofSeen;
  /** What was wrong with the proof, where that is all that was. */
  readonly proofFault?: string;
}

export interface AuthorizerOptions {
  readonly data: AuthorizerData;
  readonly clock: Clock;
  readonly policy: PolicyInForce;
  readonly keys: ReadonlyMap<string, IssuerKeyStore>;
  /** Where used proofs are remembered, if the policy takes any. */
  readonly replay?: ReplayStore;
  /** The nonces that a proof must carry. @default none */
  readonly nonces?: AcceptedNonces;
  /** Told of each signature that was checked, and of each that was known. */
  readonly onToken?: (how: 'verified' | 'cached') => void;
}

/** A token that was taken apart just now, or one that was verified before. */
type AnyToken = ReadToken | VerifiedToken;

/** No service has it: `.invalid` is reserved (RFC 6761). */
const NO_AUTHORITY = 'none.invalid';
/** Characters of an `Authorization` header: a scheme and the longest token. */
const MAX_VALUE = 'Bearer '.length + MAX_PART;
const NONE = { kind: 'none' } as const;
/** Where it stands unless it is told. */
const AT_GATEWAY: Point = { kind: 'gateway' };
/** A request waits for its policy once and for keys twice; more is an outage. */
const MAX_WAITS = 3;
/**
 * Milliseconds after which a request begins to wait for nothing more. The longest wait takes 3 s, so that it has
 * its answer before API Gateway (10 s) or the function's timeout ends it without a line in the log.
 */
const LAST_WAIT_MILLISECONDS = 2500;

/**
 * Decides requests: reads the token, lets `decide` judge as if its signature were good, and checks the
 * signature only where the decision hangs on it. So whatever is refused for another reason costs none.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #reader = new TokenReader();
  readonly #cache: TokenCache;
  readonly #askers: ReadonlyMap<string, Point>;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#askers = askersOf(options.data);
    this.#cache = new TokenCache(options.data.cacheBytes);
  }

  /** Never throws and never rejects: a fault of its own is no decision. */
  async authorize(request: EdgeRequest): Promise<Verdict> {
    const since = this.#options.clock();
    try {
      for (let waits = 0; ; waits++) {
        const verdict = this.judge(request, since);
        if (!(verdict instanceof Promise)) return verdict.proof ? await this.#useUp(verdict) : verdict;
        if (waits === MAX_WAITS || this.#options.clock() - since > LAST_WAIT_MILLISECONDS) {
          return unavailable('waited long enough', request);
        }
        await verdict;
      }
    } catch (error) {
      return unavailable(error instanceof Error ? error.message : 'unknown', request);
    }
  }

  /** The verdict, or what must end before it can be had. `since` is when the request came, in milliseconds. */
  judge(request: EdgeRequest, since: number): Verdict | Promise<void> {
    const now = this.#options.clock();
    const index = this.#options.policy.get(now);
    if (index instanceof Promise) return index;
    if (index === undefined) return unavailable('what is revoked is not known', request);
    if (request.doubt !== undefined) return refused('nonCanonical', request.doubt, request);
    const place = this.#placeOf(request);
    if (!place) return refused('forbidden', 'asked by nobody of the plan', request);
    const token = this.#read(request, now);
    const decision = decided(index, request, token, now, place);
    if (decision.outcome === 'nonCanonical' || decision.outcome === 'preflight') return { decision };
    if (decision.outcome === 'invalidToken' || token === undefined || typeof token === 'string') {
      return { decision };
    }
    return this.#check(request, token, decision, index, since, now);
  }

  /** Where the request is decided; nowhere, if nobody asks who may. */
  #placeOf({ asker = '', service = '' }: EdgeRequest): Point | undefined {
    const { standsAt = AT_GATEWAY, policy } = this.#options.data;
    if (standsAt.kind !== 'sidecars') return standsAt;
    if (policy.waypoint === undefined) return this.#askers.get(asker);
    // It stands before every service, and holds to its rules for the one that was called.
    return asker === policy.waypoint ? { kind: 'sidecar', service } : undefined;
  }

  /** A token that was verified before, unexpired, and by a key that is still its issuer's. `now` in milliseconds. */
  lookUp(compact: string, now: number): VerifiedToken | undefined {
    const known = this.#cache.find(compact, Math.floor(now / 1000));
    const keys = known && this.#options.keys.get(known.issuer)?.get(now);
    if (known === undefined || !(keys instanceof KeySet)) return undefined;
    if (keys.has(known.key)) return known;
    this.#cache.delete(compact);
    return undefined;
  }

  /** What the `Authorization` headers hold: nothing, a token, or why it is none. */
  #read({ authorization }: EdgeRequest, now: number): AnyToken | string | undefined {
    const [value] = authorization;
    if (value === undefined) return undefined;
    if (authorization.length > 1) return 'several Authorization headers';
    // Before anything reads it: what is too long costs the same however long it is.
    if (value.length > MAX_VALUE) return 'size';
    const isProved = this.#options.data.policy.dpop === true && isProof(value);
    if (!isProved && !value.startsWith('Bearer ')) return 'another scheme';
    const compact = value.slice(isProved ? 'DPoP '.length : 'Bearer '.length);
    return this.lookUp(compact, now) ?? this.#reader.read(compact);
  }

  /** Everything that a decision with a token still hangs on. */
  #check(
    request: EdgeRequest,
    token: AnyToken,
    decision: Decision,
    index: PolicyIndex,
    since: number,
    now: number,
  ): Verdict | Promise<void> {
    const name = index.byIssuer.get(token.claims['iss'] as string)!;
    const issuer = index.policy.issuers[name]!;
    const seconds = Math.floor(now / 1000);
    const fault = strictFault(token, issuer, this.#options.data.maxTokenLifetimeSeconds, seconds);
    if (fault !== undefined) return refused('invalidToken', `token ${fault}`, request);
    const verified = 'key' in token ? token : this.#verify(request, token, name, issuer, since, now);
    if (!('key' in verified)) return verified;
    this.#options.onToken?.(verified === token ? 'cached' : 'verified');
    return this.#confirm(request, verified, decision, index, seconds);
  }

  /** The token with the key that signed it; a refusal if none did; or what must end before that is known. */
  #verify(
    request: EdgeRequest,
    token: ReadToken,
    name: string,
    issuer: Issuer,
    since: number,
    now: number,
  ): VerifiedToken | Verdict | Promise<void> {
    const store = this.#options.keys.get(name);
    const keys = store?.get(now);
    if (keys instanceof Promise) return keys;
    if (!store || !keys) return unavailable('the keys of the issuer are not known', request);
    const key = keys.find(token.header.kid, token.header.algorithm);
    if (key === undefined) return store.renewal(since, now) ?? refused('invalidToken', 'token key', request);
    const signature = readSignature(token.compact.slice(token.signatureAt));
    const signed = token.compact.slice(0, token.signatureAt - 1);
    if (signature === undefined || !key.verifies(signed, signature)) {
      return refused('invalidToken', 'token signature', request);
    }
    this.#reader.remember(token);
    const verified = { ...token, issuer: name, key, until: endOf(token, issuer) };
    this.#cache.add(verified, issuer.scopeClaim);
    return verified;
  }

  /** A token that is bound to a key or a certificate is nobody's without it. */
  #confirm(
    request: EdgeRequest,
    token: VerifiedToken,
    decision: Decision,
    index: PolicyIndex,
    seconds: number,
  ): Verdict {
    // Behind the point where the client's connection ends nobody sees what it is bound to.
    const place = this.#placeOf(request);
    if (!place || !seesClient(place)) return { decision, token };
    const invalid = (reason: string) => refused('invalidToken', `token ${reason}`, request);
    const confirmation = confirmationOf(token.claims);
    if (confirmation === undefined) return invalid('bound to what cannot be checked');
    const { key, certificate } = confirmation;
    if (certificate !== undefined && this.#options.data.answersAreKept) {
      return invalid('bound to a certificate, which a kept answer does not look at');
    }
    if (certificate !== undefined && certificate !== clientThumbprint(request, token)) {
      return invalid('bound to another certificate');
    }
    if (isProof(request.authorization[0]) !== (key !== undefined)) return invalid('scheme');
    if (key === undefined) return { decision, token };
    const { authority } = index.policy.services[request.service ?? ''] ?? {};
    const { nonces, data } = this.#options;
    // Whoever does not remember proofs would take one twice.
    if (!data.proofs) return invalid('bound to a key, whose proofs are not taken');
    const proof = checkProof(request.proofs[0] ?? '', {
      method: request.method,
      target: `https://${authority ?? NO_AUTHORITY}${pathOf(request.path)}`,
      token: token.compact,
      thumbprint: key,
      now: seconds,
      maxAgeSeconds: data.proofs.maxAgeSeconds,
      ...(nonces && { nonces }),
    });
    if (typeof proof !== 'string') return { decision, token, proof };
    return { ...invalid(`proof: ${proof}`), proofFault: proof };
  }

  /** A proof serves once, and only where the request would pass. */
  async #useUp(verdict: Verdict): Promise<Verdict> {
    const { decision, proof, token } = verdict;
    if (decision.outcome !== 'allow' || !proof || !token || !this.#options.replay) return verdict;
    const about = { ...(decision.service && { service: decision.service }) };
    try {
      const isNew = await this.#options.replay.use(proof, holderOf(token, this.#options.data.policy));
      if (isNew) return verdict;
      const proofFault = 'used before';
      const reason = `token proof: ${proofFault}`;
      return { decision: { outcome: 'invalidToken', reason, ...about }, proofFault };
    } catch {
      const reason = 'whether the proof was used is not known';
      return { decision: { outcome: 'unavailable', reason, ...about }, token };
    }
  }
}

/** Whom the token is about; without a subject the client, else all such tokens of the issuer together: never a key, of which one has many. */
function holderOf({ issuer, claims }: VerifiedToken, policy: AuthorizerData['policy']): string {
  const profile = policy.issuers[issuer]?.profile ?? {};
  return JSON.stringify([issuer, claims['sub'] ?? claims[revokedClaim('client', profile)] ?? null]);
}

/** What `decide` says if the signature is good, and the proof, where one comes. Every request comes by here: nothing is copied. */
function decided(
  index: PolicyIndex,
  request: EdgeRequest,
  token: AnyToken | string | undefined,
  now: number,
  point: Point = AT_GATEWAY,
): Decision {
  const { service, method, path, headers, sourceAddress, peer } = request;
  const authority = service === undefined ? undefined : index.services.get(service)?.policy.authority;
  const credential = credentialOf(token, request);
  const asked: Writable<Request> = {
    point,
    method,
    authority: authority ?? NO_AUTHORITY,
    path,
    headers,
    credential,
    sourceAddress,
    now: now / 1000,
  };
  if (peer !== undefined) asked.peer = peer;
  if (typeof token === 'object') {
    const thumbprint = clientThumbprint(request, token);
    if (thumbprint !== undefined) asked.certificateThumbprint = thumbprint;
    const key = isProved(credential) && request.proofs.length === 1 ? boundKey(token.claims) : undefined;
    if (key !== undefined) asked.provenKey = key;
  }
  return decide(index, asked);
}

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

function credentialOf(
  token: AnyToken | string | undefined,
  { authorization }: EdgeRequest,
): Request['credential'] {
  if (token === undefined) return NONE;
  if (typeof token === 'string') return { kind: 'malformed', reason: token };
  return isProof(authorization[0]) ? { ...token.credential, scheme: 'DPoP' } : token.credential;
}

function isProved(credential: Request['credential']): boolean {
  return credential.kind === 'jwt' && credential.scheme === 'DPoP';
}

/** Whether the value of an `Authorization` header says that a proof comes with the token. */
function isProof(value: string | undefined): boolean {
  return value?.startsWith('DPoP ') === true;
}

/** The thumbprint of the certificate that the client showed, where the token asks for one. */
function clientThumbprint(request: EdgeRequest, { claims }: ReadToken): string | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined;
  const { certificate, certificateThumbprint } = request;
  return certificateThumbprint ?? (certificate === undefined ? undefined : thumbprintOf(certificate));
}

function refused(
  outcome: 'nonCanonical' | 'invalidToken' | 'forbidden',
  reason: string,
  { service }: EdgeRequest,
): Verdict {
  return { decision: { outcome, reason, ...(service !== undefined && { service }) } };
}

function unavailable(reason: string, { service }: EdgeRequest): Verdict {
  return { decision: { outcome: 'unavailable', reason, ...(service !== undefined && { service }) } };
}

/** Whether the client's own connection ends where this decides. */
export function standsWhereClientsEnd({ standsAt = AT_GATEWAY }: AuthorizerData): boolean {
  return standsAt.kind !== 'sidecars' && seesClient(standsAt);
}

/** Who may ask in a mesh, by their SPIFFE ID: a sidecar for its own service, a gateway for what comes to it. */
function askersOf({ standsAt = AT_GATEWAY, policy }: AuthorizerData): ReadonlyMap<string, Point> {
  if (standsAt.kind !== 'sidecars') return new Map();
  return new Map<string, Point>([
    ...Object.entries(policy.services).map(([service, { spiffeId }]): [string, Point] => [
      spiffeId,
      { kind: 'sidecar', service },
    ]),
    ...policy.gateways.map((id): [string, Point] => [id, AT_GATEWAY]),
  ]);
}
