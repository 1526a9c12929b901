import type { Outcome } from '../../decide.js';
import type { AccessRule, Policy, PolicyCondition } from '../../policy.js';

/** Where a policy is compiled for. Each target declares its abilities in a file of this folder. */
export type TargetName = 'authorizer' | 'envoy' | 'cedar';

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
export type DatedFeature = 'audit until' | 'revoked token' | 'withdrawn rule' | 'closed service';
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
}

export const itself: Ability = { how: 'itself' };

export function caller(note?: string): Ability {
  return { how: 'caller', ...(note !== undefined && { note }) };
}
