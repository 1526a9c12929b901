import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { TestPlatform } from '../engines/support/platform.js';
import { ORDERS, shop, WEB } from './model.js';
import { isRunning } from './temporary.js';

const url = (scheme: string) => z.string().regex(new RegExp(`^${scheme}://127\\.\\d+\\.\\d+\\.\\d+:\\d+$`));
const path = z.string().startsWith('/');
const certificates = z.strictObject({ certificate: path, key: path });
const pid = z.number().int().positive();

/** The promise of version 1. */
const schema = z.strictObject({
  version: z.literal(1),
  state: path,
  envoy: z.strictObject({ version: z.string().regex(/^1\.40\.\d+$/), source: z.string(), path }),
  gateway: z.strictObject({
    url: url('https'),
    ca: path,
    hosts: z.record(z.string(), z.string()),
    admin: path,
    certificates,
  }),
  services: z.record(
    z.string(),
    z.strictObject({
      sidecar: url('https'),
      certificates,
      spiffeId: z.string().startsWith('spiffe://local.test.shop.example/ns/default/sa/'),
      authority: z.string(),
      admin: path,
      application: url('http'),
      upstreams: z.record(z.string(), url('http')),
    }),
  ),
  issuers: z.record(
    z.string(),
    z.strictObject({
      kind: z.enum(['user', 'pipeline']),
      issuer: z.url(),
      jwksUri: z.url(),
      address: z.ipv4(),
      port: pid,
      ca: path,
    }),
  ),
  tokens: z.record(
    z.string(),
    z.strictObject({
      url: z.url(),
      client_id: z.string(),
      grants: z.array(z.string()).min(1),
      audiences: z.record(z.string(), z.string()),
      example: z.string().startsWith('curl '),
    }),
  ),
  pids: z.record(z.string(), pid),
});

test('the ready file says where everything is, and everything is there', async () => {
  const running = await TestPlatform.start(shop());
  try {
    const ready = schema.parse(JSON.parse(JSON.stringify(running.platform.ready())));
    expect(ready.gateway.hosts).toEqual({ orders: ORDERS, web: WEB });
    expect(Object.keys(ready.services).toSorted()).toEqual(['orders', 'payments', 'web']);
    expect(Object.keys(ready.services['orders']!.upstreams)).toEqual(['payments']);
    expect(Object.keys(ready.pids).toSorted()).toEqual([
      'authority',
      'gateway',
      'platform',
      'services/orders/sidecar',
      'services/payments/sidecar',
      'services/web/sidecar',
    ]);
    for (const process of Object.values(ready.pids)) expect(isRunning(process)).toBe(true);
    for (const { certificate, key } of [ready.gateway, ...Object.values(ready.services)].map(
      (part) => part.certificates,
    )) {
      expect(readFileSync(certificate, 'utf8')).toContain('BEGIN CERTIFICATE');
      expect(readFileSync(key, 'utf8')).toContain('BEGIN PRIVATE KEY');
    }
    const addresses = [ready.gateway.url, ...Object.values(ready.services).map(({ sidecar }) => sidecar)].map(
      (text) => new URL(text).hostname,
    );
    expect(new Set(addresses).size).toBe(addresses.length);
  } finally {
    await running.close();
  }
});
