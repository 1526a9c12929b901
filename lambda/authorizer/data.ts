import { codedError } from '../../lib/coded-error.js';
import { excerpt } from '../../lib/diagnostic.js';
import { checkPlan } from '../../lib/kubernetes/plan.js';
import { canonicalJson } from '../../lib/plan/json.js';
import { clientEndsAt } from '../../lib/plan/names.js';
import type { Plan } from '../../lib/plan/plan.js';
import { type Ref, ref, refsOf, type Template } from '../../lib/plan/refs.js';
import { withRefs } from '../../lib/plan/stand-ins.js';
import type { Policy, ServicePolicy } from '../../lib/policy/policy.js';
import type { Point } from '../../lib/policy/request.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import type { JsonWebKeySet } from './jwk.js';

export * from './deployment.js';

/** Which enforcement point this is in the decision log: before a gateway, or beside an Envoy, perhaps by its key. */
export type EdgePoint = 'authorizer' | 'decision' | `${string}/decision`;

/** What only a deployment knows is a ref in the file, and a string once the values are in. */
export type Deferred = string | Ref;

/** What the authorizer is deployed with, `policy.json`: a part of the plan, and where it finds the rest. */
export interface AuthorizerData<Value = string> {
  readonly version: 1;
  /** The key of this enforcement point in the decision log. */
  readonly point: EdgePoint;
  /** Where it decides, if that is not where the client's own connection ends. @default at a gateway */
  readonly standsAt?: Point | EverySidecar;
  /** The policy of the plan with the services that stand behind an API. */
  readonly policy: Policy;
  /** Where each issuer's keys are, by its name in the policy. */
  readonly issuers: Readonly<Record<string, IssuerKeys>>;
  readonly apis: readonly Api<Value>[];
  readonly revocation: Revocations<Value>;
  /** Which decisions are written to the log. */
  readonly decisions: 'all' | 'refused';
  /** Seconds that a token may live, from `iat` (or now) to `exp`. */
  readonly maxTokenLifetimeSeconds: number;
  /** Bytes that verified tokens may take in memory; 0 keeps none. */
  readonly cacheBytes: number;
  /** How proofs of possession are taken (RFC 9449), where the policy has `dpop` and the client's connection ends here. */
  readonly proofs?: Proofs<Value>;
  /**
   * Somebody gives answers again without asking: none may hang on the connection of the request that was judged.
   * @default every request is judged
   */
  readonly answersAreKept?: true;
}

/**
 * At whoever asks, known by its SPIFFE ID: at a sidecar for its own service and for nobody else, at a gateway for whatever
 * comes to it. If the policy has a waypoint, it alone asks, and for every service.
 */
export interface EverySidecar {
  readonly kind: 'sidecars';
}

export interface IssuerKeys {
  readonly jwksUri: string;
  /** Seconds after which the keys were asked for again, so that a removed one is dead. */
  readonly refreshSeconds: number;
  /** Seconds for which the last keys serve while the issuer cannot be reached. */
  readonly outageSeconds: number;
  /** Keys that serve until the issuer answers for the first time. */
  readonly pinned?: JsonWebKeySet;
}

/** An API whose requests are for one service: by its id, or by some of its resources. */
export interface Api<Value = string> {
  readonly service: string;
  /** `requestContext.apiId`. */
  readonly api: Value;
  /** `requestContext.resourceId`, where only these resources of a REST API are the service's. @default all */
  readonly resources?: readonly Value[];
}

/** Where revocations are read from. */
export type RevocationStore<Value = string> =
  | { readonly kind: 'none' }
  /** One object. Read by `s3:GetObject`. */
  | { readonly kind: 's3'; readonly bucket: Value; readonly key: Value; readonly endpoint?: Value }
  /** The item `{ id: { S: <id> } }`, its `document` a string. Read consistently by `dynamodb:GetItem`. */
  | { readonly kind: 'dynamodb'; readonly table: Value; readonly id: Value; readonly endpoint?: Value }
  /** A key of a ConfigMap, of the API server of the cluster; without the key nothing was revoked since the plan was made. */
  | { readonly kind: 'kubernetes'; readonly namespace: Value; readonly name: Value; readonly key: Value };

export interface Revocations<Value = string> {
  readonly store: RevocationStore<Value>;
  /** What held when the plan was made. */
  readonly document: RevocationDocument;
  /** Seconds after which the store was asked again. */
  readonly refreshSeconds: number;
  /** Seconds without an answer of the store after which nothing is admitted. */
  readonly outageSeconds: number;
}

/** DPoP (RFC 9449). */
export interface Proofs<Value = string> {
  /** Seconds around now in which a proof may have been issued. */
  readonly maxAgeSeconds: number;
  /** Where used proofs are remembered: this environment alone, or a table for all of them. */
  readonly replay:
    | { readonly kind: 'memory' }
    | { readonly kind: 'dynamodb'; readonly table: Value; readonly endpoint?: Value };
}

/** Seconds without an answer of the revocation store after which nothing is admitted, unless said otherwise. */
export const REVOCATION_OUTAGE_SECONDS = 300;

export interface AuthorizerOptions {
  /** @default 'authorizer' */
  readonly point?: EdgePoint;
  /** @default one API for each public service, its id the ref `services/<service>/api/id` */
  readonly apis?: readonly Api<Deferred>[];
  /** @default none: what the plan holds as revoked */
  readonly revocationStore?: RevocationStore<Deferred>;
  /** Seconds without an answer of the revocation store after which nothing is admitted. @default 300 */
  readonly revocationOutageSeconds?: number;
  /** Seconds for which an issuer's last keys serve while it cannot be reached. @default 3600 */
  readonly keyOutageSeconds?: number;
  /** Keys that serve until an issuer answers for the first time, by the issuer's name. @default none */
  readonly pinnedKeys?: Readonly<Record<string, JsonWebKeySet>>;
  /** Seconds that a token may live. @default 100,800: the 28 hours of Microsoft Entra, the longest of the presets */
  readonly maxTokenLifetimeSeconds?: number;
  /** Bytes that verified tokens may take in memory. @default 16 MiB */
  readonly cacheBytes?: number;
  /**
   * How DPoP proofs are taken; with it the policy takes them.
   * @default where a rule asks for one: at most 60 seconds old, remembered in memory
   */
  readonly proofs?: Proofs<Deferred>;
  /** Seconds for which API Gateway gives an answer again without asking. @default 0 */
  readonly answersKeptSeconds?: number;
}

/** A client makes a proof for each request; the rest is how far clocks may differ. */
const DEFAULT_PROOFS: Proofs = { maxAgeSeconds: 60, replay: { kind: 'memory' } };

/** The ref that stands for the id of the API in front of a service. */
export function apiRef(service: string): Ref {
  return ref(`services/${service}/api/id`);
}

/** Who comes here brings a token: a session is made at the gateway alone. */
function withoutSessions(service: ServicePolicy): ServicePolicy {
  const { login: _, ...own } = service;
  return own;
}

/** What the authorizer of a plan is deployed with. Pure; equal plans and options give equal data. */
export function authorizerData(plan: Plan, options: AuthorizerOptions = {}): AuthorizerData<Deferred> {
  const { gateways, issuers, services } = plan.policy;
  const apis = options.apis ?? plan.gateway.services.map((service) => ({ service, api: apiRef(service) }));
  const proofs = options.proofs ?? (plan.policy.dpop ? DEFAULT_PROOFS : undefined);
  const behind = new Set(apis.map(({ service }) => service));
  const kept = options.answersKeptSeconds ?? 0;
  const data: AuthorizerData<Deferred> = {
    version: 1,
    point: options.point ?? 'authorizer',
    policy: {
      gateways,
      issuers,
      services: Object.fromEntries(
        Object.entries(services)
          .filter(([name]) => behind.has(name))
          .map(([name, service]) => [name, withoutSessions(service)]),
      ),
      ...(proofs && { dpop: true }),
    },
    issuers: Object.fromEntries(
      Object.entries(plan.issuers).map(([name, { jwksUri, keyRefreshSeconds }]) => {
        const pinned = options.pinnedKeys?.[name];
        const outageSeconds = options.keyOutageSeconds ?? 3600;
        const refreshSeconds = keyRefreshSeconds - kept;
        return [name, { jwksUri, refreshSeconds, outageSeconds, ...(pinned && { pinned }) }];
      }),
    ),
    apis,
    revocation: {
      store: options.revocationStore ?? { kind: 'none' },
      document: plan.revocation.document,
      refreshSeconds: plan.revocation.withinSeconds - kept,
      outageSeconds: options.revocationOutageSeconds ?? REVOCATION_OUTAGE_SECONDS,
    },
    decisions: plan.decisionLog.decisions,
    maxTokenLifetimeSeconds: options.maxTokenLifetimeSeconds ?? 100_800,
    cacheBytes: options.cacheBytes ?? 16 * 1024 * 1024,
    ...(proofs && { proofs }),
    ...(kept > 0 && { answersAreKept: true }),
  };
  // In the file a ref may stand for any text of a directory that is made by the same deployment.
  return withRefs(plan, data as unknown as Template) as unknown as AuthorizerData<Deferred>;
}

/**
 * What the decision service beside a point of a plan is deployed with: the rules of the services whose
 * Envoy asks it. Throws `RangeError` if the plan has none there.
 */
export function decisionData(
  plan: Plan,
  point: string,
  options: Omit<AuthorizerOptions, 'point' | 'apis'> = {},
): AuthorizerData<Deferred> {
  const asking = Object.entries(plan.delegations?.[point]?.services ?? {}).flatMap(([service, { to }]) =>
    to === 'decisionService' ? service : [],
  );
  if (asking.length === 0) throw new RangeError(`no decision service stands beside "${point}"`);
  // It knows a service by its host: no API brings the request.
  const apis = asking.map((name) => ({ service: name, api: name }));
  const { proofs, ...data } = authorizerData(plan, { ...options, apis });
  const own = { ...data, apis: [], point: `${point}/decision` } as const;
  // Where the client's connection ends, and there alone, proofs are used up.
  if (point === clientEndsAt(plan.engine)) return { ...own, ...(proofs && { proofs }) };
  return { ...own, standsAt: placeOf(plan, point) };
}

/**
 * What the one decision service of a mesh is deployed with: the rules of every service, each decided as at the sidecar
 * or the gateway that asks, or as at the sidecar in whose place the waypoint asks.
 * `policy` is `meshPolicy` of the plan, whose gateway is whoever lets users in.
 */
export function meshDecisionData(
  plan: Plan,
  policy: Policy,
  options: Omit<AuthorizerOptions, 'point' | 'apis'> = {},
): AuthorizerData<Deferred> {
  checkPlan(plan);
  if (!isPolicy(policy)) {
    throw codedError('wrong-type', 'policy', 'this is no policy of a mesh', {
      found: excerpt(policy),
      expected: 'what `meshPolicy` made of the same plan',
      remedy: 'give it: `meshDecisionData(plan, meshPolicy(plan, options))`',
    });
  }
  const apis = Object.keys(policy.services).map((name) => ({ service: name, api: name }));
  const { proofs: _, ...data } = authorizerData({ ...plan, policy }, { ...options, apis });
  const { waypoint } = policy;
  return {
    ...data,
    policy: { ...data.policy, ...(waypoint !== undefined && { waypoint }) },
    apis: [],
    point: 'mesh/decision',
    standsAt: { kind: 'sidecars' },
  };
}

/** Whoever writes JavaScript may have given something else, or nothing. */
function isPolicy(value: unknown): value is Policy {
  if (typeof value !== 'object' || value === null) return false;
  const { gateways, issuers, services } = value as Partial<Record<keyof Policy, unknown>>;
  return (
    Array.isArray(gateways) && [issuers, services].every((record) => record && typeof record === 'object')
  );
}

/** A point behind the one that clients reach. */
function placeOf(plan: Plan, point: string): Point {
  const service = Object.values(plan.services).find(({ sidecar }) => sidecar.key === point)?.name;
  return service === undefined ? { kind: 'gateway', behindEdge: true } : { kind: 'sidecar', service };
}

/** The bytes of `policy.json`: equal data are equal files. Throws `wrong-type` for what is no such data. */
export function authorizerFile(data: AuthorizerData<Deferred>): string {
  if ((data as Partial<typeof data> | null | undefined)?.version !== 1) {
    throw codedError('wrong-type', 'data', 'these are no data of an authorizer', {
      found: excerpt(data),
      expected: 'what `authorizerData` or `meshDecisionData` made',
      remedy: 'give what it returned, as it is',
    });
  }
  return `${canonicalJson(data)}\n`;
}

/** The refs that the data leave open, sorted: each needs a value in `ZTP_REFS`. */
export function authorizerRefs(data: AuthorizerData<Deferred>): string[] {
  return refsOf(data as unknown as Template);
}
