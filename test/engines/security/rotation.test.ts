import { sendCommand } from '../../../local/control.js';
import { eventually } from '../../local/temporary.js';
import { shop, WEB } from '../../local/model.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(shop());
});
afterAll(() => running.close());

const authority = (command: string) => sendCommand(running.platform.state.socket('authority'), command);

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Requests without a break, half of them on connections of their own, until told to stop. */
function load(): { seen: Map<string, number>; stop(): Promise<void> } {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  let going = true;
  const worker = async (keep: boolean) => {
    let client = new Http1Client(running.gateway);
    while (going) {
      try {
        count(String((await client.send(requestBytes('GET', '/', WEB))).status ?? 'no answer'));
      } catch (error) {
        count(String(error));
      }
      if (!keep) {
        client.close();
        client = new Http1Client(running.gateway);
      }
    }
    client.close();
  };
  const workers = [worker(true), worker(false)];
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
