import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { App, Testing } from 'cdk8s';
import { ZeroTrustPlatform } from '../../../constructs/cdk8s/index.js';
import { meshOptions, meshSettings } from '../../../lib/kubernetes/index.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import { allow, allowOut, defineZeroTrust, http, oidc, user, workload } from '../../../lib/model/index.js';
import { spiffeId } from '../../../lib/plan/names.js';
import { startedBy, twoPorts } from '../../support/pod.js';
import { KeyServer as ApiServer } from '../../lambda/authorizer/key-server.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { issuerKey, TestIssuer } from '../support/issuer.js';
import { KeyServer } from '../support/key-server.js';
import { workloadsOf } from './cluster.js';
import { MeshEnvoy, type Sidecar } from './mesh-envoy.js';
import type { MeshGround } from './mesh-ground.js';
import { ISTIO_RUNTIME } from './mesh-policy.js';
import type { Translated } from './translation.js';

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const LOGIN = 'login.shop.example';
const INGRESS = { namespace: 'edge', serviceAccount: 'edge' } as const;
/** Milliseconds in which the process must be ready: its first attempt may be before its sidecar is there. */
const START = 30_000;
/** Where the process looks a name up: as a pod's redirect would have it, at the sidecar. */
const LOOK_UP = `const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (name, options, done) => {
  if (name !== '${LOGIN}') return lookup(name, options, done);
  const one = { address: process.env.SIDECAR, family: 4 };
  if (options.all) done(null, [one]); else done(null, one.address, 4);
};`;

export interface WayOptions {
  /** What becomes of the objects before Istio reads them. @default they stay as they are */
  readonly change?: (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];
}

/**
 * A user's request all the way: by Istio's translation a real Envoy beside `orders` asks, over mutual TLS, a real Envoy beside
 * the decision service, which runs as its Deployment says, and fetches the issuer's keys through its own sidecar, from a host
 * that another workload calls through the egress gateway. Returns what was not as it must be.
 */
export async function decisionWay(
  ground: MeshGround,
  { change = (objects) => objects }: WayOptions = {},
): Promise<string[]> {
  const open: (() => unknown)[] = [];
  try {
    return await tried(ground, change, open);
  } finally {
    for (const close of open.reverse()) await close();
  }
}

async function tried(
  ground: MeshGround,
  change: NonNullable<WayOptions['change']>,
  open: (() => unknown)[],
): Promise<string[]> {
  const { testbed, istio, application } = ground;
  const { addresses, authority, state } = testbed;
  const people = new TestIssuer('people', `https://${LOGIN}`, [issuerKey('ES256', 'one')]);
  const address = await addresses.address('decision');
  const [port, keysPort] = [await twoPorts(), await addresses.port(address, 20_443)];
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    authority: { namespace: 'shop' },
    identity: {
      providers: {
        people: oidc({
          issuer: people.issuer,
          jwksUri: `https://${LOGIN}:${keysPort}/jwks`,
          exchange: 'rfc8693',
        }),
      },
    },
    services: { orders: http({ host: 'orders.shop.example' }), payments: http() },
    access: [
      allow(user({ issuer: 'people' })).to('orders', 'GET /orders'),
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to('payments', 'POST /charge'),
    ],
    // What is at the issuer's host besides its keys: calls of it leave in another way, over another TLS.
    egress: [allowOut(workload('payments')).to(`https://${LOGIN}`, 'GET /profiles/{id}')],
  });
  const ordersPort = await addresses.port(address, 20_081);
  const workloads = {
    services: { orders: { port: ordersPort }, payments: {} },
    ingressGateway: { ...INGRESS, selector: { app: 'edge' } },
    decisionService: {
      image: `registry.example/decision${DIGEST}`,
      servicePort: 9000,
      port,
      apiServer: { networks: ['127.0.0.1/32'], port: 6443 },
      issuerAuthorities: { configMap: 'authorities', key: 'root.pem' },
    },
    egress: {
      image: `registry.example/envoy${DIGEST}`,
      certificates: { secret: { secretName: 'egress' } },
    },
  };
  const platform = new ZeroTrustPlatform(new App(), 'shop', {
    model,
    ...workloads,
    guard: { deployers: { groups: ['platform'] }, proxyImage: `registry.example/proxyv2${DIGEST}` },
  });
  const { plan } = platform;
  const objects = platform.charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);
  const options = meshOptions(plan, workloads);
  const settings = meshSettings(plan, options);
  const ask = (pod: string) =>
    istio.ask({
      objects: [
        ...workloadsOf(plan, options).filter(
          ({ kind, metadata }) => kind !== 'Service' || metadata.name !== 'decision',
        ),
        ...change(objects).filter(
          ({ apiVersion, kind }) => apiVersion.includes('istio.io/') || kind === 'Service',
        ),
      ],
      mesh: { ...settings, outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
      namespace: plan.namespace,
      pod,
      listeners: true,
    });
  const [own, orders] = [await ask('decision'), await ask('orders')];

  const keysAt = { address: '127.0.0.1', port: await twoPorts() };
  const keys = await KeyServer.start(keysAt, await authority.edge([LOGIN]), plan, [people]);
  open.push(() => keys.close());
  const apiServer = await ApiServer.start(people);
  apiServer.answers = (_, response) => response.end('{}');
  open.push(() => apiServer.close());
  const { child, isReady } = startProcess(
    objects,
    { folder: state.folder('decision'), root: authority.root, sidecar: address },
    apiServer,
  );
  open.push(() => child.kill('SIGKILL'));

  const cluster = `outbound|${keysPort}||${LOGIN}`;
  const runtime = {
    ...ISTIO_RUNTIME,
    ...(settings['defaultConfig'] as { runtimeValues: object }).runtimeValues,
  };
  const envoy = async (name: string, sidecar: Omit<Sidecar, 'runtime'>) => {
    const leaf = await testbed.leaf(spiffeId(plan.trustDomain, plan.namespace, name));
    const roots = { [plan.trustDomain]: authority.root };
    const started = await MeshEnvoy.start(testbed, [{ ...sidecar, runtime }], leaf, roots);
    open.push(() => started.close());
  };
  await envoy('decision', {
    listen: { address, port },
    translated: own,
    application: endpointOf(own, `inbound|${port}||`),
    outbound: {
      listener: own.listeners![`0.0.0.0_${keysPort}`]!,
      listen: { address, port: keysPort },
      to: { [cluster]: keysAt },
    },
  });
  await envoy('orders', {
    listen: { address, port: ordersPort },
    translated: orders,
    application,
    decision: { address, port, cluster: 'outbound|9000||decision.shop.svc.cluster.local' },
  });
  const deadline = performance.now() + START;
  while (!(await isReady())) {
    if (performance.now() > deadline) return ['the decision service does not become ready'];
    await sleep(200);
  }

  const id = (name: string) => spiffeId(plan.trustDomain, plan.namespace, name);
  const gateway = spiffeId(plan.trustDomain, INGRESS.namespace, INGRESS.serviceAccount);
  const tokenOf = (service: string) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: people.issuer,
      sub: 'ada',
      aud: plan.services[service]!.audience,
      iat: now,
      exp: now + 300,
    };
    return ['authorization', `Bearer ${people.sign({ alg: 'ES256', kid: 'one' }, claims)}`] as const;
  };
  const send = async (
    to: number,
    as: string,
    line: string,
    host: string,
    headers: readonly (readonly [string, string])[],
  ) => {
    const { certificate, key } = await testbed.leaf(as);
    const client = new Http1Client({ address, port: to, tls: { ca: authority.root, certificate, key } });
    const [method = '', path = ''] = line.split(' ');
    try {
      return (await client.send(requestBytes(method, path, host, headers))).status;
    } finally {
      client.close();
    }
  };
  const asUser = (line: string, ...headers: (readonly [string, string])[]) =>
    send(ordersPort, gateway, line, 'orders.shop.example', headers);
  const charge = (as: string, ...headers: (readonly [string, string])[]) =>
    send(port, as, 'POST /charge', plan.services['payments']!.authority, [
      tokenOf('payments'),
      ['x-ztp-peer', id('orders')],
      ...headers,
    ]);
  const forged = `By=${id('decision')};Hash=${'0'.repeat(64)};URI=${id('payments')}`;
  const cases: readonly [string, number, () => Promise<number | undefined>][] = [
    ['a user with a token', 200, () => asUser('GET /orders', tokenOf('orders'))],
    ['a user without', 401, () => asUser('GET /orders')],
    ['a token of another service', 401, () => asUser('GET /orders', tokenOf('payments'))],
    ['what no rule allows', 403, () => asUser('GET /other', tokenOf('orders'))],
    ['payments, of itself', 200, () => charge(id('payments'))],
    ['orders, in the name of payments', 403, () => charge(id('orders'))],
    [
      'orders, with a header of its own',
      403,
      () => charge(id('orders'), ['x-forwarded-client-cert', forged]),
    ],
    ['the gateway, which may not ask', 403, () => charge(gateway)],
    ['a stranger', 403, () => charge(id('stranger'))],
  ];
  const faults: string[] = [];
  for (const [what, wanted, run] of cases) {
    const status = await run();
    if (status !== wanted) faults.push(`${what}: ${status}, not ${wanted}`);
  }
  if (!keys.asked.has('people')) faults.push('the keys did not come through the sidecar');
  return faults;
}

/** Where Istio has a cluster lead. Throws if that is not one address. */
function endpointOf({ clusters }: Translated, name: string): { address: string; port: number } {
  const { load_assignment: found } = clusters[name] as {
    load_assignment?: {
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: string; port_value: number } } } },
          ];
        },
      ];
    };
  };
  if (!found) throw new Error(`${name} leads to the pod's own address, where nobody listens`);
  const { address, port_value: port } = found.endpoints[0].lb_endpoints[0].endpoint.address.socket_address;
  return { address, port };
}

function startProcess(
  objects: readonly KubernetesObject[],
  { folder, root, sidecar }: { readonly folder: string; readonly root: string; readonly sidecar: string },
  apiServer: ApiServer,
): { readonly child: ChildProcess; readonly isReady: () => Promise<boolean> } {
  const map = (name: string, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  const pod = startedBy(
    objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'decision')!,
    [
      ...objects,
      map('kube-root-ca.crt', { 'ca.crt': apiServer.ca }),
      map('authorities', { 'root.pem': root }),
    ],
    { folder, token: 'token' },
  );
  const lookUp = join(folder, 'look-up.cjs');
  writeFileSync(lookUp, LOOK_UP);
  const { port } = new URL(apiServer.url);
  const [command, ...args] = pod.command as [string, ...string[]];
  const child = spawn(command, ['--require', lookUp, ...args], {
    env: {
      ...pod.environment,
      SIDECAR: sidecar,
      KUBERNETES_SERVICE_HOST: 'localhost',
      KUBERNETES_SERVICE_PORT: port,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [probe, ...words] = pod.readiness as [string, ...string[]];
  const isReady = () =>
    new Promise<boolean>((done) => execFile(probe, words, { env: pod.environment }, (error) => done(!error)));
  return { child, isReady };
}
