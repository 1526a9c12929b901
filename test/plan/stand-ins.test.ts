import { allow, cognito, defineZeroTrust, http, resolve, substitute, user } from '../../lib/index.js';
import { tryResolve } from '../../lib/plan/resolve.js';
import { refsOf, type Template } from '../../lib/plan/refs.js';
import { standInsOf, withRefs } from '../../lib/plan/stand-ins.js';

const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: { providers: { people: cognito({ directory: 'staff', clients: { orders: 'web' } }) } },
  services: { orders: http({ host: 'orders.shop.example' }) },
  access: [allow(user()).to('orders', 'GET /orders')],
});
const plan = resolve(model, { engine: 'aws' });
const ISSUER = 'https://cognito.directory.invalid/staff';
const VALUES = {
  'issuers/people/issuer': 'https://issuer.example',
  'issuers/people/jwks': 'https://issuer.example/keys',
  'issuers/people/clients/web': 'client',
  'directories/host': 'issuer.example',
};

test('a plan names what stands for what; on this machine the texts themselves are the directory', () => {
  expect([...standInsOf(plan).values()].map(({ ref }) => ref).sort()).toEqual(Object.keys(VALUES).sort());
  expect(standInsOf(resolve(model)).size).toBe(0);
  expect(resolve(model).issuers['people']).not.toHaveProperty('directory');
});

test('whole texts become refs, wherever they stand, and everything else stays', () => {
  const template: Template = { a: [ISSUER, { b: ISSUER, c: 1, d: null }], e: 'https://other.example' };
  expect(withRefs(plan, template)).toEqual({
    a: [{ ref: 'issuers/people/issuer' }, { b: { ref: 'issuers/people/issuer' }, c: 1, d: null }],
    e: 'https://other.example',
  });
  const policy = withRefs(plan, plan.policy as unknown as Template);
  expect(refsOf(policy)).toEqual(['issuers/people/clients/web', 'issuers/people/issuer']);
  const rendered = JSON.stringify(substitute(policy, VALUES));
  expect(rendered).toContain('"issuer":"https://issuer.example"');
  expect(rendered).not.toContain('directory.invalid');
});

test.each<[string, Template]>([
  ['in a longer text', `token.iss == "${ISSUER}"`],
  ['as a name', { [ISSUER]: true }],
  ['of a client that the plan does not know', 'other.staff.directory.invalid'],
])('one %s is refused: a value is never spliced into text', (_, template) => {
  expect(() => withRefs(plan, template)).toThrow(/would be spliced/);
});

test('an engine that makes no directory says so, by the provider and with what to do', () => {
  for (const engine of ['kubernetes', 'google', 'azure'] as const) {
    const found = tryResolve(model, { engine }).diagnostics.filter(
      ({ code }) => code === 'not-supported-yet',
    );
    expect(found).toMatchObject([
      { severity: 'error', path: expect.stringMatching(/^identity\.providers\./) },
    ]);
    expect(found[0]!.message).toContain(engine);
    expect(found[0]!.remedy).toContain('userPoolId');
  }
  for (const engine of ['aws', 'local'] as const) expect(() => resolve(model, { engine })).not.toThrow();
});
