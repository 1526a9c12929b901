import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edgeBundle, leafPaths, pointSecrets, RootFolder } from '../../local/authority/index.js';
import { renewalTime } from '../../local/authority/wanted.js';
import { temporaryFolder } from '../local/temporary.js';
import { handshake } from './authority.js';
import { LIFE, Machine, ORDERS, plan } from './machine.js';

test('everything that a point reads is there at once', async () => {
  const machine = new Machine();
  await machine.open();
  expect(plan.certificates.workload.lifetimeSeconds).toBe(LIFE);
  const owners = ['gateway', ...Object.values(plan.services).map(({ sidecar }) => sidecar.key)];
  const issuers = Object.values(plan.issuers).map(({ key }) => key);
  expect(machine.issued().sort()).toEqual(
    [
      ...owners.map((owner) => `${owner}/server: missing`),
      ...['gateway', ...issuers].map((owner) => `${owner}/edge: missing`),
    ].sort(),
  );
  for (const owner of owners) {
    const { chain, key, certificate } = machine.leaf(owner);
    const id =
      owner === 'gateway' ? plan.gateway.spiffeId : plan.services[owner.split('/')[1]!]!.sidecar.spiffeId;
    expect(certificate.subjectAltName).toBe(`URI:${id}`);
    expect(await handshake(machine.bundle(owner), chain, key)).toBe('accepted');
  }
});

test('the SDS files name what is there, and hold no key themselves', async () => {
  const machine = new Machine();
  await machine.open();
  const files = pointSecrets(machine.config.secrets, 'gateway');
  for (const name of ['server', 'edge'] as const) {
    const { resources } = JSON.parse(readFileSync(files[name], 'utf8')) as {
      resources: { name: string; tls_certificate: Record<string, { filename: string; path: string }> }[];
    };
    const { certificate, key, watchedDirectory } = leafPaths(machine.config.secrets, 'gateway', name);
    expect(resources).toMatchObject([
      {
        name,
        tls_certificate: {
          certificate_chain: { filename: certificate },
          private_key: { filename: key },
          watched_directory: { path: watchedDirectory },
        },
      },
    ]);
  }
  expect(existsSync(pointSecrets(machine.config.secrets, ORDERS).edge)).toBe(false);
});

test('the edge has roots of its own, and no leaf of it is accepted in the mesh', async () => {
  const machine = new Machine();
  await machine.open();
  const edge = readFileSync(edgeBundle(machine.config.secrets), 'utf8');
  const { certificate, chain, key } = machine.leaf('gateway', 'edge');
  expect(certificate.subjectAltName).toBe('DNS:orders.shop.example, DNS:localhost, IP Address:127.0.0.9');
  expect(machine.leaf('issuers/people', 'edge').certificate.subjectAltName).toBe(
    'DNS:id.shop.example, DNS:keys.shop.example',
  );
  expect(edge).not.toBe(machine.bundle());
  expect(await handshake(machine.bundle(), chain, key)).not.toBe('accepted');
});

test('private keys are for this user alone', async () => {
  const machine = new Machine();
  await machine.open();
  const keys = readdirSync(machine.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('key.pem'),
  );
  expect(keys.length).toBeGreaterThan(10);
  for (const name of keys) expect(statSync(join(machine.folder, name)).mode & 0o777).toBe(0o600);
  for (const name of ['state', 'secrets', 'secrets/gateway/server']) {
    expect(statSync(join(machine.folder, name)).mode & 0o777).toBe(0o700);
  }
});

describe('renewal', () => {
  test('comes at half of the life, give or take a twentieth', async () => {
    const machine = new Machine();
    await machine.open();
    const { certificate } = machine.leaf();
    const start = certificate.validToDate.getTime() - LIFE * 1000;
    expect(renewalTime(certificate, 0) - start).toBeCloseTo(LIFE * 450);
    expect(renewalTime(certificate, 0.5) - start).toBe(LIFE * 500);
    expect(renewalTime(certificate, 1) - start).toBeCloseTo(LIFE * 550);
  });

  test('touches only what is due, keeps the old files for who is reading them, and says when to come again', async () => {
    const machine = new Machine(Date.now() - (LIFE / 2) * 1000);
    const authority = await machine.open();
    machine.issued();
    const before = machine.leaf().certificate.serialNumber;
    machine.seconds = LIFE / 2 - 2;
    await authority.renew();
    expect(machine.issued()).toEqual([]);
    machine.seconds = LIFE / 2;
    const next = await authority.renew();
    expect(machine.issued().sort()).toEqual(
      ['gateway', ORDERS, 'services/payments/sidecar', 'services/reports/sidecar'].map(
        (owner) => `${owner}/server: half-life`,
      ),
    );
    const { certificate, chain, key } = machine.leaf();
    expect(certificate.serialNumber).not.toBe(before);
    expect(await handshake(machine.bundle(), chain, key)).toBe('accepted');
    expect(next.getTime()).toBeCloseTo(machine.started + LIFE * 1000, -4);
    const { watchedDirectory } = leafPaths(machine.config.secrets, ORDERS, 'server');
    expect(readdirSync(watchedDirectory).sort()).toEqual(
      ['current', before.toLowerCase(), certificate.serialNumber.toLowerCase()].sort(),
    );
    await authority.reissue(ORDERS);
    expect(readdirSync(watchedDirectory)).not.toContain(before.toLowerCase());
  });

  test('an authority that comes back keeps good leaves and renews the others', async () => {
    const machine = new Machine();
    await machine.open();
    machine.issued();
    const serial = machine.leaf().certificate.serialNumber;
    machine.seconds = 60;
    await machine.open();
    expect(machine.issued()).toEqual([]);
    expect(machine.leaf().certificate.serialNumber).toBe(serial);
    machine.seconds = LIFE + 60;
    rmSync(leafPaths(machine.config.secrets, 'issuers/staff', 'edge').key);
    writeFileSync(leafPaths(machine.config.secrets, 'issuers/people', 'edge').key, machine.leaf().key);
    await machine.open();
    const again = machine.issued();
    expect(again).toContain('issuers/people/edge: missing');
    expect(again).toContain(`${ORDERS}/server: half-life`);
    expect(again).toContain('issuers/staff/edge: missing');
    expect(again).not.toContain('gateway/edge: half-life');
  });

  test('what cannot be written is said, tried again, and holds up nothing else', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    machine.seconds = LIFE / 2;
    const { watchedDirectory } = leafPaths(machine.config.secrets, ORDERS, 'server');
    rmSync(watchedDirectory, { recursive: true });
    writeFileSync(watchedDirectory, 'in the way');
    const next = await authority.renew();
    expect(machine.lines.filter(({ event }) => event === 'failed')).toMatchObject([
      { owner: ORDERS, code: 'unexpected' },
    ]);
    expect(machine.issued()).toContain('gateway/server: half-life');
    expect(next.getTime()).toBe(machine.started + machine.seconds * 1000 + 5000);
    rmSync(watchedDirectory);
    await authority.renew();
    expect(machine.issued()).toEqual([`${ORDERS}/server: missing`]);
  });

  test('reissuing is for one owner or for all, and for nobody unknown', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    await authority.reissue('gateway');
    expect(machine.issued()).toEqual(['gateway/server: asked', 'gateway/edge: asked']);
    await authority.reissue();
    expect(machine.issued()).toHaveLength(9);
    await expect(authority.reissue('services/none/sidecar')).rejects.toMatchObject({ code: 'unknown-point' });
  });

  test('an issuing key is renewed at half of its life under the same root', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    const bundle = machine.bundle();
    const issuer = machine.leaf().certificate.issuer;
    machine.seconds = plan.certificates.issuing.lifetimeSeconds / 2 + 1;
    await authority.renew();
    expect(machine.bundle()).toBe(bundle);
    expect(machine.leaf().certificate.issuer).not.toBe(issuer);
    machine.seconds = plan.certificates.root.lifetimeSeconds;
    await expect(authority.renew()).rejects.toMatchObject({ code: 'root-expired' });
  });
});

describe('a change of the root', () => {
  test('overlaps: both roots are trusted before a leaf comes from the new one, and the old one goes last', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    const [old, oldBundle] = [machine.leaf(), machine.bundle()];

    await authority.prepareRoot();
    const both = machine.bundle();
    expect(both.startsWith(oldBundle)).toBe(true);
    expect(machine.leaf().chain).toBe(old.chain);

    await authority.activateRoot();
    const fresh = machine.leaf();
    expect(await handshake(both, fresh.chain, fresh.key)).toBe('accepted');
    expect(await handshake(both, old.chain, old.key)).toBe('accepted');
    expect(await handshake(oldBundle, fresh.chain, fresh.key)).not.toBe('accepted');

    await authority.retireRoot();
    expect(machine.bundle() + oldBundle).not.toBe(both);
    expect(oldBundle + machine.bundle()).toBe(both);
    expect(await handshake(machine.bundle(), fresh.chain, fresh.key)).toBe('accepted');
    expect(await handshake(machine.bundle(), old.chain, old.key)).not.toBe('accepted');
    expect(readdirSync(join(machine.config.state, 'mesh')).sort()).toEqual([
      'issuing-2',
      'root-2',
      'state.json',
    ]);
  });

  test('survives a restart between its steps', async () => {
    const machine = new Machine();
    await (await machine.open()).prepareRoot();
    const both = machine.bundle();
    const second = await machine.open();
    expect(machine.bundle()).toBe(both);
    await second.activateRoot();
    await (await machine.open()).retireRoot();
    const { chain, key } = machine.leaf();
    expect(await handshake(machine.bundle(), chain, key)).toBe('accepted');
    expect(machine.lines.map(({ event }) => event).filter((event) => event !== 'issued')).toEqual([
      'root-prepared',
      'root-activated',
      'root-retired',
    ]);
  });

  test('takes its steps in order only', async () => {
    const authority = await new Machine().open();
    const refused = { code: 'root-change' };
    await expect(authority.activateRoot()).rejects.toMatchObject(refused);
    await expect(authority.retireRoot()).rejects.toMatchObject(refused);
    await authority.prepareRoot();
    await expect(authority.prepareRoot()).rejects.toMatchObject(refused);
    await expect(authority.retireRoot()).rejects.toMatchObject(refused);
  });
});

test('a state that cannot be read is refused, not replaced', async () => {
  const machine = new Machine();
  await machine.open();
  const file = join(machine.config.state, 'mesh', 'state.json');
  for (const text of ['{', '{"trusted":[],"root":1,"issuing":1}']) {
    writeFileSync(file, text);
    await expect(machine.open()).rejects.toMatchObject({ code: 'authority-state' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
});

test('a folder whose making was interrupted is made again', async () => {
  const folder = join(temporaryFolder(), 'mesh');
  const open = () => RootFolder.open(folder, 'test', plan.certificates, new Date());
  await open();
  rmSync(join(folder, 'state.json'));
  expect((await open()).issuing.certificate).toContain('BEGIN CERTIFICATE');
});
