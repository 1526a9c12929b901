import type { ParsedOperation } from './operation.js';
import type { AccessRule } from './policy.js';

/**
 * A rule with one of its operations.
 *
 * Most of a large index is not in the processor's cache when a request comes: what a request meets
 * lies in few objects, so that it waits for memory seldom.
 */
export interface IndexedRule extends AccessRule {
  /** The operation as written. */
  readonly operation: string;
  readonly method: string;
  /** Its segments, a slash before each and a star for a parameter; empty for the root. */
  readonly template: string;
  /** Whether further segments may follow. */
  readonly rest: boolean;
  /** The place among the service's rules, by rule id, then among the rule's operations. */
  readonly order: number;
  /** The next to compare at the same place of the tree. */
  readonly next: IndexedRule | undefined;
}

/** The rules of a service by the segments of their paths: a request meets those on its own way only. */
export interface PathTree {
  /** The first of those to be compared one by one. */
  readonly first: IndexedRule | undefined;
  /** Longer ones by their next segment. */
  readonly literals: ReadonlyMap<string, PathTree> | undefined;
  /** Longer ones whose next segment is a parameter. */
  readonly parameter: PathTree | undefined;
}

/** Rules that are sooner compared than told apart. */
const FEW = 4;

const STAR = '*'.charCodeAt(0);
const SLASH = '/'.charCodeAt(0);

export function indexedRule(
  rule: AccessRule,
  operation: string,
  { method, segments, rest }: ParsedOperation,
  order: number,
): IndexedRule {
  const template = segments.map((segment) => `/${segment ?? '*'}`).join('');
  return { method, template, rest, operation, order, ...rule, next: undefined };
}

/** The tree of rules that have `depth` segments in common. */
export function pathTree(rules: readonly IndexedRule[], depth = 0): PathTree {
  if (rules.length <= FEW) return { first: chained(rules), literals: undefined, parameter: undefined };
  const bySegment = Map.groupBy(rules, ({ template }) => template.split('/')[depth + 1]);
  const ending = bySegment.get(undefined) ?? [];
  const parameter = bySegment.get('*');
  const literals = [...bySegment].flatMap(([segment, own]) =>
    segment === undefined || segment === '*' ? [] : [[segment, pathTree(own, depth + 1)] as const],
  );
  return {
    first: chained(ending),
    literals: literals.length === 0 ? undefined : new Map(literals),
    parameter: parameter && pathTree(parameter, depth + 1),
  };
}

function chained(rules: readonly IndexedRule[]): IndexedRule | undefined {
  return rules.reduceRight<IndexedRule | undefined>((next, rule) => ({ ...rule, next }), undefined);
}

/** Collect the rules that cover a method and a canonical path, of which `at` characters are behind. */
export function collect(
  tree: PathTree,
  method: string,
  path: string,
  at: number,
  found: IndexedRule[],
): void {
  for (let rule = tree.first; rule; rule = rule.next) {
    if (rule.method === method && covers(rule, path)) found.push(rule);
  }
  if (at >= path.length || !(tree.literals || tree.parameter)) return;
  const slash = path.indexOf('/', at + 1);
  const end = slash === -1 ? path.length : slash;
  const literal = tree.literals?.get(path.slice(at + 1, end));
  if (literal) collect(literal, method, path, end, found);
  if (tree.parameter) collect(tree.parameter, method, path, end, found);
}

/** Whether a template covers a path; in canonical paths a segment is never empty. */
function covers({ template, rest }: IndexedRule, path: string): boolean {
  let at = 0;
  for (let place = 0; place < template.length; place++) {
    const wanted = template.charCodeAt(place);
    if (wanted === STAR) {
      if (at === path.length) return false;
      while (at < path.length && path.charCodeAt(at) !== SLASH) at++;
    } else if (path.charCodeAt(at++) !== wanted) {
      return false;
    }
  }
  return at === path.length || (rest && path.charCodeAt(at) === SLASH);
}
