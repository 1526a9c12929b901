import type { ParsedOperation } from '../../operation.js';
import { CONNECTION, operationOf } from '../../operation.js';
import type { JsonObject } from '../../request.js';

/** `envoy.config.rbac.v3.Permission`: what. */
export type Permission = JsonObject;

/**
 * Instructions of the largest RE2 program that a point loads. An operation of a model is at most 512
 * characters long, and its program has two instructions more than characters at most, so each loads, and so
 * does the longest that a point has of its own (`lib/envoy/stripped-headers.ts`). The bound is on what one
 * expression costs in memory.
 */
export const MAX_PROGRAM_SIZE = 1000;

export const ANYTHING: Permission = { any: true };

/** One of the operations. Exact behind the canonical filter, where every path has one spelling. */
export function permissions(operations: readonly string[]): Permission[] {
  return operations.map((operation) => permission(operationOf(operation)));
}

function permission(operation: ParsedOperation): Permission {
  const method = { header: { name: ':method', string_match: { exact: operation.method } } };
  // A connection has no path.
  if (operation.method === CONNECTION) return method;
  return {
    and_rules: {
      rules: [method, pathPermission(operation)],
    },
  };
}

/**
 * `url_path` is the path without its query. Behind the canonical filter only `/` itself ends with a slash,
 * so `/a/**` is `/a` or more. Without a parameter text is compared, which costs less than an expression.
 */
function pathPermission({ segments, rest }: ParsedOperation): Permission {
  if (segments.includes(undefined)) {
    const head = segments
      .map((segment) => `/${segment === undefined ? '[^/]+' : escapeLiteral(segment)}`)
      .join('');
    return urlPath({ safe_regex: { regex: rest ? `${head}(?:/.*)?` : head } });
  }
  const exact = `/${segments.join('/')}`;
  if (!rest) return urlPath({ exact });
  if (segments.length === 0) return urlPath({ prefix: '/' });
  return { or_rules: { rules: [urlPath({ exact }), urlPath({ prefix: `${exact}/` })] } };
}

function urlPath(path: JsonObject): Permission {
  return { url_path: { path } };
}

/** Literals are unreserved characters; of those only the dot means something to RE2. */
function escapeLiteral(segment: string): string {
  return segment.replaceAll('.', '\\.');
}
