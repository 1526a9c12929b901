import type { TLSSocket } from 'node:tls';
import shop, { BANK, RATES } from '../../../examples/shop/egress.js';
import { egressObjects } from '../../../lib/kubernetes/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { eventually } from '../../local/temporary.js';
import { Outside } from '../egress/outside.js';
import { EgressPod } from '../egress/pod.js';
import { type Leaf, TestAuthority } from '../support/authority.js';
import { faultOfLine } from '../support/decision-log.js';
import { Http1Connection, requestBytes } from '../support/http1.js';

// The egress gateway as its manifests have it, by a real Envoy. Its rules are tried in `test/engines/egress`.

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const objects = egressObjects(plan, { egress: { image: `registry.example/envoy@sha256:${'0'.repeat(64)}` } });

let authority: TestAuthority;
let outside: Outside;
let pod: EgressPod;
beforeAll(async () => {
  authority = await TestAuthority.create(plan.certificates, 'mesh');
  outside = await Outside.create();
  await outside.serve(BANK);
  await outside.serve(RATES);
  const [bank, rates] = [outside.standIns[BANK]!, outside.standIns[RATES]!];
  pod = await EgressPod.start({
    objects,
    leaf: await authority.workload(plan.egress!.spiffeId),
    roots: authority.root,
    // The name of the rates leads inside.
    places: { [BANK]: { ...bank, standIn: bank.address }, [RATES]: rates },
    publicRoots: outside.roots(),
  });
});
afterAll(async () => {
  await pod?.close();
  await outside?.close();
});

async function ask(as: string, method: string, path: string, host: string, more: [string, string][] = []) {
  const leaf = await authority.workload(plan.services[as]!.sidecar.spiffeId);
  const connection = await Http1Connection.open({ ...pod.endpoint, tls: clientOf(leaf) });
  const { status } = await connection.send(requestBytes(method, path, host, more));
  connection.close();
  return status;
}

function clientOf({ certificate, key }: Leaf) {
  return { ca: authority.root, certificate, key };
}

test('who may call is judged by the certificate, and what of the mesh is in a request stays inside', async () => {
  const more: [string, string][] = [
    ['authorization', 'Bearer of the bank'],
    ['x-envoy-peer-metadata', 'who'],
    ['x-envoy-peer-metadata-id', 'where'],
    ['x-envoy-attempt-count', '1'],
    ['x-forwarded-client-cert', 'By=spiffe://a'],
  ];
  expect(await ask('payments', 'POST', '/transfers', BANK, more)).toBe(200);
  const [{ headers }] = outside.arrived as [(typeof outside.arrived)[0]];
  expect(headers).toMatchObject({ host: BANK, authorization: 'Bearer of the bank' });
  expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([]);
  expect(await ask('payments', 'DELETE', '/transfers', BANK)).toBe(403);
  expect(await ask('orders', 'POST', '/transfers', BANK)).toBe(403);
  expect(await ask('payments', 'POST', '/transfers', 'other.example')).toBe(403);
  expect(await ask('payments', 'POST', '/transfers//', BANK)).toBe(400);
  expect(outside.arrived).toHaveLength(1);
});

test('a name that leads inside is refused', async () => {
  expect(await ask('orders', 'GET', '/rates/eur', RATES)).toBe(502);
  expect(outside.connections.get(RATES)).toBeUndefined();
});

test('every line of its log is one of the public schema', async () => {
  await eventually(() => pod.lines.length >= 6, 'a line for each request');
  expect(pod.lines.map(faultOfLine)).toEqual(pod.lines.map(() => undefined));
  expect(pod.lines.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ point: 'egress', decision: 'allow', rule: 'transfer', destination: BANK }),
  );
});

test('nobody connects without a certificate of the mesh', async () => {
  const stranger = await TestAuthority.create(plan.certificates, 'stranger');
  const { spiffeId } = plan.services['payments']!.sidecar;
  const elsewhere = spiffeId.replace(plan.trustDomain, 'other.example');
  for (const tls of [{}, await stranger.workload(spiffeId), await authority.workload(elsewhere)]) {
    const connection = await Http1Connection.open({ ...pod.endpoint, tls }).catch(() => undefined);
    const reply = await connection?.send(requestBytes('POST', '/transfers', BANK, []));
    expect(reply?.status).toBeUndefined();
  }
});

test('a renewed certificate is taken up while it runs', async () => {
  const renewed = await authority.workload(plan.egress!.spiffeId);
  pod.renew(renewed, authority.root);
  const shown = async () => {
    const leaf = await authority.workload(plan.services['orders']!.sidecar.spiffeId);
    const connection = await Http1Connection.open({ ...pod.endpoint, tls: clientOf(leaf) });
    const { raw } = (connection.socket as TLSSocket).getPeerCertificate();
    connection.close();
    return renewed.certificate.replaceAll(/\s/g, '').includes(raw.toString('base64'));
  };
  let isShown = false;
  for (let tries = 0; tries < 100 && !isShown; tries += 1) isShown = await shown();
  expect(isShown).toBe(true);
});

test('changed roots are taken up while it runs, those that are added and those that are gone', async () => {
  const next = await TestAuthority.create(plan.certificates, 'next');
  const { spiffeId } = plan.services['payments']!.sidecar;
  const old = await authority.workload(spiffeId);
  const young = await next.workload(spiffeId);
  const status = async ({ certificate, key }: Leaf) => {
    const connection = await Http1Connection.open({ ...pod.endpoint, tls: { certificate, key } }).catch(
      () => undefined,
    );
    const reply = await connection?.send(requestBytes('DELETE', '/transfers', BANK, []));
    connection?.close();
    return reply?.status;
  };
  const becomes = async (leaf: Leaf, wanted: number | undefined) => {
    for (let tries = 0; tries < 200 && (await status(leaf)) !== wanted; tries += 1);
    return status(leaf);
  };
  const own = await authority.workload(plan.egress!.spiffeId);
  expect([await status(old), await status(young)]).toEqual([403, undefined]);
  pod.renew(own, authority.root + next.root);
  expect(await becomes(young, 403)).toBe(403);
  expect(await status(old)).toBe(403);
  pod.renew(own, next.root);
  expect(await becomes(old, undefined)).toBeUndefined();
  expect(await status(young)).toBe(403);
});
