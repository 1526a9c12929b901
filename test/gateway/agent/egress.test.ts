import { join } from 'node:path';
import { configurationsOf } from '../../../constructs/aws-cdk/mesh/configurations.js';
import { allow, allowOut, defineZeroTrust, http, oidc, user, workload } from '../../../lib/model/index.js';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { TestAuthority } from '../../engines/support/authority.js';
import { Http1Connection, requestBytes } from '../../engines/support/http1.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { Outside } from '../../engines/egress/outside.js';
import { eventually } from '../../local/temporary.js';
import type { AgentProcess } from '../support/agent-process.js';
import { TestMesh } from '../support/mesh.js';
import { publicAuthority } from '../support/public-keys.js';

const ISSUER = 'https://login.shop.example';
const BANK = 'api.bank.example';
const INSIDE = 'inside.example';
const ORDERS = 'services/orders/sidecar';
const PAYMENTS = 'services/payments/sidecar';
const TUNNELLED = { profile: { keys: 'tunnel' } } as const;

/** Orders may call the bank; payments may call a host whose name turns out to lead inside. */
const resolved = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: { people: oidc({ issuer: ISSUER, jwksUri: `${ISSUER}/jwks`, exchange: 'rfc8693' }) },
    },
    services: { orders: http(), payments: http() },
    access: [
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to('payments', 'GET /charges/{id}'),
    ],
    egress: [
      allowOut(workload('orders')).to(`https://${BANK}`, 'POST /transfers').named('transfer'),
      allowOut(workload('payments')).to(`https://${INSIDE}`).named('inside'),
    ],
  }),
  { engine: 'aws' },
);
/** With less time until a revocation is known. */
const plan: Plan = { ...resolved, revocation: { ...resolved.revocation, withinSeconds: 1 } };
const issuer = new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);

let outside: Outside;
let mesh: TestMesh;
let keyServer: KeyServer;
let egress: AgentProcess;
beforeAll(async () => {
  outside = await Outside.create();
  for (const host of [BANK, INSIDE]) await outside.serve(host);
  mesh = await TestMesh.create(plan);
  const authority = await publicAuthority(mesh);
  keyServer = await KeyServer.start(
    mesh.at('issuers/people/endpoint'),
    await authority.edge(['login.shop.example']),
    plan,
    [issuer],
  );
  for (const host of [BANK, INSIDE]) {
    mesh.place(`egress/${host}/endpoint`, outside.standIns[host]!);
    mesh.set(`egress/${host}/ca/path`, outside.roots());
  }
  await mesh.application('payments');
  revoke(1);
  // As AWS has it, but that the bank may stand on this machine.
  const profile = { standIns: { [BANK]: outside.standIns[BANK]!.address } };
  const environment = {
    ZTP_REVOCATIONS_BUCKET: 'bucket',
    ZTP_REVOCATIONS_KEY: 'revocations.json',
    ZTP_REVOCATIONS_OUTAGE: '60',
  };
  egress = await mesh.serving('egress', { profile, environment });
  await Promise.all([mesh.serving(ORDERS, TUNNELLED), mesh.serving(PAYMENTS, TUNNELLED)]);
});
afterAll(async () => {
  await mesh?.close();
  await keyServer?.close();
  await outside?.close();
});

function revoke(version: number, ...entries: object[]): void {
  mesh.cloud.objects.set('bucket/revocations.json', JSON.stringify({ version, entries }));
}

/** A call of an application, at its own sidecar's port for a host. */
async function call(sidecar: string, host: string, path: string): Promise<number> {
  const { address, port } = mesh.at(`${sidecar}/egress/${host}`);
  return (await fetch(`http://${address}:${port}${path}`, { method: 'POST' })).status;
}

/** Ask the egress gateway itself, by whatever certificate. */
async function ask(shown: { readonly cert: string; readonly key: string } | undefined, host: string) {
  const { address, port } = mesh.at('egress/listen');
  const tls = shown ? { certificate: shown.cert, key: shown.key } : {};
  try {
    const connection = await Http1Connection.open({ address, port, tls });
    const { status } = await connection.send(requestBytes('POST', '/transfers', host));
    connection.close();
    return status ?? 'nothing';
  } catch {
    return 'nothing';
  }
}

test('what AWS gives the task is this, without the stand-in', () => {
  const { bootstrap, rules, ...rest } = configurationsOf(plan)['egress']!;
  const { bootstrap: own, rules: ownRules, ...ownRest } = egress.configuration;
  expect(ownRest).toEqual(rest);
  expect(ownRules?.plan).toEqual(rules?.plan);
  const { address } = outside.standIns[BANK]!;
  const count = (value: unknown) => JSON.stringify(value).split(address).length - 1;
  expect([count(own), count(bootstrap)]).toEqual([1, 0]);
});

test('a workload reaches the host that a rule names for it, and the line says who it was', async () => {
  expect(await call(ORDERS, BANK, '/transfers')).toBe(200);
  expect(outside.arrived.at(-1)).toMatchObject({ host: BANK, method: 'POST', path: '/transfers' });
  const lines = () => egress.output.filter((line) => line.includes('"destination"'));
  await eventually(() => lines().length > 0, 'a line of the log');
  expect(JSON.parse(lines()[0]!)).toMatchObject({
    point: 'egress',
    decision: 'allow',
    rule: 'transfer',
    destination: BANK,
    peer: plan.services['orders']!.sidecar.spiffeId,
  });
});

test('an operation that the rule does not name is refused', async () => {
  expect(await call(ORDERS, BANK, '/accounts')).toBe(403);
});

test('a name that leads inside leads nowhere, and nobody there is connected to', async () => {
  expect(await call(PAYMENTS, INSIDE, '/transfers')).toBe(502);
  expect(outside.connections.get(INSIDE)).toBeUndefined();
});

test('past its sidecar a workload is still itself: with another SPIFFE ID than the rule has, nothing leaves', async () => {
  const leaf = (service: string) => mesh.leaf(plan.services[service]!.sidecar.spiffeId);
  const before = outside.arrived.length;
  expect(await ask(await leaf('payments'), BANK)).toBe(403);
  expect(await ask(await mesh.leaf(plan.gateway.spiffeId), BANK)).toBe(403);
  expect(await ask(await leaf('orders'), 'evil.example')).toBe(403);
  expect(await ask(await leaf('orders'), '169.254.169.254')).toBe(403);
  expect(outside.arrived.length).toBe(before);
  expect(await ask(await leaf('orders'), BANK)).toBe(200);
});

test('nobody connects without a certificate of the mesh', async () => {
  expect(await ask(undefined, BANK)).toBe('nothing');
  const foreign = await TestAuthority.create(certificateProfiles(600), 'foreign');
  const { certificate, key } = await foreign.workload(plan.services['orders']!.sidecar.spiffeId);
  expect(await ask({ cert: certificate, key }, BANK)).toBe('nothing');
});

test("issuers' keys come through it, and tokens are judged by them", async () => {
  const now = Math.floor(Date.now() / 1000);
  const aud = plan.services['payments']!.audience;
  const claims = { iss: ISSUER, sub: 'ada', aud, iat: now, exp: now + 60 };
  const token = issuer.sign({ alg: 'ES256', kid: 'one' }, claims);
  const { address, port } = mesh.at(`${ORDERS}/outbound/payments`);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`http://${address}:${port}/charges/1`, { headers })).status).toBe(200);
});

test('a host that an emergency closes is closed without a deployment, and opened again', async () => {
  revoke(2, { kind: 'service', service: BANK, until: 4_000_000_000 });
  await eventually(async () => (await call(ORDERS, BANK, '/transfers')) === 403, 'the host is closed');
  revoke(3);
  await eventually(async () => (await call(ORDERS, BANK, '/transfers')) === 200, 'the host is open');
});

test('an agent whose role is another point is not taken for the egress gateway', async () => {
  const { spiffeId } = plan.services['payments']!.sidecar;
  const agent = await mesh.agent('egress', { spiffeId, volume: join(mesh.state.path, 'another') });
  expect(await agent.ended()).toMatchObject({ code: 1, failure: 'unusable-certificate' });
});
