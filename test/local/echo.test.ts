import { startGrpcEcho, startHttpEcho } from '../../local/echo.js';
import { Addresses } from '../../local/addresses.js';
import { Http1Client, requestBytes } from '../engines/support/http1.js';
import { Http2Client, requestFields } from '../engines/support/http2.js';
import { header } from '../engines/support/reply.js';

const addresses = new Addresses('dev.echo.test');
let address: string;
beforeAll(async () => {
  address = await addresses.address('echo');
});
afterAll(() => addresses.close());

test('the HTTP echo says what reached it, byte for byte', async () => {
  const port = await addresses.port(address, 20_000);
  const echo = await startHttpEcho('orders', address, port);
  const client = new Http1Client({ address, port });
  const xfcc = 'URI=spiffe://local.dev.example/ns/default/sa/web';
  const bytes = requestBytes(
    'POST',
    '/a%2Fb?x=1',
    'orders.test',
    [
      ['X-One', '1'],
      ['x-one', '2'],
      ['x-forwarded-client-cert', xfcc],
    ],
    'hello',
  );
  const reply = await client.send(bytes);
  expect(reply).toMatchObject({ status: 200, end: 'complete' });
  expect(header(reply, 'x-ztp-echo')).toBe('orders');
  expect(JSON.parse(reply.body)).toEqual({
    service: 'orders',
    method: 'POST',
    path: '/a%2Fb?x=1',
    headers: [
      ['host', 'orders.test'],
      ['x-one', '1'],
      ['x-one', '2'],
      ['x-forwarded-client-cert', xfcc],
      ['content-length', '5'],
    ],
    peer: 'spiffe://local.dev.example/ns/default/sa/web',
    bodyBytes: 5,
  });
  const head = await client.send(requestBytes('HEAD', '/', 'orders.test'));
  expect(head).toMatchObject({ status: 200, body: '' });
  client.close();
  await echo.close();
});

test('the gRPC echo has every method, sends messages back and ends with status 0', async () => {
  const port = await addresses.port(address, 20_000);
  const echo = await startGrpcEcho('payments', address, port);
  const client = new Http2Client({ address, port });
  const message = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
  const reply = await client.send(
    requestFields('POST', '/shop.Payments/Charge', 'payments.test', [['te', 'trailers']]),
    message,
  );
  expect(reply).toMatchObject({ status: 200, end: 'complete', trailers: [['grpc-status', '0']] });
  expect(Buffer.from(reply.body, 'utf8')).toEqual(message);
  expect(header(reply, 'x-ztp-path')).toBe('/shop.Payments/Charge');
  const empty = await client.send(requestFields('POST', '/shop.Payments/Nothing', 'payments.test'));
  expect(empty.trailers).toEqual([['grpc-status', '0']]);
  client.close();
  await echo.close();
});
