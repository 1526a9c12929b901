import { dirname } from 'node:path';
import { LeafFolder, leafPathsIn } from '../../../lib/point/leaf-folder.js';
import { sendCommand } from '../../../local/control.js';
import { eventually } from '../../local/temporary.js';
import { shop, WEB } from '../../local/model.js';
import { TestAuthority } from '../support/authority.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { Http2Client, requestFields } from '../support/http2.js';
import { TestPlatform } from '../support/platform.js';
import type { Reply } from '../support/reply.js';

let running: TestPlatform;
beforeAll(async () => {
  // The shortest leaf that a model may ask for gives the shortest bound of a connection.
  running = await TestPlatform.start({ ...shop(), authority: { leafLifetimeSeconds: 60 } });
});
afterAll(() => running.close());

const authority = (command: string) => sendCommand(running.platform.state.socket('authority'), command);

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Requests without a break over kept and over new connections, by HTTP/1.1 and HTTP/2, until told to stop. */
function load(): { seen: Map<string, number>; stop(): Promise<void> } {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  let going = true;
  const worker = async (open: () => { ask(): Promise<Reply>; close(): void }, keep: boolean) => {
    let client = open();
    while (going) {
      try {
        count(String((await client.ask()).status ?? 'no answer'));
      } catch (error) {
        count(String(error));
      }
      if (!keep) {
        client.close();
        client = open();
      }
    }
    client.close();
  };
  const http1 = () => {
    const client = new Http1Client(running.gateway);
    return { ask: () => client.send(requestBytes('GET', '/', WEB)), close: () => client.close() };
  };
  const http2 = () => {
    const client = new Http2Client(running.gateway);
    return { ask: () => client.send(requestFields('GET', '/', WEB)), close: () => client.close() };
  };
  const workers = [worker(http1, true), worker(http1, false), worker(http2, true), worker(http2, false)];
  return {
    seen,
    stop: async () => {
      going = false;
      await Promise.all(workers);
    },
  };
}

test('renewing every leaf and replacing the root under load fails no request', async () => {
  const serial = () => running.sidecar('web', 'gateway').tls?.certificate;
  const first = serial();
  const requests = load();
  try {
    await pause(300);
    await authority('reissue');
    await eventually(() => serial() !== first, 'the gateway has another leaf');
    await pause(500);
    for (const step of ['prepare-root', 'activate-root', 'retire-root']) {
      await authority(step);
      // The time that a point may take to read what was written.
      await pause(700);
    }
    await pause(300);
  } finally {
    await requests.stop();
  }
  expect([...requests.seen.keys()]).toEqual(['200']);
  expect(requests.seen.get('200')).toBeGreaterThan(50);
});

test('a leaf of an authority that was never among the roots is not taken over in this way', async () => {
  const { plan } = running.platform;
  const stranger = await TestAuthority.create(plan.certificates, 'stranger');
  const { certificates } = running.platform.ready().services['web']!;
  const client = running.http1(running.gateway);
  const answers = (status: number) => async () => {
    const reply = await client.send(requestBytes('GET', '/', WEB));
    return reply.status === status;
  };
  const leaf = await stranger.workload(plan.services['web']!.sidecar.spiffeId);
  const folder = dirname(dirname(certificates.certificate));
  new LeafFolder(leafPathsIn(folder)).install('stranger', leaf.certificate, leaf.key);
  // Connections that stand go on until their bound.
  await eventually(answers(503), 'the gateway refuses the stranger');
  await authority('reissue');
  await eventually(answers(200), 'the leaf of the right authority is back');
});
