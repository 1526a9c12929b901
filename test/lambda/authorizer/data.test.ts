import signedIn from '../../../examples/shop/login.js';
import { apiRef, authorizerData, authorizerFile, authorizerRefs } from '../../../lambda/authorizer/data.js';
import { resolve, substitute, type Template } from '../../../lib/index.js';
import { shop } from '../../model/shop.js';

const plan = resolve(shop(), { engine: 'aws' });

describe('what the authorizer is deployed with', () => {
  test('is the policy of the public services alone, with the keys of every issuer', () => {
    const data = authorizerData(plan);
    expect(Object.keys(data.policy.services).sort()).toEqual([...plan.gateway.services].sort());
    expect(data.policy.issuers).toEqual(plan.policy.issuers);
    expect(Object.keys(data.issuers)).toEqual(Object.keys(plan.issuers));
    for (const [name, keys] of Object.entries(data.issuers)) {
      expect(keys).toMatchObject({ jwksUri: plan.issuers[name]?.jwksUri, refreshSeconds: 60 });
    }
  });

  test('leaves open the id of each API, and nothing is read before it has a value', () => {
    const data = authorizerData(plan);
    const refs = plan.gateway.services.map((service) => `services/${service}/api/id`).sort();
    expect(authorizerRefs(data)).toEqual(refs);
    expect(() => substitute(data as unknown as Template, {})).toThrow(/missing|no value/);
    const values = Object.fromEntries(refs.map((name, at) => [name, `api${at}`]));
    expect(substitute(data as unknown as Template, values)).toMatchObject({
      apis: expect.arrayContaining([{ service: 'orders', api: values['services/orders/api/id'] }]),
    });
  });

  test('takes adopted APIs with some of their resources, and a store of revocations', () => {
    const data = authorizerData(plan, {
      apis: [{ service: 'orders', api: apiRef('orders'), resources: ['r1', { ref: 'r2' }] }],
      revocationStore: { kind: 's3', bucket: { ref: 'revocation/bucket' }, key: 'revocations.json' },
    });
    expect(Object.keys(data.policy.services)).toEqual(['orders']);
    expect(authorizerRefs(data)).toEqual(['r2', 'revocation/bucket', 'services/orders/api/id']);
  });

  test('takes the keys that an issuer publishes while it is deployed, and serves by them until it answers', () => {
    const [name = ''] = Object.keys(plan.issuers);
    const pinned = { keys: [{ kty: 'EC', kid: 'first' }] };
    const { issuers } = authorizerData(plan, { pinnedKeys: { [name]: pinned } });
    expect(issuers[name]).toMatchObject({ pinned });
    expect(Object.values(issuers).filter((one) => 'pinned' in one)).toHaveLength(1);
  });

  test('is asked for again so much sooner as API Gateway keeps its answers', () => {
    const { revocation, issuers, answersAreKept } = authorizerData(plan, { answersKeptSeconds: 30 });
    expect([revocation.refreshSeconds, answersAreKept]).toEqual([30, true]);
    expect(Object.values(issuers).every(({ refreshSeconds }) => refreshSeconds === 30)).toBe(true);
    expect('answersAreKept' in authorizerData(plan)).toBe(false);
  });

  test('has deterministic bytes', () => {
    expect(authorizerFile(authorizerData(plan))).toBe(
      authorizerFile(authorizerData(resolve(shop(), { engine: 'aws' }))),
    );
  });
});

test('a service with login is judged by tokens alone: a session is made at the gateway', () => {
  const signing = resolve(signedIn, { engine: 'aws' });
  expect(signing.policy.services['desk']!.login).toBe(true);
  const { policy } = authorizerData(signing);
  expect(policy.services['desk']!.rules).toEqual(signing.policy.services['desk']!.rules);
  expect(Object.values(policy.services).some((service) => 'login' in service)).toBe(false);
});
