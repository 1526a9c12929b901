import { createHash } from 'node:crypto';
import { operationOf } from '../../operation.js';
import type { AccessRule, ClaimTest, Policy } from '../../policy.js';
import { claimKey } from './names.js';

/** What a policy looks at, which its schema has attributes for and every question answers. */
export interface Vocabulary {
  /** Paths of the claims that are looked at as strings, by key, in byte order. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** Paths of the claims that are looked at as booleans or numbers. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Segments of the longest template, and one more: that there is none there shows where a path ends. */
  readonly segments: number;
}

export function vocabularyOf(policy: Policy): Vocabulary {
  const rules = Object.values(policy.services).flatMap((service) => service.rules);
  const tests = [
    ...rules.flatMap(testsOf),
    ...Object.values(policy.issuers).flatMap(({ multiFactor, device }) =>
      [multiFactor, device].filter((test) => test !== undefined),
    ),
  ];
  const longest = rules.flatMap(({ operations }) =>
    operations.map((one) => operationOf(one).segments.length),
  );
  return {
    texts: byKey(tests.filter(({ test }) => test !== 'equals')),
    values: byKey(tests.filter(({ test }) => test === 'equals')),
    segments: longest.reduce((most, count) => Math.max(most, count), 0) + 1,
  };
}

/** Tells vocabularies apart: what was filled in by another one must not be judged by this one's policies. */
export function vocabularyDigest({ texts, values, segments }: Vocabulary): string {
  const text = JSON.stringify([[...texts.keys()], [...values.keys()], segments]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function testsOf({ principals, conditions }: AccessRule): ClaimTest[] {
  return [
    ...principals.flatMap((principal) => {
      if (principal.kind === 'token') return principal.claims;
      return principal.kind === 'workload' ? (principal.forUser?.claims ?? []) : [];
    }),
    ...conditions.flatMap((condition) => (condition.kind === 'claim' ? [condition.test] : [])),
  ];
}

function byKey(tests: readonly ClaimTest[]): Map<string, readonly string[]> {
  const paths = new Map(tests.map(({ claim }) => [claimKey(claim), claim]));
  return new Map([...paths].sort(([a], [b]) => (a < b ? -1 : 1)));
}
