import {
  allow,
  anyone,
  connect,
  defineZeroTrust,
  deny,
  http,
  type Rule,
  sourceNetwork,
  tcp,
  workload,
} from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve, tryResolve } from '../../../lib/plan/resolve.js';
import type { Engine } from '../../../lib/model/service.js';
import type { Revocation } from '../../../lib/policy/revocation.js';
import type { Draw } from '../equality/draw.js';

export const CALLERS = ['web', 'orders', 'reports'] as const;
/** Where a caller connects from, and networks that hold some of them. */
export const SOURCES = ['127.0.0.1', '127.7.0.1', '127.7.9.1'];
const NETWORKS = ['127.7.0.0/16', '127.7.9.0/24', '10.0.0.0/8', '127.0.0.1/32'];
const YEAR = 31_536_000;

interface Drawing {
  /** @default 'local' */
  readonly engine?: Engine;
  /** Rules in audit, and what is revoked until a date that has passed. @default true */
  readonly dated?: boolean;
}

export function planOf(rules: readonly Rule[], engine: Engine = 'local'): Plan {
  return resolve(modelOf(rules), { engine });
}

function modelOf(rules: readonly Rule[]) {
  return defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    services: { web: http(), orders: http(), reports: http(), ledger: tcp() },
    access: rules as never,
  });
}

function drawRule(draw: Draw, now: number, { dated = true }: Drawing): Rule {
  const callers = draw.some(CALLERS, 2).map((name) => workload(name));
  const networks = () => sourceNetwork(...draw.some(NETWORKS, 2));
  const isAllow = draw.chance(65);
  const audit =
    dated && draw.chance(30)
      ? { audit: { until: new Date((now + draw.pick([-YEAR, YEAR])) * 1000).toISOString(), reason: 'tried' } }
      : {};
  if (isAllow) {
    const built = allow(...callers).to('ledger', connect());
    const end =
      dated && draw.chance(20)
        ? { until: new Date((now + draw.pick([-YEAR, 2 * YEAR])) * 1000).toISOString() }
        : {};
    return { ...(draw.chance(40) ? built.when(networks()) : built).rule, ...audit, ...end } as Rule;
  }
  const built = (draw.chance(30) ? deny(anyone()) : deny(...callers)).to('ledger', connect());
  return { ...(draw.chance(60) ? built.unless(networks()) : built).rule, ...audit } as Rule;
}

/** Rules that a model may have together; which of them is named first is drawn as well. */
export function drawPlan(draw: Draw, drawing: Drawing = {}): { plan: Plan; revocations: Revocation[] } {
  const { engine = 'local', dated = true } = drawing;
  const now = Math.floor(Date.now() / 1000);
  const ends = (passed: number) => now + (dated ? draw.pick([passed, YEAR]) : YEAR);
  const rules: Rule[] = [];
  for (const rule of draw.list(1 + draw.below(6), () => drawRule(draw, now, drawing))) {
    const next = [...rules, { ...rule, name: `${draw.pick(['a', 'B', 'z'])}${rules.length}` }];
    if (tryResolve(modelOf(next), { engine }).plan) rules.push(next.at(-1)!);
  }
  const revocations: Revocation[] = [];
  const [first] = rules;
  if (first && draw.chance(30)) revocations.push({ kind: 'rule', rule: first.name!, until: ends(-YEAR) });
  if (draw.chance(15)) revocations.push({ kind: 'service', service: 'ledger', until: ends(-60) });
  return { plan: planOf(rules, engine), revocations };
}
