import { ZeroTrustError } from '../diagnostic.js';
import { METHODS, type Method, type Operation } from '../model/access.js';

/** One segment of a template: a literal, or `undefined` for `{name}`, which is any one segment. */
export type TemplateSegment = string | undefined;

/** What a connection to a TCP service has for a method, which no canonical request has. */
export const CONNECTION = 'CONNECT';

/** `GET /orders/{id}` taken apart. */
export interface ParsedOperation {
  readonly method: Method | typeof CONNECTION;
  readonly segments: readonly TemplateSegment[];
  /** Ends with `/**`: zero or more further segments. */
  readonly rest: boolean;
}

/** RFC 3986 unreserved characters: the only ones with exactly one canonical spelling. */
const LITERAL = /^[A-Za-z0-9._~-]+$/;
const PARAMETER = /^\{[A-Za-z][A-Za-z0-9_]*\}$/;
const RPC = /^rpc ((?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*)\/([A-Za-z_][A-Za-z0-9_]*)$/;

/** Parse an operation; a string says why it is not one. */
export function parseOperation(operation: string): ParsedOperation | string {
  if (operation === 'tcp') return { method: CONNECTION, segments: [], rest: false };
  if (operation.startsWith('rpc ')) {
    const match = RPC.exec(operation);
    if (!match) return 'a gRPC operation is `rpc package.Service/Method`';
    return { method: 'POST', segments: [match[1], match[2]], rest: false };
  }
  const method = METHODS.find((known) => operation.startsWith(`${known} `));
  if (!method) return `an operation is \`METHOD /path\` with one of ${METHODS.join(', ')}`;
  const path = operation.slice(method.length + 1);
  if (!path.startsWith('/')) return 'the path begins with `/`';
  if (path === '/') return { method, segments: [], rest: false };
  const rest = path.endsWith('/**');
  const fixed = rest ? path.slice(0, -'/**'.length) : path;
  if (fixed === '') return { method, segments: [], rest };
  const segments: TemplateSegment[] = [];
  const names = new Set<string>();
  for (const segment of fixed.slice(1).split('/')) {
    if (PARAMETER.test(segment)) {
      if (names.has(segment)) return `the parameter ${segment} is there twice`;
      names.add(segment);
      segments.push(undefined);
    } else if (segment === '') {
      return 'a path has no empty segment and no trailing slash';
    } else if (segment === '.' || segment === '..') {
      return 'a path has no `.` or `..` segment';
    } else if (LITERAL.test(segment)) {
      segments.push(segment);
    } else {
      return 'a segment is letters, digits, `-`, `.`, `_`, `~`, or one `{name}`; `**` is only the last segment';
    }
  }
  return { method, segments, rest };
}

/** Parse an operation that has been checked. Throws `ZeroTrustError` with `invalid-operation` otherwise. */
export function operationOf(operation: Operation | string): ParsedOperation {
  const parsed = parseOperation(operation);
  if (typeof parsed === 'string') throw new ZeroTrustError('invalid-operation', `${operation}: ${parsed}`);
  return parsed;
}

/** The segments of a canonical path. */
export function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}
