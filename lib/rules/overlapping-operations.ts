import { excerpt } from '../diagnostic.js';
import { operationOf } from '../policy/operation.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { LocatedEgressRule, LocatedRule } from './support/context.js';
import { coversOperation, overlaps } from './support/covers.js';

/**
 * Two operations of one rule that a request can both be: one is needless, or it is not certain which
 * one the decision log names. Rules may overlap as they like; within one rule it is a slip.
 */
export const overlappingOperations: Check = {
  id: 'overlapping-operations',
  severity: 'error',
  optOut: false,
  run: ({ rules, egress }) => [...rules, ...egress].flatMap(overlapsOf),
};

function overlapsOf({ rule, path }: LocatedRule | LocatedEgressRule): Finding[] {
  const { operations = [] } = rule;
  if (operations.length < 2) return [];
  const parsed = operations.map(operationOf);
  return parsed.flatMap((operation, index) => {
    const other = parsed.findIndex((earlier, at) => at < index && overlaps(earlier, operation));
    const earlier = parsed[other];
    if (!earlier) return [];
    const covered = coversOperation(earlier, operation) || coversOperation(operation, earlier);
    const detail = {
      found: excerpt(operations[index]),
      remedy: covered ? 'keep only the wider one' : 'write a rule for each',
    };
    const message = `a request can be both this and operations[${other}], ${excerpt(operations[other])}`;
    return [finding([...path, 'operations', index], message, detail)];
  });
}
