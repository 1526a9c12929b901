import { createServer, type Server } from 'node:net';
import { Addresses, candidateAddress } from '../../local/addresses.js';

const open: Addresses[] = [];
function addresses(seed = 'dev.addresses.test'): Addresses {
  const made = new Addresses(seed);
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

test('every candidate is a loopback address that no system uses for itself', () => {
  const wrong = Array.from({ length: 20_000 }, (_, number) =>
    candidateAddress('seed', `s${number}`, number % 3),
  ).filter((address) => {
    const [a, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    return a !== 127 || b < 64 || b > 127 || c < 0 || c > 255 || d < 1 || d > 254;
  });
  expect(wrong).toEqual([]);
});

test('the same platform has the same addresses in its next run', async () => {
  const first = addresses();
  const gateway = await first.address('gateway');
  expect(gateway).toBe(candidateAddress('dev.addresses.test', 'gateway', 0));
  expect(await first.address('gateway')).toBe(gateway);
  await first.close();
  expect(await addresses().address('gateway')).toBe(gateway);
});

test('two platforms at once never share an address, whatever their names', async () => {
  const [one, two] = [addresses(), addresses()];
  expect(await one.address('gateway')).not.toBe(await two.address('gateway'));
  expect(await two.address('gateway')).toBe(candidateAddress('dev.addresses.test', 'gateway', 1));
});

test('a port in use is passed over, also when all addresses are listened on at once', async () => {
  const own = addresses();
  const address = await own.address('gateway');
  const everywhere = await listen('0.0.0.0', 0);
  const taken = (everywhere.address() as { port: number }).port;
  try {
    expect(await own.port(address, taken)).not.toBe(taken);
  } finally {
    everywhere.close();
  }
});

test('a port is handed out once', async () => {
  const own = addresses();
  const address = await own.address('gateway');
  const first = await own.port(address, 18_443);
  expect(await own.port(address, 18_443)).not.toBe(first);
});

function listen(host: string, port: number): Promise<Server> {
  return new Promise((done) => {
    const server = createServer().listen(port, host, () => done(server));
  });
}
