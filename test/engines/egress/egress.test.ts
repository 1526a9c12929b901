import { readFileSync } from 'node:fs';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { allowOut, type EgressRuleLike, workload, type ZeroTrustModel } from '../../../lib/model/index.js';
import { decisionLogSchema } from '../../../lib/plan/decision-log.js';
import { z } from 'zod';
import { shop } from '../../local/model.js';
import { eventually } from '../../local/temporary.js';
import { TestAuthority } from '../support/authority.js';
import { Http1Connection, requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';
import { Outside } from './outside.js';

const BANK = 'api.bank.example';
const MAIL = 'mail.example';

const RULES: readonly EgressRuleLike[] = [
  allowOut(workload('payments'))
    .to(`https://${BANK}`, 'POST /transfers', 'GET /transfers/{id}')
    .named('transfer'),
  allowOut(workload('orders'), workload('payments')).to(`https://${MAIL}:8443`).named('mail'),
  allowOut(workload('orders'))
    .to(`https://${BANK}`, 'GET /rates/**')
    .named('rates')
    .audited({ until: '2099-01-01', reason: 'who would?' }),
];
const model = (egress: readonly EgressRuleLike[] = RULES): ZeroTrustModel => ({
  ...shop(),
  egress: egress as ZeroTrustModel['egress'] & {},
});

let outside: Outside;
let running: TestPlatform;
beforeAll(async () => {
  outside = await Outside.create();
  await outside.serve(BANK);
  await outside.serve(MAIL, [MAIL]);
  running = await TestPlatform.start(model(), { overlay: { egress: outside.standIns } });
});
afterAll(async () => {
  await running?.close();
  await outside.close();
});

const egress = () => running.platform.ready().egress!;

/** Ask the egress gateway itself, as a workload or with another certificate. */
async function ask(
  as: string | { readonly certificate: string; readonly key: string } | undefined,
  method: string,
  path: string,
  host: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<number | 'nothing'> {
  const { hostname, port } = new URL(egress().url);
  const files = typeof as === 'string' ? running.platform.ready().services[as]!.certificates : undefined;
  const shown = files
    ? { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
    : (as as { certificate: string; key: string } | undefined);
  try {
    const target = { address: hostname, port: Number(port), tls: { ...shown } };
    const connection = await Http1Connection.open(target);
    const reply = await connection.send(requestBytes(method, path, host, headers));
    connection.close();
    return reply.status ?? 'nothing';
  } catch {
    return 'nothing';
  }
}

/** Call as an application does: at its own sidecar's port. */
async function call(as: string, host: string, method: string, path: string, headers = {}): Promise<number> {
  const url = running.platform.ready().services[as]!.destinations![host]!;
  return (await fetch(`${url}${path}`, { method, headers, redirect: 'manual' })).status;
}

/** The line that the egress gateway wrote about the request with that trace. */
async function logged(trace: string): Promise<Record<string, unknown>> {
  const found = () =>
    running.events.flatMap((event) =>
      event.kind === 'decision' && event.point === 'egress' && event.line.includes(trace)
        ? [JSON.parse(event.line) as Record<string, unknown>]
        : [],
    );
  await eventually(() => found().length > 0, 'a line of the log');
  return found()[0]!;
}

let traces = 0;
const traceparent = () => `00-${String((traces += 1)).padStart(32, '0')}-00f067aa0ba902b7-01`;

test('a workload calls its bank by its own sidecar', async () => {
  const trace = traceparent();
  const headers = { authorization: 'Bearer sk_live_1', traceparent: trace };
  expect(await call('payments', BANK, 'POST', '/transfers?amount=7', headers)).toBe(200);
  const arrived = outside.arrived.at(-1)!;
  expect(arrived).toMatchObject({ host: BANK, method: 'POST', path: '/transfers?amount=7' });
  expect(arrived.headers).toMatchObject({ host: BANK, authorization: 'Bearer sk_live_1' });
  // Nothing says how the platform looks inside.
  expect(Object.keys(arrived.headers).filter((name) => /^x-|forwarded|via/.test(name))).toEqual([]);

  const line = await logged(trace);
  expect(z.fromJSONSchema(decisionLogSchema).safeParse(line).success).toBe(true);
  expect(line).toMatchObject({
    point: 'egress',
    decision: 'allow',
    rule: 'transfer',
    destination: BANK,
    path: '/transfers',
    peer: running.platform.plan.services['payments']!.sidecar.spiffeId,
  });
  expect(JSON.stringify(line)).not.toContain('sk_live_1');
});

test('a port that is not 443 is in the host that the destination sees', async () => {
  expect(await call('orders', MAIL, 'DELETE', '/any/thing')).toBe(200);
  expect(outside.arrived.at(-1)!.headers['host']).toBe(`${MAIL}:8443`);
});

test('an application finds no way to a host that no rule names for it', () => {
  const { services } = running.platform.ready();
  expect(services['web']!.destinations).toBeUndefined();
  expect(Object.keys(services['orders']!.destinations!).sort()).toEqual([BANK, MAIL]);
});

describe('the egress gateway', () => {
  const other = () => running.platform.plan.services['payments']!.sidecar.spiffeId;

  test.each<[string, string, string, string, string, number]>([
    ['what a rule says', 'payments', 'GET', '/transfers/7', BANK, 200],
    ['another workload', 'orders', 'POST', '/transfers', BANK, 403],
    ['a workload that no rule names', 'web', 'POST', '/transfers', BANK, 403],
    ['another path', 'payments', 'GET', '/accounts', BANK, 403],
    ['another method', 'payments', 'DELETE', '/transfers/7', BANK, 403],
    ['another destination of the plan', 'web', 'GET', '/', MAIL, 403],
    ['a host that the plan does not have', 'payments', 'POST', '/transfers', 'evil.example', 403],
    ['an address', 'payments', 'GET', '/latest/meta-data', '169.254.169.254', 403],
    ['a rule in audit', 'orders', 'GET', '/rates/eur', BANK, 403],
    ['a path with a second spelling', 'payments', 'GET', '/transfers/../transfers/7', BANK, 400],
    ['an escaped slash', 'payments', 'GET', '/transfers%2f7', BANK, 400],
  ])('%s', async (_, as, method, path, host, status) => {
    const before = outside.arrived.length;
    expect(await ask(as, method, path, host)).toBe(status);
    expect(outside.arrived.length - before).toBe(status === 200 ? 1 : 0);
  });

  test('a rule in audit is only logged', async () => {
    const trace = traceparent();
    expect(await ask('orders', 'GET', '/rates/eur', BANK, [['traceparent', trace]])).toBe(403);
    expect(await logged(trace)).toMatchObject({ decision: 'refuse', wouldAllow: 'rates', destination: BANK });
  });

  test('the port in the host is not what is called', async () => {
    expect(await ask('payments', 'GET', '/transfers/7', `${BANK}:22`)).toBe(200);
    expect(outside.arrived.at(-1)!.headers['host']).toBe(BANK);
  });

  test('an absolute target is refused', async () => {
    expect(await ask('payments', 'GET', `https://evil.example/`, BANK)).toBe(400);
  });

  test('CONNECT is refused', async () => {
    expect([400, 403, 404]).toContain(
      await ask('payments', 'CONNECT', 'evil.example:443', 'evil.example:443'),
    );
  });

  test('nobody without a certificate of the own trust domain', async () => {
    expect(await ask(undefined, 'GET', '/transfers/7', BANK)).toBe('nothing');
    const foreign = await TestAuthority.create(certificateProfiles(600), 'foreign');
    expect(await ask(await foreign.workload(other()), 'GET', '/transfers/7', BANK)).toBe('nothing');
    const named = await foreign.workload('spiffe://other.example/ns/default/sa/payments');
    expect(await ask(named, 'GET', '/transfers/7', BANK)).toBe('nothing');
  });

  test('no clear text', async () => {
    const { hostname, port } = new URL(egress().url);
    const connection = await Http1Connection.open({ address: hostname, port: Number(port) });
    const reply = await connection.send(requestBytes('GET', '/transfers/7', BANK));
    connection.close();
    expect(reply.status).toBeUndefined();
  });
});

test("a sidecar's port for a host takes no other host", async () => {
  const { hostname, port } = new URL(running.platform.ready().services['payments']!.destinations![BANK]!);
  const connection = await Http1Connection.open({ address: hostname, port: Number(port) });
  expect((await connection.send(requestBytes('GET', '/transfers/7', MAIL))).status).toBe(404);
  connection.close();
});

test('an edit of a rule is in force without a restart', async () => {
  const wider = allowOut(workload('payments')).to(`https://${BANK}`, 'GET /accounts').named('accounts');
  const overlay = { egress: outside.standIns };
  expect(await ask('payments', 'GET', '/accounts', BANK)).toBe(403);
  const { reloaded, restarted } = await running.platform.update({ model: model([...RULES, wider]), overlay });
  expect([reloaded, restarted]).toEqual([['egress'], []]);
  expect(await ask('payments', 'GET', '/accounts', BANK)).toBe(200);
  await running.platform.update({ model: model(), overlay });
  expect(await ask('payments', 'GET', '/accounts', BANK)).toBe(403);
});
