import { claimAt, memberOf } from '../../claim.js';
import type { Json } from '../../request.js';
import type { GoodToken, Strictness } from '../abilities/index.js';
import type { AudienceFormat } from './check.js';

/**
 * In what the check refuses more than `decide`, whatever the policy: facts of the load balancer, as "Verify JWTs using an
 * Application Load Balancer" has them, and, where it says nothing, at their strictest.
 */
export function stricterThan(format: AudienceFormat): readonly Strictness[] {
  return [
    {
      here: '`exp` lies ahead, `nbf` and `iat` do not: no skew is documented',
      elsewhere: 'clocks may differ by 30 s, and `iat` is not compared with them',
      outcome: 'invalidToken',
      refuses: {
        token: ({ claims }, { now }) =>
          !(Number(claims['exp']) > now) || ['nbf', 'iat'].some((name) => Number(claims[name] ?? 0) > now),
      },
    },
    {
      here: 'the audience is written as `jwtCheck` says, and in a list it stands alone: what others in it do is not documented',
      elsewhere: 'one text, or a list with it',
      outcome: 'invalidToken',
      refuses: { token: (token) => !isWrittenSo(audienceOf(token), format) },
    },
    {
      here: '`kid` names a published key: what a token without one is verified by is not documented',
      elsewhere: 'a token without one is tried with every key',
      outcome: 'invalidToken',
      refuses: { token: ({ header }) => typeof memberOf(header, 'kid') !== 'string' },
    },
    {
      here: 'times are whole seconds, and `Authorization` has one line: of others nothing is documented',
      elsewhere: 'fractions count for nothing, and lines that are empty are not looked at',
      outcome: 'invalidToken',
      refuses: {
        token: ({ claims }, { headers }) =>
          ['exp', 'nbf', 'iat'].some((name) => !isWhole(claimAt(claims, [name]))) ||
          headers.filter(([name]) => name === 'authorization').length > 1,
      },
    },
    {
      here: 'the issuer publishes at most 10 keys in 150 KB, at an address on the internet',
      elsewhere: 'every key of the published set verifies, whatever their number',
      outcome: 'invalidToken',
    },
  ];
}

function audienceOf({ claims, issuer: { profile } }: GoodToken): Json | undefined {
  return memberOf(claims, profile.audienceClaim);
}

function isWrittenSo(value: Json | undefined, format: AudienceFormat): boolean {
  return format === 'single-string' ? typeof value === 'string' : Array.isArray(value) && value.length === 1;
}

/** Of a time that may be absent. */
function isWhole(value: Json | undefined): boolean {
  return value === undefined || Number.isSafeInteger(value);
}
