import type { ParsedOperation } from '../../operation.js';
import { operationOf } from '../../operation.js';
import type { JsonObject } from '../../request.js';

/** `envoy.config.rbac.v3.Permission`: what. */
export type Permission = JsonObject;

export const ANYTHING: Permission = { any: true };

/** One of the operations. Exact behind the canonical filter, where every path has one spelling. */
export function permissions(operations: readonly string[]): Permission[] {
  return operations.map((operation) => permission(operationOf(operation)));
}

function permission(operation: ParsedOperation): Permission {
  return {
    and_rules: {
      rules: [
        { header: { name: ':method', string_match: { exact: operation.method } } },
        { url_path: { path: pathMatch(operation) } },
      ],
    },
  };
}

/** `url_path` is the path without its query, and both forms match the whole of it. */
function pathMatch(operation: ParsedOperation): JsonObject {
  const { segments, rest } = operation;
  if (!rest && segments.every((segment) => segment !== undefined)) return { exact: `/${segments.join('/')}` };
  const head = segments
    .map((segment) => `/${segment === undefined ? '[^/]+' : escapeLiteral(segment)}`)
    .join('');
  // Behind the canonical filter only `/` itself ends with a slash: `/a/**` is `/a` or more.
  return { safe_regex: { regex: rest ? `${head}(?:/.*)?` : head } };
}

/** Literals are unreserved characters; of those only the dot means something to RE2. */
function escapeLiteral(segment: string): string {
  return segment.replaceAll('.', '\\.');
}
