import { METHODS } from '../model/access.js';

/**
 * The one grammar of a request that may be judged at all. A request outside it is refused at every
 * point; nothing is rewritten and then trusted. `canonicalPatterns` is the only place where the
 * grammar is written: the JavaScript matcher below and Envoy's expressions both come from it. The
 * patterns use only what ECMAScript and RE2 read alike, match the whole string, and each stays
 * under the RE2 program size of 100 that any Envoy accepts.
 */

/** RFC 3986 pchar without `;`, `%` standing for an escape that the next two patterns judge. No dot. */
const SEGMENT_CHARACTER = "[%A-Za-z0-9_~!$&'()*+,=:@-]";
const SEGMENT_CHARACTER_OR_DOT = "[.%A-Za-z0-9_~!$&'()*+,=:@-]";
/** Not empty, not `.`, not `..`. */
const SEGMENT = `(?:\\.{0,2}${SEGMENT_CHARACTER}${SEGMENT_CHARACTER_OR_DOT}*|\\.{3}${SEGMENT_CHARACTER_OR_DOT}*)`;
/** Visible ASCII but `#`, which no two parsers agree on. */
const QUERY = '(?:\\?[!-"$-~]*)?';

/**
 * Escapes in upper-case hex of what needs one: never an unreserved character (a second spelling of
 * itself), never a control, never `/ \ % # ; ?` (a second reading upstream).
 */
const ESCAPE = '2[0-246-9A-C]|3[ACDE]|40|5[BDE]|60|7[BCD]|[89A-F][0-9A-F]';

/** RFC 3629, table 3-7 of Unicode: no overlong form, no surrogate, nothing above U+10FFFF, no C1 control. */
const UTF8 =
  '%[2-7][0-9A-F]|%C2%[AB][0-9A-F]|' +
  '%(?:C[3-9A-F]|D[0-9A-F]|' +
  '(?:E0%[AB]|ED%[89]|(?:E[1-9A-CEF]|F0%[9AB][0-9A-F]|F[1-3]%[89AB][0-9A-F]|F4%8[0-9A-F])%[89AB])[0-9A-F])' +
  '%[89AB][0-9A-F]';

export const canonicalPatterns = {
  /** `:path` with its query. */
  target: `/(?:${SEGMENT}(?:/${SEGMENT})*)?${QUERY}`,
  /** The path without its query. */
  escapes: `(?:[^%]|%(?:${ESCAPE}))*`,
  /** The path without its query. */
  utf8: `(?:[^%]|${UTF8})*`,
  method: METHODS.join('|'),
  authority: '[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?',
} as const;

export type CanonicalPart = keyof typeof canonicalPatterns | 'header';

const matchers = Object.fromEntries(
  Object.entries(canonicalPatterns).map(([part, pattern]) => [part, new RegExp(`^(?:${pattern})$`, 's')]),
) as Record<keyof typeof canonicalPatterns, RegExp>;

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Whether an authority has the one form in which a service is known. */
export function isCanonicalAuthority(authority: string): boolean {
  return matchers.authority.test(authority);
}

/** The first part of the request that is not canonical, or undefined. */
export function nonCanonicalPart(
  method: string,
  authority: string,
  target: string,
  headers: readonly (readonly [string, string])[],
): CanonicalPart | undefined {
  if (!matchers.target.test(target)) return 'target';
  const path = pathOf(target);
  if (path.includes('%') && !matchers.escapes.test(path)) return 'escapes';
  if (path.includes('%') && !matchers.utf8.test(path)) return 'utf8';
  if (!matchers.method.test(method)) return 'method';
  if (!isCanonicalAuthority(authority)) return 'authority';
  // A header whose name has `_` can be read as another one upstream (`x_role` as `x-role`).
  if (headers.some(([name]) => name.includes('_'))) return 'header';
  return undefined;
}
