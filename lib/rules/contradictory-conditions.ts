import { excerpt } from '../diagnostic.js';
import type { Rule } from '../model/access.js';
import type { ClaimCondition, Condition } from '../model/condition.js';
import { claimPath } from '../plan/issuers.js';
import { canonicalJson } from '../plan/json.js';
import { type Check, finding } from './support/check.js';

/** Two conditions on one claim that no token meets together. */
export const contradictoryConditions: Check = {
  id: 'contradictory-conditions',
  severity: 'error',
  optOut: false,
  run: ({ rules }) =>
    rules.flatMap(({ rule, path }) => {
      const [key, conditions] = conditionsOf(rule);
      return conditions.flatMap((condition, index) => {
        const other = conditions.findIndex((earlier, at) => at < index && excludes(earlier, condition));
        if (other === -1) return [];
        const message = `no claim meets both this and ${key}[${other}]`;
        return [
          finding([...path, key, index], message, {
            found: excerpt(condition),
            remedy: 'keep one of them, or make a rule of each',
          }),
        ];
      });
    }),
};

function conditionsOf(rule: Rule): ['when' | 'unless', readonly Condition[]] {
  return rule.effect === 'allow' ? ['when', rule.when ?? []] : ['unless', rule.unless ?? []];
}

function excludes(a: Condition, b: Condition): boolean {
  if (a.kind !== 'claim' || b.kind !== 'claim') return false;
  if (canonicalJson(claimPath(a.claim)) !== canonicalJson(claimPath(b.claim))) return false;
  // A list may hold several texts; a boolean or a number is the claim itself, and no text.
  if (isText(a) && isText(b)) return a.test !== b.test && a.value === b.value;
  return a.value !== b.value;
}

function isText({ value }: ClaimCondition): boolean {
  return typeof value === 'string';
}
