/**
 * The shop on this machine, and what it answers: some ninety real requests through the gateway and
 * straight at sidecars, and out to hosts outside, each beside what the reference decision says; then what the same model provisions on
 * AWS, and its manifests for Kubernetes. Ends with 0 only if all agree.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { CONNECTION, type Plan, resolve } from 'zero-trust-platform';
import { selfSigned, thumbprint } from './demo/certificates.js';
import { type Answer, type Call, type Identity, send } from './demo/client.js';
import { expected, type Presented } from './demo/expected.js';
import { explained, isAsExpected } from './demo/explained.js';
import { calledService, type DemoRequest, REQUESTS } from './demo/requests.js';
import { why } from './demo/decision-log.js';
import { printManifests } from './demo/manifests.js';
import { printProvisioned } from './demo/provisioned.js';
import { RunningShop } from './demo/shop.js';
import { printHead, printRow, type Row } from './demo/table.js';
import { Tokens } from './demo/tokens.js';
import { Sessions } from './demo/sessions.js';
import { SAID } from './demo/signing-in.js';
import model from './login.js';

interface Scene {
  readonly plan: Plan;
  readonly shop: RunningShop;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly client: Identity;
  readonly otherClient: Identity;
  readonly foreign: Identity;
  readonly impostor: Identity;
}

async function main(): Promise<number> {
  const root = resolvePath(__dirname, '../..');
  const plan = resolve(model);
  const client = await selfSigned('https://client.example/');
  console.log('Starting the shop with `ztp dev` …');
  const shop = await RunningShop.start(root);
  try {
    const scene: Scene = {
      plan,
      shop,
      tokens: new Tokens(shop.ready, thumbprint(client.certificate)),
      sessions: new Sessions(
        shop.ready,
        plan.services['desk']!.authority,
        resolvePath(__dirname, 'users.yaml'),
      ),
      client,
      otherClient: await selfSigned('https://client.example/'),
      foreign: await selfSigned('spiffe://other.example/ns/default/sa/gateway'),
      // The right name from somebody who may not give it.
      impostor: await selfSigned(plan.gateway.spiffeId),
    };
    const code = await play(scene);
    await printProvisioned(root);
    printManifests(root);
    return code;
  } finally {
    await shop.stop();
  }
}

async function play(scene: Scene): Promise<number> {
  printHead();
  let [disagreements, explanations] = [0, 0];
  for (const request of REQUESTS) {
    const row = await ask(scene, request);
    printRow(row);
    if (!row.agrees) disagreements += 1;
    if (row.isExplained) explanations += 1;
  }
  const verdict = disagreements === 0 ? 'all as `decide` says' : `${disagreements} not as \`decide\` says`;
  console.log(
    `\n${REQUESTS.length} requests: ${verdict}. Of ${explanations} \`ztp explain\` was asked, too.`,
  );
  return disagreements === 0 ? 0 : 1;
}

async function ask(scene: Scene, request: DemoRequest): Promise<Row> {
  const { plan, shop, tokens, sessions } = scene;
  const bearer = request.token && `Bearer ${await tokens.obtain(request.token, calledService(request))}`;
  const authorization = bearer ?? request.authorization;
  // One trace for each request, by which the points' logs are told apart.
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  const session = request.session === undefined ? undefined : await sessions.of(request.session);
  const headers: Record<string, string> = {
    traceparent,
    ...(authorization && { authorization }),
    ...(request.says && SAID[request.says]),
    ...(session && { cookie: session.cookie }),
  };
  const identity = shownBy(scene, request);
  const presented: Presented = {
    headers: Object.entries(headers),
    ...(session && request.host === 'desk' && { session: session.token }),
    ...(request.to === 'gateway' && identity && { certificateThumbprint: thumbprint(identity.certificate) }),
  };
  const wanted = expected(plan, request, presented);
  const explanation = explained(plan, request, presented, wanted);
  const answer = await send(callOf(scene, request, headers, identity));
  // What comes through a caller's own sidecar is bytes, with no place for a trace.
  const trace = request.method === CONNECTION && request.outbound ? undefined : traceparent;
  const line = wanted.outcome === 'unreachable' ? undefined : await shop.log.at(trace, wanted.point);
  const answered = describe(answer);
  const point = line?.point ?? wanted.point;
  return {
    request: request.title,
    expected: wanted.status,
    answered,
    point: shortName(point),
    why: line ? why(line, wanted.outcome) : refusedBecause(request, answer),
    isExplained: explanation !== undefined,
    agrees:
      answered === wanted.status &&
      point === wanted.point &&
      line?.rule === wanted.rule &&
      (explanation === undefined || isAsExpected(explanation, wanted)),
  };
}

function callOf(
  { plan, shop }: Scene,
  request: DemoRequest,
  headers: Readonly<Record<string, string>>,
  identity: Identity | undefined,
): Call {
  const { gateway, services, egress } = shop.ready;
  const base = {
    authority: plan.services[request.host]?.authority ?? request.host,
    method: request.method,
    path: request.path,
    headers,
    grpc: plan.services[calledService(request)]?.protocol === 'grpc',
    ...(identity && { identity }),
  };
  if (request.to === 'gateway') return { ...base, url: gateway.url, ca: readFileSync(gateway.ca, 'utf8') };
  if (request.to === 'egress' && request.outbound) {
    const url = services[request.as!]!.destinations![request.host]!;
    return { ...base, url, authority: new URL(url).host, plain: true };
  }
  const sidecar = request.to === 'egress' ? '' : request.to.sidecar;
  if (request.outbound) {
    const url = services[request.as!]!.upstreams[sidecar]!;
    // The loopback port takes only its own address as the host, and no certificate is needed there.
    return { ...base, url, authority: new URL(url).host, plain: true };
  }
  const url = request.to === 'egress' ? egress.url : services[sidecar]!.sidecar;
  if (request.shows === 'plain') return { ...base, url: url.replace('https:', 'http:'), plain: true };
  return { ...base, url };
}

function shownBy(scene: Scene, request: DemoRequest): Identity | undefined {
  const { gateway, services } = scene.shop.ready;
  const files = request.as === 'gateway' ? gateway : services[request.as ?? ''];
  if (files) {
    const { certificate, key } = files.certificates;
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  }
  switch (request.shows) {
    case 'client':
      return scene.client;
    case 'other-client':
      return scene.otherClient;
    case 'foreign':
      return scene.foreign;
    case 'impostor':
      return scene.impostor;
    case 'nothing':
    case 'plain':
    case undefined:
      return undefined;
  }
}

function describe(answer: Answer): string {
  if (answer.kind === 'refused') return 'refused';
  if (answer.kind === 'connection') return answer.isOpen ? 'open' : 'closed';
  if (answer.grpcStatus !== undefined) return `grpc ${answer.grpcStatus}`;
  return String(answer.status);
}

function refusedBecause(request: DemoRequest, answer: Answer): string {
  if (answer.kind !== 'refused') return '';
  if (request.shows === 'plain') return 'not TLS';
  return answer.why.includes('CERTIFICATE') ? 'TLS: no valid certificate' : answer.why;
}

function shortName(point: string): string {
  return point.replace(/^services\/(.*)\/sidecar$/, '$1');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
