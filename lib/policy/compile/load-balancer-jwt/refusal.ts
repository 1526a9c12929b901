import type { Outcome } from '../../decide.js';
import type { Request } from '../../request.js';
import { requestLine } from '../refusal.js';
import { ALGORITHM } from './check.js';

/** Why there can be no check for a service. */
export type JwtCheckFeature =
  | 'login'
  | 'public operation'
  | 'preflight'
  | 'second issuer'
  | 'proof'
  | 'algorithm'
  | 'second audience'
  | 'no token'
  | 'limit';

/** Something that the check cannot be told, so that it would refuse what the policy admits. */
export interface JwtCheckRefusal {
  readonly feature: JwtCheckFeature;
  readonly why: string;
  readonly remedy: string;
  /** A request that shows it. Absent for limits, which no request shows, and where none was found. */
  readonly counterexample?: JwtCheckCounterexample;
}

export interface JwtCheckCounterexample {
  readonly request: Request;
  /** What the gateway would answer: never a refusal for what the check looks at. */
  readonly reference: Extract<Outcome, 'allow' | 'preflight' | 'login'>;
}

/** The request that shows it, in a line. */
export function shownBy({ counterexample }: JwtCheckRefusal): string | undefined {
  if (!counterexample) return undefined;
  const { request, reference } = counterexample;
  const { credential } = request;
  const { alg = ALGORITHM } = credential.kind === 'jwt' ? credential.header : {};
  const signed = typeof alg === 'string' && alg !== ALGORITHM ? `, signed by ${alg}` : '';
  return `${requestLine(request)}${signed}: the gateway says ${reference}, the load balancer 401`;
}
