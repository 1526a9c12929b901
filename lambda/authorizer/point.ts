import { substitute, type RefValues, type Template } from '../../lib/plan/refs.js';
import type { Policy } from '../../lib/policy/policy.js';
import { ApiIndex } from './api-index.js';
import { Authorizer, standsWhereClientsEnd, type Verdict } from './authorizer.js';
import type { AuthorizerData } from './data.js';
import { decisionLine, type Statuses } from './decision-line.js';
import type { EdgeRequest } from './edge-request.js';
import { type FetchText, fetchText } from './fetch-text.js';
import { type IssuerKeyStore, keyStores } from './key-store.js';
import type { AcceptedNonces } from './nonce.js';
import { Metrics } from './metrics.js';
import {
  type HandedRevocations,
  handedPolicy,
  type PolicyInForce,
  policyInForce,
} from './policy-in-force.js';
import type { Clock } from './refreshed.js';
import { type ReplayStore, replayStore } from './replay.js';
import { KeySet } from './key-set.js';
import { revocationReader, type StoreEnvironment } from './revocation-store.js';

export interface PointOptions {
  /** `policy.json` as it was deployed, its refs still in it. */
  readonly template: Template;
  readonly refs: RefValues;
  readonly environment: StoreEnvironment & { readonly AWS_LAMBDA_FUNCTION_NAME?: string | undefined };
  /** PEM bundle that must verify the issuers. @default the authorities of Node */
  readonly ca?: string;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** The nonces that a DPoP proof must carry. @default none */
  readonly nonces?: AcceptedNonces;
  /** @default over TLS */
  readonly fetchText?: FetchText;
  /** Where used proofs are remembered. @default what `policy.json` names; a memory begins empty */
  readonly replay?: ReplayStore;
  /** What is revoked, where somebody else reads it. @default the store that `policy.json` names */
  readonly revocations?: HandedRevocations;
  /** The dimension of the metrics. @default the name of the function, else the point */
  readonly name?: string;
  /** Where lines of the log go. @default standard output */
  readonly write?: (line: string) => void;
}

/** One enforcement point: decides requests, and keeps the log and the count of it. */
export class EnforcementPoint {
  readonly apis: ApiIndex;
  readonly #data: AuthorizerData;
  readonly #clock: Clock;
  readonly #policy: PolicyInForce;
  readonly #keys: ReadonlyMap<string, IssuerKeyStore>;
  readonly #write: (line: string) => void;
  readonly authorizer: Authorizer;
  readonly #metrics: Metrics;

  /** Throws `MissingRefError` if a value is missing, and whatever `indexPolicy` finds wrong. */
  constructor(options: PointOptions) {
    const { clock = Date.now, fetchText: fetch = fetchText, environment, ca } = options;
    const { write = (line) => void process.stdout.write(line) } = options;
    const data = substitute(options.template, options.refs) as AuthorizerData;
    if (data.version !== 1) throw new Error(`policy.json has version ${String(data.version)}, not 1`);
    if (data.policy.dpop === true && !data.proofs && standsWhereClientsEnd(data))
      throw new Error('policy.json takes proofs, and says not how');
    const access = { environment, fetchText: fetch, clock };
    const policy = options.revocations
      ? handedPolicy(data.policy, options.revocations)
      : policyInForce({
          data,
          clock,
          read: revocationReader(data.revocation.store, access),
          onRead: (error) => this.#ended('RevocationRead', error, 'revocations'),
        });
    const { name = environment.AWS_LAMBDA_FUNCTION_NAME ?? data.point } = options;
    this.#metrics = new Metrics(clock, write, name, (now) => policy.ageSeconds(now));
    this.#data = data;
    this.#clock = clock;
    this.#write = write;
    this.#policy = policy;
    this.#keys = keyStores({
      issuers: data.issuers,
      policy: data.policy,
      clock,
      fetchText: fetch,
      onFetch: (issuer, error) => this.#ended('KeyFetch', error, issuer),
      ...(ca !== undefined && { ca }),
    });
    this.apis = new ApiIndex(data.apis);
    this.authorizer = new Authorizer({
      data,
      clock,
      policy,
      keys: this.#keys,
      ...(data.proofs && { replay: options.replay ?? replayStore(data.proofs, access) }),
      ...(options.nonces && { nonces: options.nonces }),
      onToken: (how) => this.#metrics.count(how === 'cached' ? 'CacheHits' : 'SignatureChecks'),
    });
  }

  get policy(): Policy {
    return this.#data.policy;
  }

  /**
   * Whether it can decide: it knows what is revoked, and the keys of some issuer, so that one issuer that is down does not
   * take the service with it. Asks for both anew where their time has come.
   */
  async isReady(): Promise<boolean> {
    const now = this.#clock();
    const stores = [...this.#keys.values()];
    await Promise.all([this.#policy, ...stores].map(async (each) => each.get(now)));
    const policy = this.#policy.get(now);
    if (policy === undefined || policy instanceof Promise) return false;
    return stores.length === 0 || stores.some((store) => store.get(now) instanceof KeySet);
  }

  /** Never throws and never rejects. */
  async decide(request: EdgeRequest, statuses: Statuses): Promise<Verdict> {
    const began = this.#clock();
    const verdict = await this.authorizer.authorize(request);
    const { outcome } = verdict.decision;
    const isAdmitted = outcome === 'allow' || outcome === 'preflight';
    this.#metrics.count(isAdmitted ? 'Allowed' : outcome === 'unavailable' ? 'Unavailable' : 'Refused');
    // What a deny in audit would have refused is told in either case: it is what the audit is for.
    const isTold = !isAdmitted || verdict.decision.wouldRefuse !== undefined;
    if (isTold || this.#data.decisions === 'all') {
      const context = { point: this.#data.point, statuses, began, ended: this.#clock() };
      this.#write(`${JSON.stringify(decisionLine(request, verdict, context))}\n`);
    }
    this.#metrics.flush(began);
    return verdict;
  }

  #ended(what: 'KeyFetch' | 'RevocationRead', error: unknown, from: string): void {
    this.#metrics.count(what === 'KeyFetch' ? 'KeyFetches' : 'RevocationReads');
    if (error === undefined) return;
    this.#metrics.count(`${what}Failures`);
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#write(`${JSON.stringify({ level: 'warn', message: `${what} failed`, from, reason })}\n`);
  }
}
