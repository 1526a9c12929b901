import type { PolicyDifference } from './compare.js';
import { type Change, isContained } from './compare-callers.js';

/** A difference, and all of whom it speaks, as at one instant for every row; absent where that is one caller. */
export interface Row {
  readonly difference: PolicyDifference;
  readonly callers?: () => Change;
}

/**
 * The rows without those that say nothing new: whatever they open, or close, one that stays does as well, at
 * the same request, no later and for as long. Rows are in the order of their instants.
 */
export function withoutContained(rows: readonly Row[]): PolicyDifference[] {
  return [...Map.groupBy(rows, requestOf).values()].flatMap((same) => {
    const kept: { readonly row: Row; contains: number }[] = [];
    for (const row of same) {
      const around = kept.find((one) => says(one.row, row));
      if (around) around.contains += 1;
      else kept.push({ row, contains: 0 });
    }
    return kept.map(({ row, contains }) => ({ ...row.difference, ...(contains > 0 && { contains }) }));
  });
}

function says(outer: Row, inner: Row): boolean {
  const [last, needed] = [outer, inner].map(({ difference }) => difference.until ?? Number.POSITIVE_INFINITY);
  if (last! < needed!) return false;
  if (!outer.callers || !inner.callers) return !outer.callers && !inner.callers;
  return isContained(inner.callers(), outer.callers());
}

function requestOf({ difference }: Row): string {
  const { change, service, method, path, caller, example } = difference;
  return JSON.stringify([change, service, example.authority, method, path, caller]);
}
