import fc from 'fast-check';
import { allowOut, type EgressRule, type HttpOperation, workload } from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { type Decision, STATUS } from '../../../lib/policy/decide.js';
import { decideEgress } from '../../../lib/policy/egress.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import type { Revocation } from '../../../lib/policy/revocation.js';
import { eventually } from '../../local/temporary.js';
import { Draw } from '../equality/draw.js';
import { Outside } from './outside.js';
import { CALLERS, planOf, WayOut } from './way-out.js';

const POLICIES = 12;
const REQUESTS = 20;
const HOSTS = ['one.example', 'two.example', 'three.example'] as const;
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

let outside: Outside;
let out: WayOut;
beforeAll(async () => {
  outside = await Outside.create();
  for (const host of HOSTS) await outside.serve(host);
  const places = Object.fromEntries(
    HOSTS.map((host) => [host, { ...outside.standIns[host]!, standIn: outside.standIns[host]!.address }]),
  );
  out = await WayOut.start(places, outside.roots());
});
afterAll(async () => {
  await out?.close();
  await outside.close();
});

/** Some rules, some of them in audit or withdrawn, and sometimes a host that is closed. */
function drawPlan(draw: Draw): { plan: Plan; revocations: Revocation[] } {
  const now = Math.floor(Date.now() / 1000);
  const rules = draw.list(2 + draw.below(7), () => {
    const operations = draw.list(
      draw.below(3),
      () => `${draw.pick(METHODS)} ${draw.pick(TEMPLATES)}` as HttpOperation,
    );
    const host = draw.pick(HOSTS);
    const port = outside.standIns[host]!.port;
    const callers = draw.some(CALLERS, 2).map((name) => workload(name));
    const built = allowOut(...callers).to(`https://${host}:${port}`, ...operations);
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
  const plan = planOf(valid.map(({ rule }, at) => ({ ...rule, name: `${draw.pick(['a', 'B', 'z'])}${at}` })));
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

/** The same every time: what fails, fails again. */
function fixedDraw(): Draw {
  const [value] = fc.sample(fc.gen(), { numRuns: 1, seed: 20_261_129 });
  return new Draw(value!);
}

interface Asked {
  readonly trace: string;
  readonly decision: Decision;
  readonly status: number | undefined;
  readonly text: string;
}

test('a running egress gateway decides and logs what the reference says', async () => {
  const draw = fixedDraw();
  const seen = { allow: 0, nonCanonical: 0, forbidden: 0, wouldAllow: 0 };
  for (let policy = 0; policy < POLICIES; policy += 1) {
    const { plan, revocations } = drawPlan(draw);
    if (!plan.egress) continue;
    const document = { version: policy + 1, entries: revocations };
    await out.apply(plan, document);
    const index = indexPolicy(plan.egress.policy, document);
    const asked: Asked[] = [];
    for (let request = 0; request < REQUESTS; request += 1) {
      const [as, method, path] = [draw.pick(CALLERS), draw.pick([...METHODS, 'get']), draw.pick(PATHS)];
      const host = draw.chance(75) ? draw.pick(HOSTS) : draw.pick(SPELLINGS);
      const trace = `00-${String(policy * REQUESTS + request + 1).padStart(32, '0')}-00f067aa0ba902b7-01`;
      const headers = [['traceparent', trace]] as const;
      const decision = decideEgress(index, {
        peer: plan.services[as]!.sidecar.spiffeId,
        method,
        authority: host,
        path,
        headers,
        now: Math.floor(Date.now() / 1000),
      });
      const status = await out.ask(as, method, path, host, headers);
      asked.push({ trace, decision, status, text: `${as} ${method} https://${host}${path}` });
      if (decision.outcome in seen) seen[decision.outcome as 'allow'] += 1;
      if (decision.wouldAllow !== undefined) seen.wouldAllow += 1;
    }
    await comparedWithLog(asked);
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
});

async function comparedWithLog(asked: readonly Asked[]): Promise<void> {
  const lines = () =>
    new Map(
      out.lines
        .map((text) => JSON.parse(text) as Record<string, unknown>)
        .map((line) => [line['traceparent'], line]),
    );
  // What the codec refuses comes to no filter, and has no line with a trace.
  const logged = asked.filter(({ text }) => !/ get /.test(text));
  await eventually(() => logged.every(({ trace }) => lines().has(trace)), 'a line for each request');
  for (const { trace, decision, status, text } of asked) {
    const { outcome, rule, wouldAllow } = decision;
    const expected = outcome === 'allow' ? 200 : STATUS[outcome];
    expect([text, status]).toEqual([text, expected]);
    const line = lines().get(trace);
    if (!line) continue;
    const said = { decision: line['decision'], rule: line['rule'], wouldAllow: line['wouldAllow'] };
    expect([text, said]).toEqual([
      text,
      {
        decision: outcome === 'allow' ? 'allow' : 'refuse',
        rule: outcome === 'allow' ? rule : undefined,
        wouldAllow: outcome === 'nonCanonical' ? undefined : wouldAllow,
      },
    ]);
  }
}
