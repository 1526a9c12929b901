import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leafPaths } from '../../local/authority/index.js';
import { LIFE, Machine, ORDERS, plan } from './machine.js';

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
