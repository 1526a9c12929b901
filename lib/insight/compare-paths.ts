import { operationOf, type ParsedOperation } from '../policy/operation.js';
import type { AccessRule } from '../policy/policy.js';

/** Requests that no rule of either model tells apart by method and path. */
export interface PathClass {
  readonly method: string;
  /** A path of the class. */
  readonly path: string;
  /** The places, in the list of rules, of those that cover it. */
  readonly rules: readonly number[];
}

/** Steps of the walk through the templates of one method; only templates made for it come near. */
const MAX_STATES = 20_000;

interface Template extends ParsedOperation {
  readonly rule: number;
}

/** Templates that a path may still match, each with the segments that are behind. */
type State = readonly (readonly [template: Template, at: number])[];

/**
 * Every class of covered requests, with the shortest path of each: the templates are walked together,
 * segment by segment, once by each literal that one of them has there and once by a segment that none has.
 */
export function pathClasses(rules: readonly AccessRule[]): {
  classes: PathClass[];
  /** A path for each step of the walk, covered or not. */
  paths: Pick<PathClass, 'method' | 'path'>[];
  isExact: boolean;
} {
  const templates = rules.flatMap(({ operations }, rule) =>
    operations.map((operation) => ({ ...operationOf(operation), rule })),
  );
  const literals = new Set(templates.flatMap(({ segments }) => segments));
  const other = unusedSegment(literals);
  const walks = [...Map.groupBy(templates, ({ method }) => method)].map(([method, own]) =>
    walk(method, own, other),
  );
  return {
    classes: walks.flatMap(({ classes }) => classes),
    paths: walks.flatMap(({ paths }) => paths),
    isExact: walks.every(({ isExact }) => isExact),
  };
}

function walk(method: string, templates: readonly Template[], other: string) {
  const classes = new Map<string, PathClass>();
  const seen = new Set<string>();
  const paths: Pick<PathClass, 'method' | 'path'>[] = [];
  const waiting: { state: State; path: string }[] = [
    { state: templates.map((template) => [template, 0] as const), path: '' },
  ];
  for (const { state, path } of waiting) {
    const key = state.map(([template, at]) => `${templates.indexOf(template)}:${at}`).join(' ');
    if (seen.has(key)) continue;
    if (seen.size === MAX_STATES) return { classes: [...classes.values()], paths, isExact: false };
    seen.add(key);
    paths.push({ method, path: path || '/' });
    if (state.length === 0) continue;
    const covering = state.filter(
      ([{ segments, rest }, at]) => at === segments.length || (rest && at > segments.length),
    );
    const rules = [...new Set(covering.map(([{ rule }]) => rule))].sort((a, b) => a - b);
    const name = rules.join(' ');
    if (rules.length > 0 && !classes.has(name)) classes.set(name, { method, path: path || '/', rules });
    const next = new Set(state.flatMap(([{ segments }, at]) => segments[at] ?? []));
    for (const segment of [...next, other]) {
      waiting.push({ state: state.flatMap((item) => step(item, segment)), path: `${path}/${segment}` });
    }
  }
  return { classes: [...classes.values()], paths, isExact: true };
}

function step([template, at]: State[number], segment: string): State {
  const { segments, rest } = template;
  // Behind the last segment, whatever follows is the same.
  if (at >= segments.length) return rest ? [[template, segments.length]] : [];
  const wanted = segments[at];
  return wanted === undefined || wanted === segment ? [[template, at + 1]] : [];
}

/** A segment that is no literal of any template. */
function unusedSegment(literals: ReadonlySet<string | undefined>): string {
  let segment = 'x';
  while (literals.has(segment)) segment += 'x';
  return segment;
}
