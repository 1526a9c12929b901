import { operationOf } from '../../operation.js';
import type { IstioOperation } from './rule.js';

/**
 * Operations as Istio says them, those of one method together. Exact behind the canonical filter, where no path has an
 * empty segment: `{*}` is one segment, and `/a/{**}` everything below `/a/`, so that `/a/**` is two paths.
 */
export function operations(list: readonly string[]): Pick<IstioOperation, 'methods' | 'paths'>[] {
  const read = list.map((operation) => operationOf(operation));
  return [...Map.groupBy(read, ({ method }) => method)].map(([method, own]) => ({
    methods: [method],
    paths: [...new Set(own.flatMap(pathsOf))].sort(),
  }));
}

function pathsOf({ segments, rest }: ReturnType<typeof operationOf>): string[] {
  const path = segments.map((segment) => `/${segment ?? '{*}'}`).join('');
  return rest ? [path || '/', `${path}/{**}`] : [path || '/'];
}
