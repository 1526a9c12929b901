import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { UNREAD_REVOCATIONS } from '../../../gateway/agent/logged.js';
import { allow, anyone, defineZeroTrust, http, oidc, user } from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import type { Revocation } from '../../../lib/policy/revocation.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { eventually } from '../../local/temporary.js';
import type { AgentProcess } from '../support/agent-process.js';
import { clientCertificate } from '../support/api-gateway.js';
import { listens, TestMesh } from '../support/mesh.js';
import { publicAuthority } from '../support/public-keys.js';

const ISSUER = 'https://login.shop.example';
const SIDECAR = 'services/web/sidecar';
const DOCUMENT = 'bucket/revocations.json';
const FAR = 4_000_000_000;

const resolved = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: { providers: { people: oidc({ issuer: ISSUER, jwksUri: `${ISSUER}/jwks` }) } },
    services: { web: http({ host: 'www.shop.example' }) },
    access: [
      allow(anyone()).to('web', 'GET /'),
      allow(user({ issuer: 'people' }))
        .to('web', 'GET /account')
        .named('account'),
    ],
  }),
  { engine: 'aws' },
);
/** The same, with less time and room, so that both run out in a test. Version 3 held when it was made. */
const plan = {
  ...resolved,
  revocation: { maxEntries: 4, withinSeconds: 1, document: { version: 3, entries: [] } },
};
const issuer = new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);

/** A point, and who connects to it: API Gateway to the gateway, the gateway to the sidecar. */
type Way = (path: string, token?: string) => Promise<number | undefined>;

let mesh: TestMesh;
let keyServer: KeyServer;
let agents: AgentProcess[];
let ways: Way[];
/** Of the last document that points were to take. */
let version = 3;
beforeAll(async () => {
  ({ mesh, keyServer } = await ground());
  await mesh.application('web');
  write(mesh, version);
  ({ agents, ways } = await points());
});
afterAll(async () => {
  await mesh.close();
  await keyServer.close();
});
beforeEach(async () => {
  revoke();
  await answered(ways, 200, '/');
});

async function ground() {
  const made = await TestMesh.create(plan);
  const authority = await publicAuthority(made);
  const leaf = await authority.edge(['login.shop.example']);
  const keys = await KeyServer.start(made.at('issuers/people/endpoint'), leaf, plan, [issuer]);
  return { mesh: made, keyServer: keys };
}

/** A newer document, with these entries and no other. */
function revoke(...entries: Revocation[]): void {
  version += 1;
  write(mesh, version, ...entries);
}

function write({ cloud }: TestMesh, number: number, ...entries: Revocation[]): void {
  cloud.objects.set(DOCUMENT, JSON.stringify({ version: number, entries }));
}

const REVOCATIONS = {
  ZTP_REVOCATIONS_BUCKET: 'bucket',
  ZTP_REVOCATIONS_KEY: 'revocations.json',
  ZTP_REVOCATIONS_OUTAGE: '3',
};

async function points(): Promise<{ agents: AgentProcess[]; ways: Way[] }> {
  const apiGateway = await clientCertificate();
  mesh.set('gateway/client/current', apiGateway.hash);
  mesh.set('gateway/client/next', apiGateway.hash);
  const agents = await Promise.all([
    mesh.serving('gateway', {
      environment: { ...REVOCATIONS, ZTP_EDGE_CERTIFICATE: 'self-made' },
      profile: { edge: 'apiGateway' },
    }),
    mesh.serving(SIDECAR, { environment: REVOCATIONS }),
  ]);
  const gateway = await mesh.leaf(plan.gateway.spiffeId);
  return { agents, ways: [way('gateway/listen', apiGateway), way(`${SIDECAR}/listen`, gateway)] };
}

function way(name: string, client: { readonly cert: string; readonly key: string }): Way {
  const { address, port } = mesh.at(name);
  return (path, token) =>
    new Promise((done, fail) => {
      const headers = { host: 'www.shop.example', ...(token && { authorization: `Bearer ${token}` }) };
      const { cert, key } = client;
      const options = {
        host: address,
        port,
        path,
        headers,
        cert,
        key,
        rejectUnauthorized: false,
        agent: false,
      };
      request(options, (answer) => done(answer.resume().statusCode))
        .on('error', fail)
        .end();
    });
}

function token(id: string): string {
  const now = Math.floor(Date.now() / 1000);
  const aud = plan.services['web']!.audience;
  const claims = { iss: ISSUER, sub: 'ada', aud, iat: now, exp: now + 300, jti: id };
  return issuer.sign({ alg: 'ES256', kid: 'one' }, claims);
}

/** Wait until every point answers so. */
async function answered(ways: readonly Way[], status: number, path: string, jwt?: string): Promise<void> {
  for (const ask of ways)
    await eventually(async () => (await ask(path, jwt)) === status, `${status} to ${path}`);
}

const lastRules = (agent: AgentProcess) => agent.lines.findLast(({ event }) => event === 'rules');

test('a revoked token is refused at the gateway and at the sidecar, and no other is', async () => {
  const [stolen, other] = [token('stolen'), token('other')];
  for (const ask of ways) {
    expect([await ask('/account', stolen), await ask('/account', other)]).toEqual([200, 200]);
  }
  revoke({ kind: 'token', issuer: 'people', value: 'stolen', until: FAR });
  await answered(ways, 401, '/account', stolen);
  for (const ask of ways) {
    expect([await ask('/account', other), await ask('/')]).toEqual([200, 200]);
    // On a public route too: a bad token is never none.
    expect(await ask('/', stolen)).toBe(401);
  }
});

test('a withdrawn rule admits nothing, an emergency closes the service, and a newer version lifts both', async () => {
  const user = token('one');
  revoke({ kind: 'rule', rule: 'account', until: FAR });
  await answered(ways, 403, '/account', user);
  for (const ask of ways) expect(await ask('/')).toBe(200);
  revoke({ kind: 'service', service: 'web', until: FAR });
  await answered(ways, 403, '/');
  revoke();
  await answered(ways, 200, '/');
  await answered(ways, 200, '/account', user);
});

test('what brings back an older document, or another one of the same version, lifts nothing', async () => {
  const stolen = token('stolen');
  const failures = () =>
    agents.map(({ lines }) => lines.filter(({ code }) => code === 'revocations-unavailable'));
  for (const older of [1, 0]) {
    // A good one each time: what is refused for too long closes every service.
    revoke({ kind: 'token', issuer: 'people', value: 'stolen', until: FAR });
    await answered(ways, 401, '/account', stolen);
    // Through the gateway the sidecar may have answered: by now the gateway has looked as well.
    await sleep(2000 * plan.revocation.withinSeconds);
    const before = failures().map(({ length }) => length);
    write(mesh, version - older);
    await eventually(() => failures().every(({ length }, at) => length > before[at]!), 'it is refused');
    for (const own of failures()) expect(own.at(-1)!['message']).toContain('revocations-older');
    for (const ask of ways) expect(await ask('/account', stolen)).toBe(401);
  }
});

test.each<[what: string, become: () => void]>([
  ['cannot be had', () => mesh.cloud.objects.delete(DOCUMENT)],
  [
    'is not understood',
    () => mesh.cloud.objects.set(DOCUMENT, `{"version":${version + 1},"entries":[{"kind":"all","until":1}]}`),
  ],
  [
    'has more entries than a point takes in',
    () => {
      const entries = Array.from(
        { length: 5 },
        (_, at) => ({ kind: 'rule', rule: `${at}`, until: FAR }) as const,
      );
      write(mesh, version + 1, ...entries);
    },
  ],
  ['is larger than any', () => mesh.cloud.objects.set(DOCUMENT, new Uint8Array(1024 * 1024 + 1))],
])(
  'a document that %s closes every service after a while, and a good one opens it again',
  async (_what, become) => {
    const before = agents.map(({ lines }) => lines.length);
    become();
    await answered(ways, 403, '/');
    const closed = agents.map((agent) =>
      eventually(() => lastRules(agent)?.['closed'] === true, 'it says so'),
    );
    await Promise.all(closed);
    // What the alarms are made from.
    const { event, code, value } = UNREAD_REVOCATIONS;
    for (const [at, { lines }] of agents.entries()) {
      const own = lines.slice(before[at]);
      const ages = own.filter((line) => line.event === event && line['code'] === code);
      expect(Number(ages.at(-1)?.[value])).toBeGreaterThanOrEqual(Number(REVOCATIONS.ZTP_REVOCATIONS_OUTAGE));
    }
    version += 1;
    revoke();
    await answered(ways, 200, '/');
    expect(agents.every(({ child }) => child.running)).toBe(true);
  },
);

test('what did not change is asked for by its tag, and changes no file', async () => {
  const rules = () => agents.map(({ lines }) => lines.filter(({ event }) => event === 'rules').length);
  const known = mesh.cloud.unchanged;
  // By now both have taken what this test began with.
  await eventually(() => mesh.cloud.unchanged > known + 4, 'it is asked for');
  const [before, asked] = [rules(), mesh.cloud.unchanged];
  await eventually(() => mesh.cloud.unchanged > asked + 4, 'it is asked for');
  expect(rules()).toEqual(before);
});

test.each<[what: string, become: (own: TestMesh) => void]>([
  ['that is not there', ({ cloud }) => cloud.objects.delete(DOCUMENT)],
  ['older than what held when the plan was made', (own) => write(own, 2)],
])('with a document %s nothing begins to listen', async (_what, become) => {
  const own = await ground();
  become(own.mesh);
  const agent = await own.mesh.agent(SIDECAR, { environment: REVOCATIONS });
  expect(await agent.said('retrying', 2)).toMatchObject({ code: 'revocations-unavailable' });
  expect(await listens(own.mesh.at(`${SIDECAR}/listen`))).toBe(false);
  await own.mesh.close();
  await own.keyServer.close();
});
