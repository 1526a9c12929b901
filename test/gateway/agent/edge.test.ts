import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import {
  allow,
  anyone,
  claim,
  defineZeroTrust,
  deny,
  http,
  sourceNetwork,
} from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { type ApiGateway, clientCertificate } from '../support/api-gateway.js';
import { TestMesh } from '../support/mesh.js';

const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    services: { web: http({ host: 'www.shop.example' }) },
    access: [
      allow(anyone()).to('web', 'GET /'),
      // Not where this test connects from: what API Gateway's connection would say, if anybody asked it.
      allow(anyone()).to('web', 'GET /office').when(sourceNetwork('198.51.100.0/24')),
      allow(anyone()).to('web', 'GET /near'),
      deny(anyone()).to('web', 'GET /near').unless(sourceNetwork('198.51.100.0/24')),
      allow(anyone()).to('web', 'GET /closed'),
      deny(anyone()).to('web', 'GET /closed').unless(claim('name').equals('nobody')),
    ],
  }),
  { engine: 'aws' },
);

let mesh: TestMesh;
let current: ApiGateway;
let next: ApiGateway;
beforeAll(async () => {
  mesh = await TestMesh.create(plan);
  // The first has ended: Envoy does not look at a pinned certificate's dates, so its hash must go in time.
  [current, next] = await Promise.all([clientCertificate(Date.now() - 600_000), clientCertificate()]);
  mesh.set('gateway/client/current', current.hash);
  mesh.set('gateway/client/next', next.hash);
  await mesh.application('web');
  const apiGateway = {
    environment: { ZTP_EDGE_CERTIFICATE: 'self-made' },
    profile: { edge: 'apiGateway' },
  } as const;
  await Promise.all([mesh.serving('gateway', apiGateway), mesh.serving('services/web/sidecar')]);
});
afterAll(() => mesh.close());

/** The first line of the answer to a request, or why there is none. */
async function ask(options: ConnectionOptions, host = 'www.shop.example', path = '/'): Promise<string> {
  const { address, port } = mesh.at('gateway/listen');
  const socket = connect({ host: address, port, rejectUnauthorized: false, ...options });
  let received = '';
  socket.on('data', (data: Buffer) => {
    received += data.toString();
    socket.end();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    received ||= error.code ?? error.message;
  });
  socket.on('secureConnect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
  await new Promise((done) => socket.once('close', done));
  return received.split('\r\n')[0] ?? '';
}

const TLS12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'API Gateway is served over %s, with this certificate and the next',
  async (version) => {
    for (const { cert, key } of [current, next]) {
      expect(await ask({ cert, key, minVersion: version, maxVersion: version })).toBe('HTTP/1.1 200 OK');
    }
  },
);

test('nobody else is: not without a certificate, not with another, not a workload of the mesh', async () => {
  const stranger = await clientCertificate();
  const workload = await mesh.leaf('spiffe://aws.test.shop.example/ns/default/sa/web');
  for (const client of [{}, stranger, workload]) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const answer = await ask({ ...client, minVersion: version, maxVersion: version }).catch(String);
      expect(answer).not.toContain('HTTP');
    }
  }
});

test('TLS 1.2 has forward secrecy and an AEAD here, and nothing older is spoken', async () => {
  const { cert, key } = current;
  expect(await ask({ cert, key, ...TLS12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).toBe(
    'HTTP/1.1 200 OK',
  );
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256']) {
    expect(await ask({ cert, key, ...TLS12, ciphers })).not.toContain('HTTP');
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  expect(await ask({ cert, key, ...old })).not.toContain('HTTP');
});

test('a host that is no public service has no route', async () => {
  const { cert, key } = current;
  expect(await ask({ cert, key }, 'payments.test.shop.example.internal')).toBe('HTTP/1.1 403 Forbidden');
});

test("what hangs on the client's address the authorizer has judged; the rest is judged again", async () => {
  const { cert, key } = current;
  const answers = ['/office', '/near', '/closed', '/elsewhere'].map((path) =>
    ask({ cert, key }, 'www.shop.example', path),
  );
  expect(await Promise.all(answers)).toEqual([
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 403 Forbidden',
    'HTTP/1.1 403 Forbidden',
  ]);
});

test('a certificate that the gateway made itself has what API Gateway looks at even then', async () => {
  const { address, port } = mesh.at('gateway/listen');
  const { cert, key } = current;
  const socket = connect({
    host: address,
    port,
    servername: 'www.shop.example',
    rejectUnauthorized: false,
    cert,
    key,
  });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerCertificate(true);
  expect(new X509Certificate(shown.raw).checkHost('www.shop.example')).toBe('www.shop.example');
  const root = new X509Certificate(shown.issuerCertificate.issuerCertificate.raw);
  expect(root.ca && root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
  socket.destroy();
});

test('the mesh itself takes TLS 1.3 alone', async () => {
  const { address, port } = mesh.at('services/web/sidecar/listen');
  const { cert, key } = await mesh.leaf('spiffe://aws.test.shop.example/ns/default/sa/gateway');
  const socket = connect({ host: address, port, rejectUnauthorized: false, cert, key, ...TLS12 });
  const [error] = (await once(socket, 'error').catch((found: unknown) => [found])) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
});
