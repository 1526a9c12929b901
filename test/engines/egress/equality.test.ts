import fc from 'fast-check';
import { type Decision, STATUS } from '../../../lib/policy/decide.js';
import { decideEgress } from '../../../lib/policy/egress.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import { eventually } from '../../local/temporary.js';
import { Draw } from '../equality/draw.js';
import { withoutEnds } from '../support/ends.js';
import { drawCall, drawPlan, HOSTS } from './draw.js';
import { Outside } from './outside.js';
import { WayOut } from './way-out.js';

const POLICIES = 12;
const REQUESTS = 20;
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

/** The same every time: what fails, fails again. */
function fixedDraw(): Draw {
  const [value] = fc.sample(fc.gen(), { numRuns: 1, seed: 20_261_202 });
  return new Draw(value!);
}

const portOf = (host: string) => outside.standIns[host]!.port;

interface Asked {
  readonly trace: string;
  readonly decision: Decision;
  readonly status: number | undefined;
  readonly text: string;
}

test('a running egress gateway decides and logs what the reference says', async () => {
  const draw = fixedDraw();
  const seen = { allow: 0, nonCanonical: 0, forbidden: 0, wouldAllow: 0, ended: 0 };
  for (let policy = 0; policy < POLICIES; policy += 1) {
    const { plan, revocations } = drawPlan(draw, portOf);
    if (!plan.egress) continue;
    const document = { version: policy + 1, entries: revocations };
    await out.apply(plan, document);
    const index = indexPolicy(plan.egress.policy, document);
    const endless = indexPolicy(withoutEnds(plan.egress.policy), document);
    const asked: Asked[] = [];
    for (let number = 0; number < REQUESTS; number += 1) {
      const { as, method, path, host } = drawCall(draw);
      const trace = `00-${String(policy * REQUESTS + number + 1).padStart(32, '0')}-00f067aa0ba902b7-01`;
      const headers = [['traceparent', trace]] as const;
      const request = {
        peer: plan.services[as]!.sidecar.spiffeId,
        method,
        authority: host,
        path,
        headers,
        now: Math.floor(Date.now() / 1000),
      };
      const decision = decideEgress(index, request);
      if (decideEgress(endless, request).outcome !== decision.outcome) seen.ended += 1;
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
