import type { Outcome } from '../../decide.js';
import type { AccessRule, Issuer, Policy, PolicyCondition } from '../../policy.js';
import type { Credential, Request } from '../../request.js';

/** Where a policy is compiled for. Each target declares its abilities in a file of this folder. */
export type TargetName = 'authorizer' | 'envoy' | 'istio' | 'istio-ambient' | 'envoy-gateway' | 'cedar';

/** How a target says something. All but `refused` are exact: neither looser nor stricter than `decide`. */
export type How =
  /** By its own means. */
  | 'itself'
  /** By a fact that whoever asks it works out with this library. */
  | 'caller'
  /** Nothing of the kind comes here, and `decide` admits none here either. */
  | 'elsewhere'
  /** It does not say it; the decision is the same. */
  | 'untold'
  /** It cannot: a rule with it is refused. */
  | 'refused';

export interface Ability {
  readonly how: How;
  /** What is worth knowing, or why not; part of a sentence. */
  readonly note?: string;
  /** Of what is refused: the kind of point that cannot say it. @default every kind that the target is */
  readonly only?: 'gateway' | 'sidecar';
}

/** The parts of an operation. */
export type OperationFeature = 'literal path' | '{name}' | '/**' | 'rpc' | 'tcp';
export type PrincipalFeature = 'anyone' | 'token' | 'workload' | 'workload with forUser';
/** What changes at an instant, or by the revocation document. */
export type DatedFeature =
  | 'audit until'
  | 'allow until'
  | 'revoked token'
  | 'withdrawn rule'
  | 'closed service';
/** What a decision says besides its outcome. */
export type ToldFeature = 'deciding rule' | 'wouldRefuse, wouldAllow';

/** How much of something a target takes. */
export interface Limit {
  readonly what: string;
  readonly most: number;
  readonly unit: string;
  /** Where the number is from. */
  readonly source: string;
  /**
   * Of what can be told of one rule: how much it takes with one operation and one principal, which is
   * the least that a compiler can write. @default the number is of a whole deployment
   */
  readonly measure?: (policy: Policy, service: string, part: AccessRule) => number;
}

/** A good token, by what `decide` knows of it. */
export interface GoodToken extends Pick<Extract<Credential, { kind: 'jwt' }>, 'header' | 'claims'> {
  readonly issuer: Issuer;
}

/**
 * Something that a target refuses and `decide` does not: a fact of where it stands, which no other point can be
 * told. It is the same for every rule, so it is no gap of a policy.
 */
export interface Strictness {
  /** What must be so there; part of a sentence. */
  readonly here: string;
  /** What the other points make of the rest. */
  readonly elsewhere: string;
  /** What the rest is there. */
  readonly outcome: 'invalidToken' | 'nonCanonical';
  /** How requests must come for it to matter. @default however they come */
  readonly form?: 'REST API' | 'HTTP API';
  /**
   * Whether it refuses a request with a good token, or, of a path, any canonical one. Only ever true of what is
   * refused for certain. @default a request does not show it: it is about bytes, or about what is published
   */
  readonly refuses?: {
    readonly token?: (token: GoodToken, request: Request) => boolean;
    readonly path?: (path: string) => boolean;
  };
}

/** Everything that a target can express, as data. */
export interface Abilities {
  readonly target: TargetName;
  /** The kinds of points that it is. */
  readonly points: readonly ('gateway' | 'sidecar')[];
  readonly operations: Readonly<Record<OperationFeature, Ability>>;
  readonly principals: Readonly<Record<PrincipalFeature, Ability>>;
  readonly conditions: Readonly<Record<PolicyCondition['kind'], Ability>>;
  readonly dated: Readonly<Record<DatedFeature, Ability>>;
  readonly outcomes: Readonly<Record<Outcome, Ability>>;
  readonly told: Readonly<Record<ToldFeature, Ability>>;
  readonly limits: readonly Limit[];
  /** What it refuses beyond `decide`, whatever the rules. @default nothing */
  readonly stricter?: readonly Strictness[];
}

export const itself: Ability = { how: 'itself' };

export function caller(note?: string): Ability {
  return { how: 'caller', ...(note !== undefined && { note }) };
}
