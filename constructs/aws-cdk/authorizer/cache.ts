import type { Duration } from 'aws-cdk-lib';
import { IdentitySource } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { type AccessRule, endOf } from '../../../lib/policy/policy.js';
import type { TokenAuthorizerProps } from './props.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';

/**
 * The whole of what a cached answer may depend on. API Gateway gives a cached answer to every request with
 * these values, whatever its method and path, so a key with less opens other operations.
 */
export const FULL_CACHE_KEY: readonly string[] = [
  IdentitySource.header('Authorization'),
  IdentitySource.context('httpMethod'),
  IdentitySource.context('path'),
];

/** "AWS::ApiGateway::Authorizer", AuthorizerResultTtlInSeconds. */
const LONGEST = 3600;

export interface CacheProps {
  /**
   * How long API Gateway may give an answer again without asking, at most half of the time in which a revocation must
   * be in force. The authorizer then asks for revocations and keys that much sooner, so that a revoked token still ends
   * in time, and refuses tokens that are bound to a certificate, which an answer that is kept could not look at. Above
   * zero `cacheKey` must hold the token, the method and the path, and nothing of the plan may hang on more than these.
   * @default Duration.seconds(0): every request is judged
   */
  readonly cacheTtl?: Duration;
  /** Identity sources; `FULL_CACHE_KEY` is what a cache needs. @default none */
  readonly cacheKey?: readonly string[];
}

/** Throws for a cache that would answer another request than the one that was judged. Returns seconds. */
export function checkedCacheTtl(
  scope: Construct,
  { cacheTtl, cacheKey = [], proofs }: CacheProps & Pick<TokenAuthorizerProps, 'proofs'>,
  plan: Plan,
  services: readonly string[],
): number {
  const seconds = cacheTtl?.toSeconds() ?? 0;
  const remedy = 'Leave the cache out (the default), or let it last no longer than a revocation may take.';
  checkRange(scope, seconds, { prop: 'cacheTtl', min: 0, max: LONGEST, unit: 'seconds', remedy });
  if (seconds === 0) return 0;
  const refuse = (code: string, message: string, found: string, expected: string) => {
    throw new ConstructError(scope, { code, message, prop: 'cacheTtl', found, expected, remedy });
  };
  const missing = FULL_CACHE_KEY.filter((source) => !cacheKey.includes(source));
  if (missing.length > 0) {
    throw new ConstructError(scope, {
      code: 'cache-key-incomplete',
      message: 'an answer for one operation would be given to others',
      prop: 'cacheKey',
      found: JSON.stringify(cacheKey),
      expected: FULL_CACHE_KEY.join(', '),
      remedy: 'Pass FULL_CACHE_KEY, or leave the cache out.',
    });
  }
  const longest = plan.revocation.withinSeconds / 2;
  if (seconds > longest) {
    refuse(
      'cache-outlives-revocation',
      'an answer is kept on top of the age of what it was made from: a revoked token would pass for longer than the plan promises',
      `${seconds} seconds`,
      `at most ${longest} seconds, half of the ${plan.revocation.withinSeconds} that a revocation may take`,
    );
  }
  const judgedHere = Object.entries(plan.proofCheckedAt).find(([, point]) => point === 'authorizer');
  const proof = judgedHere?.[0] ?? (proofs && 'proofs');
  if (proof !== undefined) {
    refuse(
      'cache-of-proof',
      'a rule hangs on the connection or on a proof, which no key holds',
      proof,
      'no such rule',
    );
  }
  const changing = services.flatMap((name) => plan.policy.services[name]?.rules ?? []).find(changesWithTime);
  if (changing !== undefined) {
    refuse(
      'cache-of-dated-rule',
      'an answer that is kept goes on after the instant at which the rule changes',
      changing.id,
      'no rule with an end or an audit, and none that asks for a recent sign-in',
    );
  }
  const open = services.find((name) =>
    plan.policy.services[name]?.rules.some((rule) => rule.principals.some(({ kind }) => kind === 'anyone')),
  );
  if (open !== undefined) {
    refuse(
      'cache-of-public-route',
      'with a cache API Gateway answers 401 to every request without a token, on public routes too',
      open,
      'no rule for anyone()',
    );
  }
  return seconds;
}

/** Whether the same request may be judged otherwise a moment later, though nobody changed anything. */
function changesWithTime(rule: AccessRule): boolean {
  const isDated = rule.auditUntil !== undefined || endOf(rule) !== undefined;
  return isDated || rule.conditions.some(({ kind }) => kind === 'signedInWithin');
}
