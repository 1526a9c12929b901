import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { sendCommand } from '../../../local/control.js';
import { shop, WEB } from '../../local/model.js';
import { eventually } from '../../local/temporary.js';
import { Http1Connection, requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';

/** The shortest leaf that a model may ask for gives the shortest bound. */
const LEAF_SECONDS = 60;

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start({ ...shop(), authority: { leafLifetimeSeconds: LEAF_SECONDS } });
});
afterAll(() => running.close());

const authority = (command: string) => sendCommand(running.platform.state.socket('authority'), command);

/** An HTTP/2 session of the workload `orders` with the sidecar of `payments`. */
function callPayments(): Promise<ClientHttp2Session> {
  const { address, port, tls } = running.sidecar('payments', 'orders');
  return new Promise((done, fail) => {
    const session = connect(`https://${address}:${port}`, {
      createConnection: () =>
        connectTls({
          host: address,
          port,
          ALPNProtocols: ['h2'],
          cert: tls?.certificate,
          key: tls?.key,
          rejectUnauthorized: false,
        }),
    });
    session.once('connect', () => done(session));
    session.on('error', fail);
  });
}

/** A call whose request never ends; the echo sends each message back, so that both ways are in use. */
function stream(session: ClientHttp2Session): { answered: Promise<number>; ended: Promise<number> } {
  const call = session.request({
    ':method': 'POST',
    ':path': '/shop.Payments/Charge',
    ':authority': running.platform.plan.services['payments']!.authority,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const talk = setInterval(() => call.write(Buffer.alloc(5)), 500);
  call.write(Buffer.alloc(5));
  call.resume();
  call.on('error', () => {});
  const ended = new Promise<number>((done) =>
    call.once('close', () => {
      clearInterval(talk);
      done(performance.now());
    }),
  );
  const answered = new Promise<number>((done) =>
    call.once('response', (headers) => done(headers[':status'] ?? 0)),
  );
  return { answered, ended };
}

test('connections of a leaf whose root is gone end within the bound of the plan, a gRPC stream too', async () => {
  const { bound, maxConnection, drain, maxStream } = running.platform.plan.connections;
  expect(bound).toBe(LEAF_SECONDS / 4);
  expect(maxConnection + drain + maxStream).toBeLessThanOrEqual(bound);

  const session = await callPayments();
  const call = stream(session);
  expect(await call.answered).toBe(200);
  const closed = new Promise<number>((done) => session.once('close', () => done(performance.now())));
  const kept = await Http1Connection.open(running.sidecar('web', 'gateway'));
  const host = running.platform.plan.services['web']!.authority;
  expect((await kept.send(requestBytes('GET', '/', host))).status).toBe(200);
  const oldLeaf = running.sidecar('payments', 'orders').tls;

  for (const step of ['prepare-root', 'activate-root', 'retire-root']) await authority(step);
  const withdrawn = performance.now();

  // The old leaf opens nothing any more, while what it opened is still there: the bound is not idle.
  const retry = async () => {
    const { tls: _, ...place } = running.sidecar('payments');
    try {
      const connection = await Http1Connection.open({ ...place, tls: oldLeaf });
      const { status } = await connection.send(requestBytes('GET', '/', host));
      connection.close();
      return status;
    } catch {
      return undefined;
    }
  };
  await eventually(async () => (await retry()) === undefined, 'the old root is not accepted');
  expect(session.destroyed).toBe(false);

  const limit = withdrawn + bound * 1000;
  expect(await call.ended).toBeLessThan(limit);
  expect(await closed).toBeLessThan(limit);
  await eventually(() => !kept.open, 'the idle connection is closed');
  expect(performance.now()).toBeLessThan(limit);
});

test('with the new leaf everything goes on', async () => {
  const connection = await Http1Connection.open(running.gateway);
  expect((await connection.send(requestBytes('GET', '/', WEB))).status).toBe(200);
  connection.close();
  const session = await callPayments();
  const call = stream(session);
  expect(await call.answered).toBe(200);
  session.destroy();
});
