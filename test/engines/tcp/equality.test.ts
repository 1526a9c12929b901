import fc from 'fast-check';
import { decideConnection } from '../../../lib/policy/connection.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import { Draw } from '../equality/draw.js';
import { Http2Connection } from '../support/http2.js';
import { Point } from '../support/point.js';
import { Testbed } from '../support/testbed.js';
import { CALLERS, drawPlan, planOf, SOURCES } from './draw.js';
import { withoutEnds } from '../support/ends.js';

const POLICIES = 16;
const CONNECTIONS = 14;

let testbed: Testbed;
let point: Point;
beforeAll(async () => {
  const plan = planOf([]);
  testbed = await Testbed.create(plan, []);
  point = await Point.start(testbed, plan, 'services/ledger/sidecar');
});
afterAll(async () => {
  await point?.close();
  await testbed?.close();
});

/** The status of the answer, and what came of the server within an admitted connection. */
async function dial(spiffeId: string, from: string, trace: string, authority: string) {
  const connection = await Http2Connection.open(await point.peer(spiffeId, from));
  const stream = connection.start([
    [':method', 'CONNECT'],
    [':authority', authority],
    ['traceparent', trace],
  ]);
  let bytes = '';
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1');
  });
  stream.on('error', () => {});
  const status = await new Promise<number | undefined>((done) => {
    stream.once('response', (headers) => done(headers[':status']));
    stream.once('close', () => done(undefined));
  });
  if (status === 200) {
    stream.write('ping');
    await new Promise<void>((done) => {
      stream.on('data', () => bytes.endsWith('ping') && done());
      stream.once('close', () => done());
    });
  }
  connection.close();
  // Of a refusal Envoy's own words come, and of the server nothing.
  return { status, bytes: bytes.replace('RBAC: access denied', '') };
}

/** The same every time: what fails, fails again. */
function fixedDraw(): Draw {
  const [value] = fc.sample(fc.gen(), { numRuns: 1, seed: 20_261_202 });
  return new Draw(value!);
}

test('a running sidecar of a TCP service decides and logs what the reference says', async () => {
  const draw = fixedDraw();
  const seen = { allow: 0, forbidden: 0, wouldAllow: 0, wouldRefuse: 0, denied: 0, revoked: 0, ended: 0 };
  for (let policy = 0; policy < POLICIES; policy += 1) {
    const { plan, revocations } = drawPlan(draw);
    const document = { version: policy + 1, entries: revocations };
    await point.apply(plan, document);
    const index = indexPolicy(plan.policy, document);
    const endless = indexPolicy(withoutEnds(plan.policy), document);
    const { authority } = plan.services['ledger']!;
    for (let number = 0; number < CONNECTIONS; number += 1) {
      const name = draw.pick([...CALLERS, 'ledger', 'gateway']);
      const peer = name === 'gateway' ? plan.gateway.spiffeId : plan.services[name]!.sidecar.spiffeId;
      const sourceAddress = draw.pick(SOURCES);
      const now = Math.floor(Date.now() / 1000);
      const connection = { service: 'ledger', peer, sourceAddress, now };
      const decision = decideConnection(index, connection);
      const without = decideConnection(indexPolicy(plan.policy), connection);
      const trace = `00-${String(policy * CONNECTIONS + number + 1).padStart(32, '0')}-00f067aa0ba902b7-01`;
      const { status, bytes } = await dial(peer, sourceAddress, trace, authority);
      const line = await point.decision(trace);
      const text = `${name} from ${sourceAddress} under ${JSON.stringify(plan.policy.services['ledger']!.rules)}`;
      const { outcome, rule, wouldAllow, wouldRefuse } = decision;
      const isAllowed = outcome === 'allow';
      expect([text, status, bytes]).toEqual([
        text,
        isAllowed ? 200 : 403,
        isAllowed ? 'ztp-echo ledger\nping' : '',
      ]);
      expect([text, pick(line)]).toEqual([
        text,
        {
          decision: isAllowed ? 'allow' : 'refuse',
          rule,
          wouldAllow,
          wouldRefuse,
          peer,
          service: 'ledger',
          operation: 'tcp',
        },
      ]);
      seen[isAllowed ? 'allow' : 'forbidden'] += 1;
      if (wouldAllow !== undefined) seen.wouldAllow += 1;
      if (wouldRefuse !== undefined) seen.wouldRefuse += 1;
      if (!isAllowed && rule !== undefined) seen.denied += 1;
      if (without.outcome !== outcome) seen.revoked += 1;
      if (decideConnection(endless, connection).outcome !== outcome) seen.ended += 1;
    }
  }
  for (const [what, count] of Object.entries(seen)) expect([what, count > 5]).toEqual([what, true]);
});

function pick(line: Readonly<Record<string, unknown>> | undefined) {
  const { decision, rule, wouldAllow, wouldRefuse, peer, service, operation } = line ?? {};
  return {
    decision,
    // A closed service is logged by the name of no rule.
    rule: rule === '!emergency' ? undefined : rule,
    wouldAllow,
    wouldRefuse,
    peer,
    service,
    operation,
  };
}
