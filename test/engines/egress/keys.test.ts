import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { allowOut, workload } from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { Addresses } from '../../../local/addresses.js';
import { ORDERS, shop } from '../../local/model.js';
import { eventually } from '../../local/temporary.js';
import { TestAuthority } from '../support/authority.js';
import { Http1Connection, requestBytes } from '../support/http1.js';
import { issuerKey, TestIssuer } from '../support/issuer.js';
import { KeyServer } from '../support/key-server.js';
import { TestPlatform } from '../support/platform.js';

const model = { ...shop(), egress: [allowOut(workload('payments')).to('https://api.bank.example')] };
const plan = resolve(model);
const ISSUER = plan.issuers['people']!.issuer;
const [host] = [new URL(plan.issuers['people']!.jwksUri).hostname];

/** A token of a member of the staff, signed by whoever holds the key. */
function token(issuer: TestIssuer): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: 'eve', groups: ['staff'], iat: now, exp: now + 300 };
  return issuer.sign({ alg: 'ES256', kid: 'one' }, { ...claims, aud: plan.services['orders']!.audience });
}

/** What the gateway makes of it. */
async function see(running: TestPlatform, bearer: string): Promise<number | undefined> {
  const connection = await Http1Connection.open(running.gateway);
  const headers = [['authorization', `Bearer ${bearer}`]] as const;
  const { status } = await connection.send(requestBytes('GET', '/orders/7', ORDERS, headers));
  connection.close();
  return status;
}

let folder: string;
let addresses: Addresses;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ztp-keys-'));
  addresses = new Addresses(`keys ${folder}`);
});
afterAll(async () => {
  await addresses.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A platform whose egress gateway leads key fetches to a server with this certificate and these keys. */
async function withKeysFrom(
  issuer: TestIssuer,
  server: TestAuthority,
  trusted: TestAuthority,
  use: (running: TestPlatform) => Promise<void>,
): Promise<void> {
  const address = await addresses.address('keys');
  const place = { address, port: await addresses.port(address, 8443) };
  const keys = await KeyServer.start(place, await server.edge([host!]), plan, [issuer]);
  const ca = join(folder, 'trusted.pem');
  writeFileSync(ca, trusted.root);
  let running: TestPlatform | undefined;
  try {
    running = await TestPlatform.start(model, {
      identity: { kind: 'external', issuers: { people: { ...place, ca } } },
    });
    await use(running);
  } finally {
    await running?.close();
    await keys.close();
  }
}

const tunnelled = (running: TestPlatform) =>
  running.events.flatMap((event) =>
    event.kind === 'tunnel' ? [JSON.parse(event.line) as { peer: string; host: string }] : [],
  );

test('every point fetches keys through the egress gateway, and verifies who serves them by itself', async () => {
  const [honest, issuer] = [await TestAuthority.create(certificateProfiles(600), 'public'), attacker()];
  await withKeysFrom(issuer, honest, honest, async (running) => {
    expect(await see(running, token(issuer))).toBe(200);
  });
});

test('an egress gateway that substitutes keys of its own admits nobody', async () => {
  const honest = await TestAuthority.create(certificateProfiles(600), 'public');
  const taken = await TestAuthority.create(certificateProfiles(600), 'taken');
  const issuer = attacker();
  await withKeysFrom(issuer, taken, honest, async (running) => {
    // The points have come, and did not take what they were given.
    const peers = () => new Set(tunnelled(running).map(({ peer }) => peer));
    await eventually(() => peers().size === 4, 'a fetch of every point');
    expect(peers()).toEqual(
      new Set([
        plan.gateway.spiffeId,
        ...Object.values(plan.services).map(({ sidecar }) => sidecar.spiffeId),
      ]),
    );
    expect(await see(running, token(issuer))).toBe(401);
  });
});

/** Whoever made this key may call themselves anybody, if somebody believes it. */
function attacker(): TestIssuer {
  return new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);
}
