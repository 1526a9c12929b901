import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import wholeShop from '../../examples/shop/egress.js';
import shop from '../../examples/shop/model.js';
import { extendZeroTrust, type ModelChanges, planText, resolve } from '../../lib/index.js';
import { BuiltPackage } from '../cli/built.js';
import { DeployedPlan } from '../support/deployed-plan.js';
import { commandsOf, header, nodeCommand, type Ran, RUNBOOKS, runbook } from '../support/runbook.js';
import { requestBytes } from './support/http1.js';
import { TestPlatform } from './support/platform.js';

const PRODUCTION = 'examples/environments/production.yaml';
const changes = parse(readFileSync(PRODUCTION, 'utf8')) as ModelChanges;
// What leaves the shop is no part of a page, and its hosts are none of this machine.
const model = extendZeroTrust(shop, changes);

const built = new BuiltPackage();
let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(model);
});
afterAll(async () => {
  await running?.close();
  built.remove();
});

/** Nothing is revoked, from the next version on. */
beforeEach(async () => {
  const { version } = running.platform.revocations;
  writeFileSync(running.platform.revocationsPath, JSON.stringify({ version: version + 1, entries: [] }));
  await running.platform.revoke();
  logged = running.events.length;
});

let logged = 0;
const lines = () =>
  running.events.slice(logged).flatMap((event) => (event.kind === 'decision' ? [event.line] : []));

/** Run a page, and let the points read what it wrote, as they do by themselves under `ztp dev`. */
async function run(name: string, environment: Record<string, string>): Promise<Ran> {
  const log = built.write(`${name}.log`, `${lines().join('\n')}\n`);
  const ran = await runbook(
    name,
    { ztp: nodeCommand(join(built.folder, 'dist/cli/ztp.js')) },
    {
      MODEL: PRODUCTION,
      DOCUMENT: running.platform.revocationsPath,
      LOG: log,
      ISSUER: 'people',
      ...environment,
    },
    built.folder,
  );
  if (ran.status !== 0) throw new Error(`${name} ended with ${ran.status}:\n${ran.output}`);
  await running.platform.revoke();
  return ran;
}

const now = () => Math.floor(Date.now() / 1000);
const person = (sub: string, claims: object = {}) => ({
  ...{ sub, jti: `${sub}-1`, auth_time: now(), amr: ['mfa'], employment: 'permanent' },
  ...claims,
});

/** What the gateway answers a person. */
async function ask(method: string, service: string, path: string, claims: Record<string, unknown>) {
  const token = running.token('people', service, claims as never);
  const authority = running.platform.plan.services[service]!.authority;
  const { status } = await running
    .http1(running.gateway)
    .send(requestBytes(method, path, authority, [['authorization', `Bearer ${token}`]]));
  return status;
}

/** What the sidecar of a service answers a workload. */
async function call(from: string, to: string, path: string) {
  const authority = running.platform.plan.services[to]!.authority;
  const { status } = await running
    .http1(running.sidecar(to, from))
    .send(requestBytes('GET', path, authority));
  return status;
}

test.each(RUNBOOKS)('the commands of %s are those of the script that runs here', (name) => {
  const { page, script } = commandsOf(name);
  expect(script).toBe(`${header(name)}${page}`);
});

test('every page is in the list', () => {
  const list = readFileSync('docs/runbooks/README.md', 'utf8');
  for (const name of RUNBOOKS) expect(list).toContain(`](${name}.md)`);
});

test('revoke a token: it is bad, so are the others that its owner has, and nobody else', async () => {
  const see = (claims: Record<string, unknown>) => ask('GET', 'orders', '/orders/17', claims);
  const iat = now() - 60;
  const [stolen, other, bob] = ['ada', 'ada-2', 'bob'].map((jti) => person(jti.slice(0, 3), { jti, iat }));
  const asks = () => Promise.all([stolen, other, bob].map((claims) => see(claims!)));
  expect(await asks()).toEqual([200, 200, 200]);
  await run('revoke-token', { JTI: 'ada', SUBJECT: 'ada' });
  expect(await asks()).toEqual([401, 401, 200]);
  const entries = running.platform.revocations.entries.map(({ kind }) => kind);
  expect(entries).toEqual(['token', 'subject']);
});

test('stop a bad policy: its rule admits nothing, the log says whom it admitted, the correction changes that alone', async () => {
  const read = () => ask('GET', 'refunds', '/refunds/17', person('ada', { groups: ['staff'] }));
  expect(await read()).toBe(200);
  const corrected = built.write(
    'corrected.yaml',
    `extends: ${PRODUCTION}\naccess:\n  see-refunds:\n    principals: [{ kind: user, issuer: people, groups: [staff, finance] }]\n`,
  );
  const tests = built.write(
    'corrected.test.yaml',
    'tests:\n  - { request: GET https://refunds.shop.example/refunds/17, who: { user: people, groups: [staff] }, expect: forbidden }\n',
  );
  const deployed = await DeployedPlan.serve(
    planText(resolve(extendZeroTrust(wholeShop, changes), { engine: 'aws' })),
  );
  try {
    const { output } = await run('stop-bad-policy', {
      ...{ RULE: 'see-refunds', CORRECTED: corrected, TESTS: tests },
      ...deployed.environment,
    });
    expect(await read()).toBe(403);
    expect(output).toMatch(/see-refunds/);
    expect(output).toContain('1 passed');
    expect(output).toContain('closed  GET https://refunds.shop.example/refunds\n');
    expect(output).not.toMatch(/^opened/m);
  } finally {
    deployed.close();
  }
});

test('break glass: for the group alone, for 15 minutes from a sign-in with two factors, logged, and ended at once', async () => {
  const path = '/refunds/17';
  const refund = (claims: Record<string, unknown>) => ask('POST', 'refunds', path, claims);
  const member = person('eve', { groups: ['break-glass'] });
  const late = { ...member, auth_time: now() - 16 * 60 };
  expect(await refund(person('eve'))).toBe(403);
  expect(await refund({ ...member, amr: ['pwd'] })).toBe(401);
  expect(await refund(late)).toBe(401);
  // A deny holds against it, too.
  expect(await refund({ ...member, employment: 'contractor' })).toBe(403);
  expect(await refund(member)).toBe(200);

  const request = `POST https://refunds.shop.example${path}`;
  const { output } = await run('break-glass', { REQUEST: request, SUBJECT: 'eve' });
  expect(output).toContain('break-glass');
  expect(output).toContain('It does until 2030-01-01T00:00:00Z, and nothing from then on.');
  expect(await refund(member)).toBe(401);
  // The one admission, at gateway and sidecar, with the fields that the alarm counts: RuleAlarm.
  const used = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  const counted = used.filter(({ rule, decision }) => rule === 'break-glass' && decision === 'allow');
  expect(counted.map(({ point }) => String(point)).sort()).toEqual(['gateway', 'services/refunds/sidecar']);
});

test('a compromised workload: nobody reaches it, it reaches nobody, and others go on', async () => {
  const asks = () =>
    Promise.all([
      call('web', 'orders', '/orders/17'),
      ask('GET', 'web', '/admin/x', person('ada', { groups: ['staff'] })),
      call('reports', 'orders', '/export/all'),
    ]);
  expect(await asks()).toEqual([200, 200, 200]);
  const { output } = await run('compromised-workload', { WORKLOAD: 'web' });
  expect(await asks()).toEqual([403, 403, 200]);
  expect(output).toContain('The service web is closed; The rule web-sees-order admits nothing');
});
