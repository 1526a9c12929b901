import fc from 'fast-check';
import { envoyFiles, pointKeys } from '../../lib/envoy/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { operationOf, segmentsOf } from '../../lib/policy/operation.js';
import type { AccessRule } from '../../lib/policy/policy.js';
import { partition } from '../../lib/policy/compile/envoy/index.js';
import shop from '../../examples/shop/model.js';
import type { JsonObject } from '../../lib/policy/request.js';
import { partsOf } from '../engines/equality/case.js';
import { Draw } from '../engines/equality/draw.js';
import { modelOf } from '../engines/equality/platform.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { repaired } from '../engines/equality/validity.js';
import { METHODS, OTHER_SEGMENTS, SEGMENTS } from '../engines/equality/vocabulary.js';

type Json = Record<string, unknown>;

interface Filter {
  readonly '@type': string;
  readonly rbac?: Record<
    'rules' | 'shadow_rules',
    { action: 'ALLOW' | 'DENY'; policies: Record<string, Json> }
  >;
}
interface Place {
  readonly typed_per_filter_config?: Record<string, Filter>;
}

/** Plans of random policies, and the shop's. */
const instant = { now: 1_800_000_000, thumbprint: () => '' };
const plans = [
  resolve(shop),
  ...fc
    .sample(fc.noBias(fc.gen()), { seed: 7, numRuns: 60 })
    .map((value) => repaired(drawPolicy(new Draw(value)), instant).plan),
];

/** Every RBAC policy of a routes file, with the filter it is for. */
function policies(): { filter: string; action: 'ALLOW' | 'DENY'; name: string; policy: Json }[] {
  return plans.flatMap((plan) =>
    pointKeys(plan).flatMap((point) => {
      const [table] = (envoyFiles(plan, point).routes as unknown as { resources: Json[] }).resources;
      const hosts = table?.['virtual_hosts'] as (Place & { routes: Place[] })[];
      return hosts
        .flatMap((host): Place[] => [host, ...host.routes])
        .flatMap((place) => Object.entries(place.typed_per_filter_config ?? {}))
        .flatMap(([filter, { rbac }]) =>
          Object.values(rbac ?? {})
            .filter((rules) => typeof rules === 'object')
            .flatMap(({ action, policies: named }) =>
              Object.entries(named).map(([name, policy]) => ({ filter, action, name, policy })),
            ),
        );
    }),
  );
}

const all = policies();

test('there is enough to look at', () => {
  const filters = new Set(all.map(({ filter }) => filter));
  for (const name of ['audience', 'challenge', 'lasting', 'audit-deny', 'audit-allow', 'deny', 'allow']) {
    expect(filters).toContain(`ztp.${name}`);
  }
  expect(all.length).toBeGreaterThan(1000);
});

test('what admits negates nothing but beside a test that wants the same claim present', () => {
  const bare = all
    .filter(({ filter }) => filter === 'ztp.allow')
    .flatMap(({ policy }) => bareNegations({ and_ids: { ids: policy['principals'] as Json[] } }));
  expect(bare).toEqual([]);
});

/** Negations in a principal that nothing beside them guards. */
function bareNegations(principal: Json, beside: readonly Json[] = []): unknown[] {
  const negated = principal['not_id'] as Json | undefined;
  if (negated) {
    if (negated['any'] === true) return [];
    const wanted = claims(negated);
    const guarded = beside.some(
      (other) => !other['not_id'] && JSON.stringify(claims(other)) === JSON.stringify(wanted),
    );
    return guarded ? [] : [principal];
  }
  const ids = idsOf(principal['and_ids']);
  const alternatives = idsOf(principal['or_ids']);
  return [...ids.flatMap((id) => bareNegations(id, ids)), ...alternatives.flatMap((id) => bareNegations(id))];
}

function idsOf(value: unknown): Json[] {
  return (value as { ids: Json[] } | undefined)?.ids ?? [];
}

/** The claims that a principal looks at. */
function claims(principal: Json): string[] {
  const found = new Set<string>();
  JSON.stringify(principal, (key, value: unknown) => {
    if (key === 'metadata_matcher') found.add(JSON.stringify((value as Json)['path']));
    return value;
  });
  return [...found].sort();
}

test('what refuses by an expression about a claim has made sure that it is a number', () => {
  const aboutClaims = all.filter(
    ({ action, policy }) =>
      action === 'DENY' && JSON.stringify(policy['condition'] ?? '').includes('filter_metadata'),
  );
  expect(aboutClaims.length).toBeGreaterThan(10);
  for (const { policy } of aboutClaims) {
    const read = new Set<string>();
    JSON.stringify(policy['condition'], (key, value: unknown) => {
      if (key === 'string_value') read.add(String(value));
      return value;
    });
    const guards = idsOf((policy['principals'] as Json[])[0]?.['and_ids']).concat(
      policy['principals'] as Json[],
    );
    const guarded = guards
      .filter((guard) => JSON.stringify(guard).includes('double_match'))
      .flatMap((guard) => claims(guard))
      .map((path) => (JSON.parse(path) as { key: string }[]).map(({ key }) => key));
    const [, ...path] = [...read];
    expect(guarded).toContainEqual(path);
  }
});

test('the deciding policy is that of the first rule: their names sort as the rules do', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?$/);
  fc.assert(
    fc.property(id, id, fc.nat({ max: 9 }), fc.nat({ max: 9 }), (a, b, i, j) => {
      fc.pre(a !== b);
      const first = a < b;
      // Byte order, as Envoy's map has it: ASCII compares as UTF-16 does.
      expect(`${a}#${i}` < `${b}#${j}`).toBe(first);
      expect(a < b).toBe(first);
    }),
    { seed: 1, numRuns: 20_000 },
  );
  for (const { filter, name } of all) {
    const isDeny = ['ztp.deny', 'ztp.lasting', 'ztp.audit-deny'].includes(filter);
    if (name.startsWith('!')) continue;
    if (isDeny) expect(name).toMatch(/^[A-Za-z0-9._-]+#/);
    if (filter === 'ztp.allow') expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
  }
});

test('whatever an order in the model, the routes have the same bytes', () => {
  fc.assert(
    fc.property(fc.noBias(fc.gen()), (value) => {
      const draw = new Draw(value);
      const { policy } = repaired(drawPolicy(draw), instant);
      const rules = policy.parts['access'] as readonly Json[];
      const shuffled = draw.some(rules, rules.length, rules.length);
      const bytes = (access: readonly Json[]) => {
        const parts = partsOf({ parts: { ...policy.parts, access } as JsonObject, revocations: [] }, instant);
        const plan = resolve(modelOf(parts), { now: new Date(0) });
        return pointKeys(plan).map((point) => JSON.stringify(envoyFiles(plan, point).routes));
      };
      expect(bytes(shuffled)).toEqual(bytes(rules));
    }),
    { seed: 3, numRuns: 15, endOnFailure: true },
  );
});

test('the part with the longest prefix holds exactly the rules that a linear search finds', () => {
  let parts = 0;
  fc.assert(
    fc.property(fc.noBias(fc.gen()), (value) => {
      const draw = new Draw(value);
      const rules = draw.list(10 + draw.below(80), () => 0).map((_, at) => drawRule(draw, at));
      const split = partition(rules);
      parts += split.length;
      expect(split.filter(({ prefix }) => prefix.length === 0)).toHaveLength(1);
      const entries = (list: typeof split) =>
        list.flatMap((part) => part.rules.flatMap(({ operations }) => operations)).length;
      expect(entries(split)).toBeLessThanOrEqual(6 * rules.flatMap(({ operations }) => operations).length);
      for (let request = 0; request < 40; request += 1) {
        const method = draw.pick(METHODS.slice(0, 2));
        const path = `/${draw.list(draw.below(5), () => draw.pick([...SEGMENTS.slice(0, 5), ...OTHER_SEGMENTS])).join('/')}`;
        // Envoy takes the first route whose prefix the path has, segment by segment.
        const own = split.find(({ prefix }) =>
          prefix.every((segment, at) => segmentsOf(path)[at] === segment),
        );
        const here = (own?.rules ?? []).filter(({ operations }) =>
          operations.some((text) => matches(text, method, path)),
        );
        const linear = rules.filter(({ operations }) =>
          operations.some((text) => matches(text, method, path)),
        );
        expect(here.map(({ rule }) => rule.id).sort()).toEqual(linear.map(({ id }) => id).sort());
      }
    }),
    { seed: 2, numRuns: 150, endOnFailure: true },
  );
  // Otherwise nothing was split, and nothing shown.
  expect(parts).toBeGreaterThan(500);
});

function drawRule(draw: Draw, at: number): AccessRule {
  const operation = () => {
    const segments = draw.list(draw.below(4), () =>
      draw.chance(15) ? `{p${draw.below(1_000_000)}}` : draw.pick(SEGMENTS.slice(0, 5)),
    );
    const path = `/${segments.join('/')}`;
    return `${draw.pick(METHODS.slice(0, 2))} ${draw.chance(10) ? `${path === '/' ? '' : path}/**` : path}`;
  };
  return {
    id: `rule-${at}`,
    effect: 'allow',
    principals: [{ kind: 'anyone' }],
    operations: [...new Set(draw.list(1 + draw.below(2), operation))] as AccessRule['operations'],
    conditions: [],
  };
}

/** The reference, as plain as can be. */
function matches(text: string, method: string, path: string): boolean {
  const operation = operationOf(text);
  const segments = segmentsOf(path);
  const fits = operation.segments.every(
    (segment, at) => at < segments.length && (segment ?? segments[at]) === segments[at],
  );
  const isLongEnough = operation.rest || segments.length === operation.segments.length;
  return operation.method === method && fits && isLongEnough;
}
