import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { eventually } from '../../local/temporary.js';
import { TestAuthority } from '../support/authority.js';
import { Outside } from './outside.js';
import { type Place, WayOut } from './way-out.js';

/** Where the name of a host outside must not lead, whoever answers for it. */
const INSIDE: readonly (readonly [string, string])[] = [
  ['this machine', '127.0.0.1'],
  ['this machine by its name', 'localhost'],
  ['this machine, IPv6', '::1'],
  ['this host', '0.0.0.0'],
  ['any address, IPv6', '::'],
  ['a mapped address', '::ffff:127.0.0.1'],
  ['a private network', '10.0.0.1'],
  ['another private network', '172.31.255.254'],
  ['a third private network', '192.168.1.1'],
  ['a shared network', '100.64.0.1'],
  ['the metadata of a cloud', '169.254.169.254'],
  ['the metadata of a cloud, IPv6', 'fd00:ec2::254'],
  ['a link', 'fe80::1'],
  ['an address by way of 6to4', '2002:7f00:1::1'],
  ['an address by way of NAT64', '64:ff9b::7f00:1'],
  ['an address by way of Teredo', '2001:0:7f00:1::1'],
  ['everybody', '255.255.255.255'],
  ['many', '224.0.0.1'],
];

/** Nothing is there, and no packet gets there from a machine without a network; it would be let through. */
const PUBLIC: readonly (readonly [string, string])[] = [
  ['IPv4', '1.1.1.1'],
  ['IPv6', '2606:4700:4700::1111'],
];

const inside = (at: number) => `inside-${at}.example`;
const beyond = (at: number) => `public-${at}.example`;

let outside: Outside;
let out: WayOut;
beforeAll(async () => {
  outside = await Outside.create();
  await outside.serve('good.example');
  await outside.serve('other-address.example');
  await outside.serve('wrong-name.example', ['another.example']);
  const taken = await TestAuthority.create(certificateProfiles(600), 'taken');
  await outside.serve('wrong-authority.example', ['wrong-authority.example'], taken);
  const served = (host: string, standIn?: string): Place => {
    const { address, port } = outside.standIns[host]!;
    return { address, port, standIn: standIn ?? address };
  };
  const places: Record<string, Place> = {
    'good.example': served('good.example'),
    'wrong-name.example': served('wrong-name.example'),
    'wrong-authority.example': served('wrong-authority.example'),
    // What is let through for a stand-in is its one address.
    'other-address.example': served('other-address.example', '127.0.0.99'),
  };
  const { port } = outside.standIns['good.example']!;
  INSIDE.forEach(([, address], at) => (places[inside(at)] = { address, port }));
  PUBLIC.forEach(([, address], at) => (places[beyond(at)] = { address, port: 443 }));
  out = await WayOut.start(places, outside.roots());
});
afterAll(async () => {
  await out?.close();
  await outside.close();
});

test('a stand-in is let through at its own address', async () => {
  expect(await out.call('good.example')).toBe(200);
});

test('a stand-in at another address is not', async () => {
  expect(await out.call('other-address.example')).toBe(502);
  expect(outside.connections.get('other-address.example')).toBeUndefined();
});

test.each(INSIDE.map(([what], at) => [what, at] as const))(
  'a name that leads to %s leads nowhere',
  async (_, at) => {
    const before = new Map(outside.connections);
    expect(await out.call(inside(at))).toBe(502);
    expect(outside.connections).toEqual(before);
    const found = () =>
      out.lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .find((line) => line['destination'] === inside(at));
    await eventually(() => found() !== undefined, 'the line of the log');
    expect(found()).toMatchObject({ decision: 'refuse', status: 502 });
    expect(found()!['reason']).toContain('!not-public');
  },
);

test.each(PUBLIC.map(([what], at) => [what, at] as const))(
  'a public address, %s, is tried',
  async (_, at) => {
    expect(await out.call(beyond(at))).toBe(503);
  },
);

test('the name of the destination is verified', async () => {
  expect(await out.call('wrong-name.example')).toBe(503);
});

test('the authority of the destination is verified', async () => {
  expect(await out.call('wrong-authority.example')).toBe(503);
  expect(outside.arrived.map(({ host }) => host)).toEqual(['good.example']);
});
