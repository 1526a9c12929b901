import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isHealthy } from '../../../gateway/agent/health.js';
import { eventually } from '../../local/temporary.js';
import { listens, TestMesh } from '../support/mesh.js';

const ORDERS = 'services/orders/sidecar';
const PAYMENTS = 'services/payments/sidecar';

let mesh: TestMesh;
beforeEach(async () => {
  mesh = await TestMesh.create();
});
afterEach(() => mesh.close());

/** A call of orders to payments, as the application makes it: by its sidecar's loopback port. */
async function charge(id = '1'): Promise<{ status: number; body: string }> {
  const { address, port } = mesh.at(`${ORDERS}/outbound/payments`);
  const answer = await fetch(`http://${address}:${port}/charges/${id}`);
  return { status: answer.status, body: await answer.text() };
}

async function both() {
  const application = await mesh.application('payments');
  const agents = await Promise.all([mesh.serving(ORDERS), mesh.serving(PAYMENTS)]);
  return { application, orders: agents[0], payments: agents[1] };
}

test('two agents complete mutual TLS, and the application learns who called', async () => {
  const { orders } = await both();
  expect(await charge()).toEqual({
    status: 200,
    body: expect.stringContaining(`URI=${orders.configuration.spiffeId}`),
  });
  // What no rule allows is refused by the other side, so it is the rules that decide there.
  const { address, port } = mesh.at(`${ORDERS}/outbound/payments`);
  expect((await fetch(`http://${address}:${port}/refunds/1`)).status).toBe(403);
});

test('an agent whose role is another service is not taken for this one', async () => {
  await mesh.application('payments');
  const { spiffeId } = mesh.plan.services['payments']!.sidecar;
  const agent = await mesh.agent(ORDERS, { spiffeId });
  expect(await agent.ended()).toMatchObject({ code: 1, failure: 'unusable-certificate' });
  expect(await listens(mesh.at(`${ORDERS}/outbound/payments`))).toBe(false);
});

test('credentials are those of the task, from the endpoint that ECS gives its containers', async () => {
  const agent = await mesh.serving(PAYMENTS, {
    environment: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${mesh.cloud.url}/credentials/ASIASERVICESPAYMENTSSIDECAR`,
    },
  });
  const [request] = mesh.cloud.requests;
  expect(request?.attestation.headers.authorization).toContain('Credential=ASIASERVICESPAYMENTSSIDECAR/');
  expect(request?.attestation.headers['x-amz-security-token']).toBe('session-of-the-task');
  expect(agent.child.running).toBe(true);
});

test('keys are written to the volume alone, and only their owner reads them', async () => {
  const { orders } = await both();
  const { volume, directory } = orders.options;
  expect(readdirSync(directory)).toEqual([]);
  const files = readdirSync(volume, { recursive: true, withFileTypes: true });
  const modes = files
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => ({ entry, mode: statSync(join(entry.parentPath, entry.name)).mode & 0o077 }));
  expect(modes.filter(({ mode }) => mode !== 0)).toEqual([]);
  expect(files.filter(({ name }) => name === 'key.pem')).not.toEqual([]);
  // Nor does Envoy get what the agent was told: its environment is empty.
  const environment = execFileSync('cat', [`/proc/${orders.envoyPid}/environ`], { encoding: 'utf8' });
  expect(environment).not.toContain('secret-of-the-task');
  expect(orders.output.join('\n')).not.toMatch(/PRIVATE KEY|secret-of-the-task|session-of-the-task/);
});

test('certificates are renewed under load, and no request is lost', async () => {
  mesh.cloud.lifetime = 4;
  const { orders, payments } = await both();
  const statuses: number[] = [];
  let over = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!over) statuses.push((await charge()).status);
  });
  await Promise.all([orders.said('certified', 4), payments.said('certified', 4)]);
  over = true;
  await Promise.all(clients);
  expect(statuses.length).toBeGreaterThan(100);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const keys = mesh.cloud.requests.map(({ attestation }) => attestation.headers['x-zero-trust-key']);
  expect(new Set(keys).size).toBe(keys.length);
});

test('a certificate that cannot be renewed is asked for again, and its end closes the point', async () => {
  mesh.cloud.lifetime = 4;
  const agent = await mesh.serving(PAYMENTS);
  mesh.cloud.answering = () => 'nothing';

  expect(await agent.ended()).toMatchObject({ code: 1, failure: 'certificate-expired' });
  expect(agent.lines.filter(({ code }) => code === 'registration-unreachable').length).toBeGreaterThan(1);
  expect(await listens(mesh.at(`${PAYMENTS}/listen`))).toBe(false);
});

test('an authority that comes back is asked again', async () => {
  mesh.cloud.lifetime = 6;
  const agent = await mesh.serving(PAYMENTS);
  let failures = 0;
  mesh.cloud.answering = (honest) => {
    failures += 1;
    if (failures > 2) return honest();
    return { kind: 'refused', code: 'authority-unavailable', message: 'later', retryAfterSeconds: 0.1 };
  };
  await agent.said('certified', 2);
  expect(agent.lines.filter(({ code }) => code === 'authority-unavailable')).toHaveLength(2);
  expect(agent.child.running).toBe(true);
});

test('the end of Envoy is the end of the agent, and not a good one', async () => {
  const agent = await mesh.serving(PAYMENTS);
  process.kill(agent.envoyPid, 'SIGKILL');
  expect(await agent.ended()).toMatchObject({ code: 1, failure: 'envoy-ended' });
});

test('SIGTERM lets what is under way finish, and the health endpoint says so at once', async () => {
  const { application, payments } = await both();
  const { healthPort } = payments.options;
  expect(await isHealthy(healthPort)).toBe(true);
  const slow = charge('slow');
  await application.waiting;
  payments.terminate();
  await payments.said('draining');
  expect(await isHealthy(healthPort)).toBe(false);
  // Callers that have not heard of it yet are still served.
  expect((await charge()).status).toBe(200);
  const listener = mesh.at(`${PAYMENTS}/listen`);
  await eventually(async () => !(await listens(listener)), 'the listener closes');
  application.release();
  expect((await slow).status).toBe(200);
  expect(await payments.ended()).toMatchObject({ code: 0 });
});

test('the container health check is the agent itself', async () => {
  const agent = await mesh.serving(PAYMENTS);
  const { healthPort } = agent.options;
  const check = (port: number) =>
    execFileSync(process.execPath, ['dist/gateway/agent/index.js', 'health'], {
      env: { ZTP_HEALTH_PORT: String(port) },
    });
  expect(() => check(healthPort)).not.toThrow();
  await agent.child.stop();
  expect(() => check(healthPort)).toThrow();
});
