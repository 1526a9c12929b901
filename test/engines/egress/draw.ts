import { allowOut, type EgressRule, type HttpOperation, workload } from '../../../lib/model/index.js';
import type { Engine } from '../../../lib/model/service.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Revocation } from '../../../lib/policy/revocation.js';
import type { Draw } from '../equality/draw.js';
import { CALLERS, planOf } from './way-out.js';

export const HOSTS = ['one.example', 'two.example', 'three.example'] as const;
const METHODS = ['GET', 'POST', 'DELETE'] as const;
const TEMPLATES = ['/', '/a', '/a/**', '/a/{id}', '/a/b', '/{x}/b', '/**', '/a.b/c'] as const;
const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/b/c',
  '/a/7',
  '/z/b',
  '/a.b/c',
  '/axb/c',
  '/a//b',
  '/a/../b',
  '/a%2fb',
  '/a?b=/c',
];
const SPELLINGS = [
  ...HOSTS,
  'ONE.example',
  'one.example:443',
  'one.example:9',
  'one.example.',
  'four.example',
];
const YEAR = 31_536_000;

/** Some rules, some of them in audit or withdrawn, and sometimes a host that is closed. */
export function drawPlan(
  draw: Draw,
  portOf: (host: string) => number,
  engine: Engine = 'local',
): { plan: Plan; revocations: Revocation[] } {
  const now = Math.floor(Date.now() / 1000);
  const rules = draw.list(2 + draw.below(7), () => {
    const operations = draw.list(
      draw.below(3),
      () => `${draw.pick(METHODS)} ${draw.pick(TEMPLATES)}` as HttpOperation,
    );
    const host = draw.pick(HOSTS);
    const port = portOf(host);
    const callers = draw.some(CALLERS, 2).map((name) => workload(name));
    const endless = allowOut(...callers).to(`https://${host}:${port}`, ...operations);
    const built = draw.chance(20)
      ? endless.until(new Date((now + draw.pick([-YEAR, 2 * YEAR])) * 1000).toISOString())
      : endless;
    return draw.chance(40)
      ? built.audited({
          until: new Date((now + draw.pick([-YEAR, YEAR])) * 1000).toISOString(),
          reason: 'tried',
        })
      : built;
  });
  // Without twins, and without operations of one rule that are the same: both are errors.
  const valid = rules.filter(({ rule }, at) => {
    const alone = [...rules.slice(0, at).filter((other) => same(other.rule, rule))];
    return alone.length === 0 && isValid(rule);
  });
  const plan = planOf(
    valid.map(({ rule }, at) => ({ ...rule, name: `${draw.pick(['a', 'B', 'z'])}${at}` })),
    engine,
  );
  const revocations: Revocation[] = [];
  if (draw.chance(30) && valid.length > 0) {
    const [rule] = Object.values(plan.egress!.policy.services).flatMap((service) => service.rules);
    revocations.push({ kind: 'rule', rule: rule!.id, until: now + YEAR });
  }
  if (draw.chance(20)) revocations.push({ kind: 'service', service: draw.pick(HOSTS), until: now + YEAR });
  return { plan, revocations };
}

function same(a: EgressRule, b: EgressRule): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isValid(rule: EgressRule): boolean {
  try {
    planOf([rule as Parameters<typeof planOf>[0][number]]);
    return true;
  } catch {
    return false;
  }
}

export interface Called {
  readonly as: (typeof CALLERS)[number];
  readonly method: string;
  readonly path: string;
  readonly host: string;
}

export function drawCall(draw: Draw): Called {
  const [as, method, path] = [draw.pick(CALLERS), draw.pick([...METHODS, 'get']), draw.pick(PATHS)];
  const host = draw.chance(75) ? draw.pick(HOSTS) : draw.pick(SPELLINGS);
  return { as, method, path, host };
}
