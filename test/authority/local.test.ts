import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../lib/index.js';
import { planText } from '../../lib/index.js';
import {
  type AuthorityConfig,
  edgeBundle,
  leafPaths,
  LocalAuthority,
  pointSecrets,
  RootFolder,
} from '../../local/authority/index.js';
import { renewalTime } from '../../local/authority/wanted.js';
import { temporaryFolder } from '../local/temporary.js';
import { issuersPlan } from '../support/issuers.js';
import { handshake } from './authority.js';

const ORDERS = 'services/orders/sidecar';
const LIFE = 600;
/** What the default leaf of one machine lives; a test below holds the two together. */
const plan = issuersPlan();

interface Line {
  readonly event: string;
  readonly owner?: string;
  readonly leaf?: string;
  readonly reason?: string;
  readonly serial?: string;
  readonly code?: string;
}

/** An authority on a clock of its own. */
class Machine {
  readonly folder = temporaryFolder();
  readonly lines: Line[] = [];
  seconds = 0;
  random = 0.5;
  readonly config: AuthorityConfig = {
    plan: join(this.folder, 'plan.json'),
    state: join(this.folder, 'state'),
    secrets: join(this.folder, 'secrets'),
    gatewayHosts: ['localhost', '127.0.0.9'],
  };

  constructor(
    /** Milliseconds since the epoch at which its clock starts. */
    readonly started = Date.now(),
  ) {
    this.write(plan);
  }

  write(value: Plan): void {
    writeFileSync(this.config.plan, planText(value));
  }

  open(): Promise<LocalAuthority> {
    return LocalAuthority.open(this.config, {
      emit: (event, fields) => this.lines.push({ event, ...fields }),
      now: () => new Date(this.started + this.seconds * 1000),
      random: () => this.random,
    });
  }

  /** What was issued since the last look, as `owner/leaf: reason`. */
  issued(): string[] {
    return this.lines
      .splice(0)
      .filter(({ event }) => event === 'issued')
      .map(({ owner, leaf, reason }) => `${owner}/${leaf}: ${reason}`);
  }

  leaf(owner = ORDERS, leaf: 'server' | 'edge' = 'server') {
    const paths = leafPaths(this.config.secrets, owner, leaf);
    const chain = readFileSync(paths.certificate, 'utf8');
    return { chain, key: readFileSync(paths.key, 'utf8'), certificate: new X509Certificate(chain) };
  }

  /** The bundle that a point's `peers.json` names. */
  bundle(point = ORDERS): string {
    const text = readFileSync(pointSecrets(this.config.secrets, point).peers, 'utf8');
    return readFileSync(/"filename": "(.*)"/.exec(text)?.[1] ?? '', 'utf8');
  }
}

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

describe('a change of the plan', () => {
  test('gives new points leaves, and leaves no key of what is gone', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    const { reports, ...services } = plan.services;
    const { staff: _, ...issuers } = plan.issuers;
    const invoices = {
      ...reports!.sidecar,
      key: 'services/invoices/sidecar',
      spiffeId: `${reports!.sidecar.spiffeId}2`,
    };
    machine.write({
      ...plan,
      issuers,
      services: { ...services, invoices: { ...reports!, name: 'invoices', sidecar: invoices } },
    });
    await authority.reload();
    expect(machine.issued()).toEqual(['services/invoices/sidecar/server: missing']);
    expect(existsSync(join(machine.config.secrets, 'services', 'reports'))).toBe(false);
    expect(existsSync(join(machine.config.secrets, 'issuers', 'staff'))).toBe(false);
    expect(
      readlinkSync(join(leafPaths(machine.config.secrets, ORDERS, 'server').watchedDirectory, 'current')),
    ).toBe(machine.leaf().certificate.serialNumber.toLowerCase());
  });

  test('gives a renamed point, and a gateway with another host, another leaf', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    const orders = plan.services['orders']!;
    machine.write({
      ...plan,
      services: {
        ...plan.services,
        orders: {
          ...orders,
          authority: 'bestellungen.shop.example',
          sidecar: { ...orders.sidecar, spiffeId: `${orders.sidecar.spiffeId}2` },
        },
      },
    });
    await authority.reload();
    expect(machine.issued()).toEqual([`${ORDERS}/server: renamed`, 'gateway/edge: renamed']);
    machine.write({ ...plan, services: { ...plan.services, orders: { ...orders, public: false } } });
    await authority.reload();
    expect(machine.issued()).toEqual([`${ORDERS}/server: renamed`, 'gateway/edge: renamed']);
    expect(machine.leaf('gateway', 'edge').certificate.subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.9',
    );
  });

  test('gives a leaf that lives longer than the plan now allows another one', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    const { certificates } = plan;
    const at = (lifetimeSeconds: number) =>
      machine.write({
        ...plan,
        certificates: { ...certificates, workload: { ...certificates.workload, lifetimeSeconds } },
      });
    at(LIFE * 2);
    await authority.reload();
    expect(machine.issued()).toEqual([]);
    at(LIFE / 2);
    await authority.reload();
    expect(machine.issued()).toContain(`${ORDERS}/server: lifetime`);
    const { certificate } = machine.leaf();
    expect(certificate.validToDate.getTime() - certificate.validFromDate.getTime()).toBe(
      (LIFE / 2 + 30) * 1000,
    );
  });

  test('that cannot be read, or is of another trust domain, changes nothing', async () => {
    const machine = new Machine();
    const authority = await machine.open();
    machine.issued();
    writeFileSync(machine.config.plan, '{');
    await expect(authority.reload()).rejects.toMatchObject({ code: 'invalid-plan' });
    machine.write({ ...plan, version: '2.0' });
    await expect(authority.reload()).rejects.toMatchObject({ code: 'invalid-plan' });
    machine.write({ ...plan, trustDomain: 'other.example' });
    await expect(authority.reload()).rejects.toMatchObject({ code: 'trust-domain-changed' });
    await authority.renew();
    expect(machine.issued()).toEqual([]);
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
