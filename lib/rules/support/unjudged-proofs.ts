import { type Finding, finding } from './check.js';
import type { LocatedRule } from './context.js';

/** Where a rule for clients wants a token bound to their certificate or key, and nobody sees either. */
export function unjudgedProofs(
  { rule, id, path }: LocatedRule,
  why: string,
  detail: Partial<Finding>,
): Finding[] {
  if (rule.principals.every(({ kind }) => kind === 'workload')) return [];
  const [key, conditions = []] = rule.effect === 'allow' ? ['when', rule.when] : ['unless', rule.unless];
  return conditions.flatMap(({ kind }, at) =>
    kind === 'senderConstrained'
      ? [finding([...path, key, at], `nobody judges this condition of ${id}: ${why}`, detail)]
      : [],
  );
}
