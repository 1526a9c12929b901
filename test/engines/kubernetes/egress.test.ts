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
  for (const tls of [{}, { ...(await stranger.workload(spiffeId)) }]) {
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
