import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request, type RequestListener } from 'node:http';
import { App, Testing } from 'cdk8s';
import { allow, defineZeroTrust, http, oidc, user, workload } from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/cdk8s';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import type { Plan } from '../../lib/plan/plan.js';
import { issuerKey, TestIssuer } from '../engines/support/issuer.js';
import { KeyServer } from '../lambda/authorizer/key-server.js';
import { eventually, temporaryFolder } from '../local/temporary.js';
import { type Started, startedBy, twoPorts } from '../support/pod.js';

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const people = new TestIssuer('people', 'https://login.acme.example', [issuerKey('ES256', 'one')]);
const REVOCATIONS = '/api/v1/namespaces/acme/configmaps/zero-trust-revocations';

/** What the API server has; nothing, if it does not answer. */
let stored: KubernetesObject | undefined;
let objects: readonly KubernetesObject[];
let services: Plan['services'];
let server: KeyServer | undefined;
let port: number;
let pod: Started;
let child: ChildProcess | undefined;

beforeAll(async () => {
  server = await KeyServer.start(people);
  server.answers = answer;
  port = await twoPorts();
  const model = defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    authority: { namespace: 'acme' },
    identity: {
      providers: { people: oidc({ issuer: people.issuer, jwksUri: server.url, exchange: 'rfc8693' }) },
    },
    services: { orders: http({ host: 'orders.acme.example' }), payments: http(), web: http() },
    access: [
      allow(user({ issuer: 'people' })).to('orders', 'GET /orders'),
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to('payments', 'POST /charge'),
    ],
  });
  const platform = new ZeroTrustPlatform(new App(), 'acme', {
    model,
    decisionService: {
      image: `registry.example/decision${DIGEST}`,
      port,
      apiServer: { networks: ['10.0.0.1/32'], port: 6443 },
      privateIssuers: { people: { networks: ['127.0.0.1/32'] } },
      issuerAuthorities: { configMap: 'acme-authorities', key: 'roots.pem' },
    },
    ingressGateway: { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } },
    guard: { deployers: { groups: ['platform'] }, proxyImage: `registry.example/proxyv2${DIGEST}` },
  });
  services = platform.plan.services;
  const own = platform.charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);
  const map = (name: string, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  objects = [
    ...own,
    map('kube-root-ca.crt', { 'ca.crt': server.ca }),
    map('acme-authorities', { 'roots.pem': server.ca }),
  ];
  const until = Math.floor(Date.now() / 1000) + 1000;
  const document = { version: 1, entries: [{ kind: 'subject', issuer: 'people', value: 'eve', until }] };
  const made = own.find(({ metadata }) => metadata.name === 'zero-trust-revocations')!;
  stored = { ...made, data: { 'revocations.json': JSON.stringify(document) } };
  const deployment = own.find(({ kind }) => kind === 'Deployment')!;
  pod = startedBy(deployment, objects, { folder: temporaryFolder(), token: 'token-of-the-pod\n' });
  const [command, ...args] = pod.command as [string, ...string[]];
  // What the kubelet adds by itself.
  const { hostname: host, port: at } = new URL(server.url);
  const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: at };
  child = spawn(command, args, {
    env: { ...pod.environment, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually(isReady, 'it is ready');
});

afterAll(async () => {
  child?.kill('SIGKILL');
  await server?.close();
});

/** The issuer's keys, and the API server to whom the pod's token gives a right. */
const answer: RequestListener = ({ url, headers }, response) => {
  if (url === '/jwks') return void response.end(JSON.stringify(people.jwks()));
  const isKnown = url === REVOCATIONS && headers.authorization === 'Bearer token-of-the-pod';
  if (!isKnown || !stored) return void response.writeHead(isKnown ? 503 : 403).end();
  response.end(JSON.stringify(stored));
};

/** Its readiness probe, as the kubelet runs it. */
function isReady(): Promise<boolean> {
  const [command, ...args] = pod.readiness as [string, ...string[]];
  return new Promise((done) => execFile(command, args, { env: pod.environment }, (error) => done(!error)));
}

const id = (service: string) => `spiffe://kubernetes.dev.acme.example/ns/acme/sa/${service}`;
/** As the sidecar of the decision service writes it. */
const forwarded = (uri: string) => `By=${id('decision')};Hash=${'a'.repeat(64)};URI=${uri}`;

interface Asked {
  readonly by?: string;
  readonly of?: string;
  readonly peer?: string;
  readonly path?: string;
  readonly method?: string;
  readonly sub?: string;
}

/** The status of the answer to a question about a service. */
function ask({ by, of = 'orders', ...asked }: Asked = {}): Promise<number> {
  const {
    peer = 'spiffe://kubernetes.dev.acme.example/ns/edge/sa/edge',
    path = '/orders',
    method = 'GET',
  } = asked;
  const { authority: host, audience: aud } = services[of]!;
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: people.issuer, sub: asked.sub ?? 'ada', aud, iat: now, exp: now + 300 };
  const headers = {
    host,
    authorization: `Bearer ${people.sign({ alg: 'ES256', kid: 'one' }, claims)}`,
    'x-ztp-peer': peer,
    ...(by !== undefined && { 'x-forwarded-client-cert': by }),
  };
  return new Promise((done, fail) => {
    request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      response.resume();
      done(response.statusCode!);
    })
      .once('error', fail)
      .end();
  });
}

test('a user with a token is admitted where the sidecar of the service asks', async () => {
  expect(await ask({ by: forwarded(id('orders')) })).toBe(200);
  expect(await ask({ by: forwarded(id('orders')), path: '/other' })).toBe(403);
});

test('a sidecar asks for its own service alone', async () => {
  const charge = { of: 'payments', path: '/charge', method: 'POST', peer: id('orders') };
  expect(await ask({ ...charge, by: forwarded(id('payments')) })).toBe(200);
  // Orders may call payments, and still cannot ask in its name: nor can others, nor a namesake.
  for (const uri of [
    id('orders'),
    id('web'),
    id('decision'),
    id('payments').replace('kubernetes.dev.acme.example', 'other.example'),
    id('payments').replace('/ns/acme/', '/ns/other/'),
  ]) {
    expect([uri, await ask({ ...charge, by: forwarded(uri) })]).toEqual([uri, 403]);
  }
});

test.each([
  ['nothing', undefined],
  ['an element before that of the sidecar', `${forwarded(id('web'))},${forwarded(id('orders'))}`],
  ['an element behind it', `${forwarded(id('orders'))},${forwarded(id('web'))}`],
  ['a certificate of two names', `${forwarded(id('web'))};URI=${id('orders')}`],
  ['a name with an element in it', forwarded(`${id('web')},${forwarded(id('orders'))}`)],
  ['a name with a field in it', forwarded(`${id('web')};URI=${id('orders')}`)],
  ['a subject with a field in it', `By=x;Hash=${'a'.repeat(64)};Subject="";URI=${id('orders')}";URI=x`],
  ['no name', `By=x;Hash=${'a'.repeat(64)}`],
])('%s does not say who asks', async (_, by) => {
  expect(await ask(by === undefined ? {} : { by })).toBe(403);
});

test('it listens on loopback alone, where nobody but its sidecar is', () => {
  const text = readFileSync(`/proc/${child!.pid}/net/tcp`, 'utf8');
  const wanted = [port, port + 1].map((each) => each.toString(16).toUpperCase().padStart(4, '0'));
  const listeners = text.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === '0A' && wanted.includes(local.split(':')[1]!) ? [local.split(':')[0]] : [];
  });
  expect(listeners).toEqual(['0100007F', '0100007F']);
});

test('what the API server has as revoked is refused', async () => {
  expect(await ask({ by: forwarded(id('orders')), sub: 'eve' })).toBe(401);
});
