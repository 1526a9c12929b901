import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { listen } from '../../../gateway/decision/server.js';
import { type DecisionSettings, readDecisionSettings } from '../../../gateway/decision/settings.js';
import { decisionQuestion } from '../../../lib/envoy/filters/decision.js';
import { ENVOY_ARGUMENTS } from '../../../lib/envoy/index.js';
import { type PolicyCondition, resolve, type Template } from '../../../lib/index.js';
import { LeafFolder, leafPathsIn } from '../../../lib/point/leaf-folder.js';
import { Child } from '../../../local/child.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { Guardian } from '../../../local/guardian.js';
import { type Leaf, TestAuthority } from '../../engines/support/authority.js';
import { eventually } from '../../local/temporary.js';
import { shop } from '../../model/shop.js';
import { NOW, allow, anyone, office, policy } from '../../policy/fixture.js';
import { createDecisionService } from './decision-service.js';
import { authorizerDataOf, ORDERS, people, tokenOf } from './testbed.js';

const SERVICE = 'spiffe://local.dev.shop.test/ns/default/sa/decision';
const GATEWAY = 'spiffe://local.dev.shop.test/ns/default/sa/gateway';
const OTHER = 'spiffe://local.dev.shop.test/ns/default/sa/web';

/** The filter of the documentation, as it stands there. */
const FILTER = parse(
  /```yaml\n(name: envoy.filters.http.ext_authz[^`]*)```/.exec(
    readFileSync(join(__dirname, '../../../docs/authorizer.md'), 'utf8'),
  )?.[1] ?? '',
) as object;

let folder: string;
let authority: TestAuthority;
let gateway: Leaf;
let server: Server;
let guardian: Guardian;
let envoy: Child;
let port: number;

/** Requests that reached the application. */
const reached: IncomingMessage[] = [];
const upstream = createServer((incoming, response) => {
  reached.push(incoming);
  response.end('from the application');
});

const loopback: PolicyCondition = { kind: 'sourceNetwork', ranges: ['127.0.0.0/8'] };
const rules = [
  ...ORDERS,
  allow('office', { operations: ['GET /office'], principals: [anyone], conditions: [office] }),
  allow('near', { operations: ['GET /near'], principals: [anyone], conditions: [loopback] }),
];
const service = createDecisionService({
  template: authorizerDataOf(policy(rules)) as unknown as Template,
  refs: {},
  environment: {},
  clock: () => NOW * 1000,
  write: () => undefined,
  fetchText: () => Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(people.jwks()) }),
});

/** Settings as an environment gives them; the port 0 is any. */
function settings(): DecisionSettings {
  const read = readDecisionSettings({
    ZTP_DECISION_PORT: '1',
    ZTP_DECISION_LEAF: join(folder, 'leaf'),
    ZTP_DECISION_AUTHORITIES: join(folder, 'roots.pem'),
    ZTP_DECISION_PEERS: GATEWAY,
  });
  return { ...read, port: 0 };
}

const portOf = (of: Server) => (of.address() as AddressInfo).port;
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const at = (of: number) => ({ socket_address: { address: '127.0.0.1', port_value: of } });

/** A cluster with one endpoint. */
function cluster(name: string, of: number, more: object = {}): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: at(of) } }] }];
  return { name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints }, ...more };
}

/** What Envoy needs to be one of the mesh, and to take nobody but the decision service for it. */
function tls(): object {
  const pem = (filename: string) => ({ filename });
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
          tls_certificates: [
            {
              certificate_chain: pem(file('gateway.pem', gateway.certificate)),
              private_key: pem(file('gateway.key', gateway.key)),
            },
          ],
          validation_context: {
            trusted_ca: pem(join(folder, 'roots.pem')),
            match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: SERVICE } }],
          },
        },
      },
    },
  };
}

function bootstrap(own: number): object {
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'inbound',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'application' } }],
        },
      ],
    },
    http_filters: [
      FILTER,
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }];
  return {
    static_resources: {
      listeners: [{ name: 'inbound', address: at(own), filter_chains: [{ filters }] }],
      clusters: [cluster('application', portOf(upstream)), cluster('decision', portOf(server), tls())],
    },
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ext-authz-'));
  authority = await TestAuthority.create(resolve(shop()).certificates, 'local.dev.shop.test');
  file('roots.pem', authority.root);
  gateway = await authority.workload(GATEWAY);
  const own = await authority.workload(SERVICE);
  new LeafFolder(leafPathsIn(join(folder, 'leaf'))).install('1', own.certificate, own.key);
  server = listen(settings(), service);
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => free.once('listening', done));
  port = portOf(free);
  await new Promise((done) => free.close(done));
  guardian = new Guardian(folder);
  const { path } = await findEnvoy();
  const config = file('envoy.json', JSON.stringify(bootstrap(port)));
  const args = ['--config-path', config, '--concurrency', '1', '--log-level', 'error', ...ENVOY_ARGUMENTS];
  envoy = new Child({ command: path, args, environment: {}, guardian });
  await eventually(async () => {
    if (!envoy.running) throw new Error((await envoy.exited).tail.join('\n'));
    return ask({ path: '/ready' }).then(
      () => true,
      () => false,
    );
  }, 'Envoy listens');
});
afterAll(async () => {
  await envoy?.stop();
  await guardian?.close();
  server?.close();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
}

const authorization = `Bearer ${tokenOf()}`;

/** The answer to a request to Envoy, and whether it reached the application. */
async function ask({ method = 'GET', path = '/orders', headers = [] }: Asked) {
  const before = reached.length;
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const lines = ['host', 'orders.shop.test', ...headers];
    request({ host: '127.0.0.1', port, method, path, headers: lines as never, agent: false }, (incoming) => {
      incoming.resume();
      done(incoming);
    })
      .once('error', fail)
      .end();
  });
  return [answer.statusCode, answer.headers['www-authenticate'], reached.length > before];
}

test('Envoy admits what the service admits, and answers what it answers', async () => {
  const rows: [Asked, number, string | undefined][] = [
    [{ headers: ['authorization', authorization] }, 200, undefined],
    [{ headers: ['authorization', authorization], path: '/orders?a=/../b' }, 200, undefined],
    [{ path: '/public/a' }, 200, undefined],
    [{ headers: ['authorization', authorization], path: '/orders/' }, 400, undefined],
    [{ headers: ['authorization', 'Bearer a.b.c'] }, 401, 'Bearer error="invalid_token"'],
    [
      { headers: ['authorization', authorization, 'authorization', authorization] },
      401,
      'Bearer error="invalid_token"',
    ],
    [{}, 401, 'Bearer'],
    [
      { headers: ['authorization', authorization], method: 'POST' },
      401,
      'Bearer error="insufficient_user_authentication"',
    ],
    [{ headers: ['authorization', authorization], method: 'DELETE' }, 403, undefined],
  ];
  for (const [asked, status, challenge] of rows) {
    expect([asked, ...(await ask(asked))]).toEqual([asked, status, challenge, status === 200]);
  }
});

test('the client’s address is the connection’s, whatever the client says', async () => {
  expect((await ask({ path: '/near' }))[0]).toBe(200);
  expect((await ask({ path: '/near', headers: ['x-ztp-source-address', '10.0.0.1'] }))[0]).toBe(200);
  expect((await ask({ path: '/office' }))[0]).toBe(403);
  expect((await ask({ path: '/office', headers: ['x-ztp-source-address', '10.0.0.1'] }))[0]).toBe(403);
});

test('nobody else is told a decision: no certificate, another identity, an older TLS', async () => {
  const other = await authority.workload(OTHER);
  const stranger = await TestAuthority.create(resolve(shop()).certificates, 'local.dev.shop.test');
  const forged = await stranger.workload(GATEWAY);
  const answered = (leaf: Leaf | undefined, more: object = {}) =>
    new Promise<boolean>((done) => {
      const options = {
        host: '127.0.0.1',
        port: portOf(server),
        path: '/orders',
        headers: { host: 'orders.shop.test', authorization },
        ca: authority.root,
        checkServerIdentity: () => undefined,
        agent: false,
        ...(leaf && { cert: leaf.certificate, key: leaf.key }),
        ...more,
      } as const;
      tlsRequest(options, (incoming) => {
        incoming.resume();
        done(incoming.statusCode === 200);
      })
        .once('error', () => done(false))
        .end();
    });
  expect(await answered(gateway)).toBe(true);
  expect(await answered(undefined)).toBe(false);
  expect(await answered(other)).toBe(false);
  expect(await answered(forged)).toBe(false);
  expect(await answered(gateway, { maxVersion: 'TLSv1.2' })).toBe(false);
});

test('another server in the place of the service, or none, admits nothing', async () => {
  const taken = portOf(server);
  const own = await authority.workload(OTHER);
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  await close();
  expect(await ask({ headers: ['authorization', authorization] })).toEqual([503, undefined, false]);
  // Of a question in gRPC's type Envoy would make a 200 of its own.
  const grpc = ['authorization', authorization, 'content-type', 'application/grpc'];
  expect(await ask({ headers: grpc })).toEqual([200, undefined, false]);
  expect(decisionQuestion('gateway').headers).not.toContain('content-type');
  new LeafFolder(leafPathsIn(join(folder, 'leaf'))).install('2', own.certificate, own.key);
  server = listen({ ...settings(), port: taken }, (_, response) => response.end());
  await new Promise((done) => server.once('listening', done));
  expect(await ask({ headers: ['authorization', authorization] })).toEqual([503, undefined, false]);
  await close();
  const back = await authority.workload(SERVICE);
  new LeafFolder(leafPathsIn(join(folder, 'leaf'))).install('3', back.certificate, back.key);
  server = listen({ ...settings(), port: taken }, service);
  await eventually(
    async () => (await ask({ headers: ['authorization', authorization] }))[0] === 200,
    'the service answers again',
  );
});

test.each([
  ['no port', {}],
  ['a port that is none', { ZTP_DECISION_PORT: '0' }],
  ['a nonce without end', { ZTP_DECISION_PORT: '9', ZTP_DECISION_NONCE_SECONDS: '0' }],
  ['every address in clear text', { ZTP_DECISION_PORT: '9', ZTP_DECISION_ADDRESS: '0.0.0.0' }],
  ['a leaf without peers', { ZTP_DECISION_PORT: '9', ZTP_DECISION_LEAF: 'a', ZTP_DECISION_AUTHORITIES: 'b' }],
  [
    'a peer that is no SPIFFE ID',
    {
      ZTP_DECISION_PORT: '9',
      ZTP_DECISION_LEAF: 'a',
      ZTP_DECISION_AUTHORITIES: 'b',
      ZTP_DECISION_PEERS: `${GATEWAY},web`,
    },
  ],
])('with %s nothing listens', (_, environment) => {
  expect(() => readDecisionSettings(environment)).toThrow('ZTP_DECISION_');
});
