import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import {
  generatePrivateKey,
  issueWorkload,
  memorySigner,
  certificateRequest,
} from '../../../lib/authority/index.js';
import { shop } from '../../local/model.js';
import { eventually } from '../../local/temporary.js';
import { TestAuthority } from '../support/authority.js';
import type { Target } from '../support/connect.js';
import { Http1Connection, requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(shop());
});
afterAll(() => running.close());

const plan = () => running.platform.plan;
const ask = (host: string) => requestBytes('GET', '/', host);

/** What a peer of the `orders` sidecar gets: a status, or no answer at all. */
async function answered(tls: Target['tls'] | undefined): Promise<number | 'nothing'> {
  const { tls: _, ...place } = running.sidecar('orders');
  try {
    const connection = await Http1Connection.open(tls ? { ...place, tls } : place);
    const reply = await connection.send(ask(plan().services['orders']!.authority));
    connection.close();
    return reply.status ?? 'nothing';
  } catch {
    return 'nothing';
  }
}

/** A leaf for a SPIFFE ID from the platform's own issuing key. */
async function ownLeaf(spiffeId: string, now: Date, lifetimeSeconds?: number) {
  const folder = join(running.platform.state.path, 'authority', 'mesh', 'issuing-1');
  const certificate = readFileSync(join(folder, 'certificate.pem'), 'utf8');
  const signer = memorySigner(createPrivateKey(readFileSync(join(folder, 'key.pem'))));
  const key = generatePrivateKey();
  const profiles = plan().certificates;
  const short = lifetimeSeconds === undefined ? profiles.workload : { ...profiles.workload, lifetimeSeconds };
  const leaf = await issueWorkload(
    { ...profiles, workload: short },
    { signer, certificate },
    { csr: await certificateRequest(key), spiffeId, now },
  );
  return {
    certificate: `${leaf.pem}${certificate}`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

describe('a sidecar', () => {
  const gateway = () => plan().gateway.spiffeId;

  test('answers the gateway by the policy', async () => {
    expect(await answered(running.sidecar('orders', 'gateway').tls)).toBe(403);
  });

  test('answers a certificate of its own authority, so that the next refusals mean what they say', async () => {
    expect(await answered(await ownLeaf(gateway(), new Date()))).toBe(403);
  });

  test('refuses a right certificate without a rule', async () => {
    expect(await answered(running.sidecar('orders', 'web').tls)).toBe(403);
  });

  test('refuses a peer without a certificate, and one without TLS', async () => {
    expect(await answered({})).toBe('nothing');
    expect(await answered(undefined)).toBe('nothing');
  });

  test('refuses a workload of another trust domain', async () => {
    const other = await TestAuthority.create(plan().certificates, 'other');
    expect(
      await answered(await other.workload('spiffe://local.test.other.example/ns/default/sa/gateway')),
    ).toBe('nothing');
  });

  test("refuses the gateway's own SPIFFE ID from an authority that is not its trust domain's", async () => {
    const other = await TestAuthority.create(plan().certificates, 'other');
    expect(await answered(await other.workload(gateway()))).toBe('nothing');
  });

  test('refuses an expired certificate of its own authority', async () => {
    const leaf = await ownLeaf(gateway(), new Date(), 3);
    expect(await answered(leaf)).toBe(403);
    await eventually(async () => (await answered(leaf)) === 'nothing', 'the certificate has expired');
  });

  test('refuses a certificate of its own authority for another trust domain', async () => {
    expect(
      await answered(await ownLeaf('spiffe://elsewhere.example/ns/default/sa/gateway', new Date())),
    ).toBe('nothing');
  });
});
