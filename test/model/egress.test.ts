import {
  allowOut,
  defineZeroTrust,
  http,
  InvalidModelError,
  oidc,
  resolve,
  tryResolve,
  user,
  workload,
} from '../../lib/index.js';
import { shop } from './shop.js';

const now = new Date('2026-11-20T12:00:00Z');

function errorsOf(egress: unknown, engine: 'local' | 'aws' = 'local'): string[] {
  const { diagnostics } = tryResolve({ ...shop(), egress }, { now, engine });
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path}`);
}

const principals = [{ kind: 'workload', service: 'orders' }];
const rule = { effect: 'allow', principals, destination: 'https://api.bank.example' };
const to = (destination: string) => [{ ...rule, destination }];

test.each([
  ['https://api.bank.example'],
  ['https://api.bank.example:8443'],
  ['https://xn--bcher-kva.example'],
  ['https://a-b.c-d.example'],
])('%s is a destination', (destination) => {
  expect(errorsOf(to(destination))).toEqual([]);
});

test.each([
  ['http://api.bank.example', 'insecure-url'],
  ['api.bank.example', 'insecure-url'],
  ['ftp://api.bank.example', 'insecure-url'],
  ['HTTPS://api.bank.example', 'insecure-url'],
  ['', 'insecure-url'],
  ['https://*.bank.example', 'destination-wildcard'],
  ['https://*', 'destination-wildcard'],
  ['https://192.0.2.7', 'destination-address'],
  ['https://169.254.169.254', 'destination-address'],
  ['https://127.1', 'destination-address'],
  ['https://2130706433', 'destination-address'],
  ['https://0x7f.0.0.1', 'destination-address'],
  ['https://[::1]', 'destination-address'],
  ['https://[2606:4700::1111]:443', 'destination-address'],
  ['https://localhost', 'destination-local'],
  ['https://api.localhost', 'destination-local'],
  ['https://printer.local', 'destination-local'],
  ['https://metadata.google.internal', 'destination-local'],
  ['https://payments.shop.svc', 'destination-local'],
  ['https://1.0.0.127.in-addr.arpa', 'destination-local'],
  ['https://router.home.arpa', 'destination-local'],
  ['https://intranet', 'destination-local'],
  ['https://instance-data', 'destination-local'],
  ['https://api.bank.example:22', 'destination-port'],
  ['https://api.bank.example:80', 'destination-port'],
  ['https://api.bank.example:25', 'destination-port'],
  ['https://api.bank.example:443', 'invalid-destination'],
  ['https://api.bank.example:0', 'destination-port'],
  ['https://api.bank.example:08443', 'invalid-destination'],
  ['https://api.bank.example:65536', 'invalid-destination'],
  ['https://api.bank.example:', 'invalid-destination'],
  ['https://api.bank.example/', 'invalid-destination'],
  ['https://api.bank.example/v1', 'invalid-destination'],
  ['https://api.bank.example?x', 'invalid-destination'],
  ['https://api.bank.example#x', 'invalid-destination'],
  ['https://ada@api.bank.example', 'invalid-destination'],
  ['https://ada:secret@api.bank.example', 'invalid-destination'],
  ['https://api.bank.example.', 'invalid-destination'],
  ['https://API.bank.example', 'invalid-destination'],
  ['https://bücher.example', 'invalid-destination'],
  ['https://api_bank.example', 'invalid-destination'],
  ['https://api..example', 'invalid-destination'],
  ['https://api%2ebank.example', 'invalid-destination'],
  ['https:\\\\api.bank.example', 'insecure-url'],
  ['https://api.bank.example\\@evil.example', 'invalid-destination'],
  [`https://${'a'.repeat(600)}.example`, 'invalid-destination'],
])('%s is none: %s', (destination, code) => {
  expect(errorsOf(to(destination))).toEqual([`${code} egress[0].destination`]);
});

test.each([
  ['no principal', { ...rule, principals: [] }, 'too-few egress[0].principals'],
  [
    'an unknown workload',
    { ...rule, principals: [{ kind: 'workload', service: 'order' }] },
    'unknown-service egress[0].principals[0].service',
  ],
  [
    'a user',
    { ...rule, principals: [{ kind: 'user' }] },
    'unknown-value egress[0].principals[0].kind',
    'missing egress[0].principals[0].service',
  ],
  [
    'somebody it acts for',
    { ...rule, principals: [{ ...principals[0], forUser: { kind: 'user' } }] },
    'unknown-key egress[0].principals[0].forUser',
  ],
  ['no operation', { ...rule, operations: [] }, 'too-few egress[0].operations'],
  ['a gRPC operation', { ...rule, operations: ['rpc a.B/C'] }, 'invalid-operation egress[0].operations[0]'],
  [
    'a path with a second spelling',
    { ...rule, operations: ['GET /a//b'] },
    'invalid-operation egress[0].operations[0]',
  ],
  ['a deny', { ...rule, effect: 'deny' }, 'unknown-value egress[0].effect'],
  ['a condition', { ...rule, when: [] }, 'unknown-key egress[0].when'],
  [
    'an audit for no reason',
    { ...rule, audit: { until: '2030-01-01', reason: '' } },
    'missing-reason egress[0].audit.reason',
  ],
  ['an end that is no date', { ...rule, until: 'soon' }, 'invalid-date egress[0].until'],
  ['a name that is no name', { ...rule, name: '#1' }, 'invalid-rule-name egress[0].name'],
])('a rule with %s', (_, broken, ...errors) => {
  expect(errorsOf([broken])).toEqual(errors);
});

test('one name for an access rule and an egress rule is refused', () => {
  const taken = shop().access!.findIndex((one) => 'name' in one && one.name !== undefined);
  const named = { ...shop().access![taken]!, name: 'same' };
  const model = { ...shop(), access: [named], egress: [{ ...rule, name: 'same' }] };
  const { diagnostics } = tryResolve(model, { now });
  expect(diagnostics.map(({ code, path }) => `${code} ${path}`)).toContain('duplicate-name egress[0].name');
});

test('a rule that was begun and not ended is said to be so', () => {
  expect(errorsOf([allowOut(workload('orders'))])).toContain('incomplete-rule egress[0]');
});

test('a builder is its data', () => {
  const built = allowOut(workload('orders'))
    .to('https://api.bank.example', 'GET /rates')
    .named('rates')
    .audited({ until: '2030-01-01', reason: 'soon' })
    .until('2031-01-01');
  const data = {
    ...rule,
    operations: ['GET /rates'],
    name: 'rates',
    audit: { until: '2030-01-01', reason: 'soon' },
    until: '2031-01-01',
  };
  expect(JSON.parse(JSON.stringify(built))).toEqual(data);
  expect(resolve({ ...shop(), egress: [built] }, { now })).toEqual(
    resolve({ ...shop(), egress: [data] }, { now }),
  );
});

test('without a rule there is no egress in the plan, nor with an empty list', () => {
  expect(resolve({ ...shop(), egress: [] }, { now })).toEqual(resolve(shop(), { now }));
  expect(JSON.stringify(resolve(shop(), { now }))).not.toContain('egress');
});

test('the name of the egress gateway is taken where there is one', () => {
  const model = (egress?: unknown[]) => ({
    trustDomain: 'shop.example',
    environment: 'dev',
    services: { egress: http({ host: 'www.shop.example' }) },
    ...(egress && { egress }),
  });
  expect(() => resolve(model(), { now })).not.toThrow();
  expect(() =>
    resolve(model([{ ...rule, principals: [{ kind: 'workload', service: 'egress' }] }]), { now }),
  ).toThrow(InvalidModelError);
});

test.each(['aws', 'kubernetes'] as const)('%s has egress', (engine) => {
  expect(tryResolve({ ...shop(), egress: [rule] }, { now, engine }).plan?.egress).toBeDefined();
});

test.each(['google', 'azure'] as const)('%s has no egress yet, and says so', (engine) => {
  const { plan, diagnostics } = tryResolve({ ...shop(), egress: [rule] }, { now, engine });
  expect(plan).toBeUndefined();
  expect(diagnostics.map(({ code, path }) => `${code} ${path}`)).toContain('not-supported-yet egress');
});

test('what is wrong does not compile', () => {
  const frame = {
    trustDomain: 'shop.example',
    environment: 'dev',
    identity: {
      providers: { people: oidc({ issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' }) },
    },
    services: { orders: http() },
  } as const;
  const model = defineZeroTrust({
    ...frame,
    egress: [allowOut(workload('orders')).to('https://api.bank.example', 'GET /rates')],
  });
  expect(model.egress).toHaveLength(1);
  // @ts-expect-error no such service
  defineZeroTrust({ ...frame, egress: [allowOut(workload('order')).to('https://api.bank.example')] });
  // @ts-expect-error not https
  allowOut(workload('orders')).to('http://api.bank.example');
  // @ts-expect-error no gRPC outside
  allowOut(workload('orders')).to('https://api.bank.example', 'rpc a.B/C');
  // @ts-expect-error a stranger is shown no user
  allowOut(workload('orders').onBehalfOf(user())).to('https://api.bank.example');
  // @ts-expect-error users are inside
  allowOut(user()).to('https://api.bank.example');
});
