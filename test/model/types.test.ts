import type { z } from 'zod';
import type { EgressRule, Provider, Rule, ZeroTrustModel } from '../../lib/index.js';
import {
  allow,
  anyone,
  cognito,
  defineZeroTrust,
  deny,
  entra,
  grpc,
  http,
  githubActions,
  oidc,
  pipeline,
  rpc,
  user,
  workload,
} from '../../lib/index.js';
import type { modelSchema } from '../../lib/model/schema.js';

// What this file says is checked by the compiler (`npm run types`): an expected error that does not
// come is an error. The tests below only show that the file was run.

/** Without `readonly` and interfaces' names, so that equal shapes are equal types. */
type Shape<T> = T extends object ? { -readonly [Key in keyof T]: Shape<T[Key]> } : T;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The model as data: what the builders hold. */
type Plain = Omit<ZeroTrustModel, 'access' | 'egress'> & {
  readonly access?: readonly Rule[];
  readonly egress?: readonly EgressRule[];
};

test('the schema and the types are the same, key by key', () => {
  const input: Equal<Shape<z.input<typeof modelSchema>>, Shape<Plain>> = true;
  const output: Equal<Shape<z.output<typeof modelSchema>>, Shape<Plain>> = true;
  expect([input, output]).toEqual([true, true]);
});

test('the comparison sees a key too many', () => {
  const same: Equal<Shape<Plain>, Shape<Plain & { readonly more?: string }>> = false;
  const nested: Equal<Shape<{ a: { b?: 1 } }>, Shape<{ a: { b?: 1; c?: 2 } }>> = false;
  expect([same, nested]).toEqual([false, false]);
});

const frame = {
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: {
    providers: { people: oidc({ issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' }) },
    pipelines: { deploy: githubActions({ repository: 'shop/shop', ref: 'refs/heads/main' }) },
  },
  services: { orders: http({ host: 'orders.shop.example' }), payments: grpc() },
} as const;

test('what is right compiles', () => {
  const model = defineZeroTrust({
    ...frame,
    access: [
      allow(anyone(), user(), user({ issuer: 'people' }), pipeline('deploy')).to(
        'orders',
        'GET /orders/{id}',
      ),
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to(
        'payments',
        rpc('shop.Payments/Charge'),
      ),
      deny(user({ issuer: 'people' })).to('orders', 'DELETE /**'),
      { effect: 'allow', principals: [{ kind: 'anyone' }], service: 'orders', operations: ['GET /health'] },
    ],
  });
  expect(model.access).toHaveLength(4);
});

test('an unknown service does not compile', () => {
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- ordrs
    access: [allow(anyone()).to('ordrs', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- ordrs
    access: [deny(anyone()).to('ordrs', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- ordrs
    access: [allow(workload('ordrs')).to('payments', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- ordrs
    access: [allow(workload('ordrs').onBehalfOf(user())).to('payments', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- ordrs
    access: [{ effect: 'allow', principals: [{ kind: 'anyone' }], service: 'ordrs', operations: ['GET /'] }],
  });
});

test('an unknown provider does not compile', () => {
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- peopel
    access: [allow(user({ issuer: 'peopel' })).to('orders', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- peopel
    access: [allow(workload('orders').onBehalfOf(user({ issuer: 'peopel' }))).to('payments', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- peopel
    access: [deny(user({ issuer: 'peopel' })).to('orders', 'GET /')],
  });
});

test('an unknown pipeline does not compile', () => {
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- deplyo
    access: [allow(pipeline('deplyo')).to('orders', 'GET /')],
  });
  defineZeroTrust({
    ...frame,
    // @ts-expect-error -- deplyo
    access: [deny(pipeline('deplyo')).to('orders', 'GET /')],
  });
});

test('what is not an operation does not compile', () => {
  const { to } = allow(anyone());
  // @ts-expect-error -- no method
  to('orders', '/orders');
  // @ts-expect-error -- no such method
  to('orders', 'FETCH /orders');
  // @ts-expect-error -- lower case
  to('orders', 'get /orders');
  // @ts-expect-error -- no path
  to('orders', 'GET');
  // @ts-expect-error -- not from the root
  to('orders', 'GET orders');
  // @ts-expect-error -- a method of a gRPC service, written as text
  to('payments', 'shop.Payments/Charge');
  // @ts-expect-error -- no method of the gRPC service
  expect(rpc('shop.Payments')).toBe('rpc shop.Payments');
});

test('a condition on the wrong side does not compile', () => {
  // @ts-expect-error -- an allow has no `unless`
  expect(allow(anyone()).to('orders', 'GET /').unless).toBeUndefined();
  // @ts-expect-error -- a deny has no `when`
  expect(deny(anyone()).to('orders', 'GET /').when).toBeUndefined();
});

describe('an unknown service does not compile where an issuer names one:', () => {
  const at = { issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' };
  const rest = { trustDomain: 'shop.example', environment: 'prod', services: frame.services } as const;
  const cloud = { region: 'eu-west-1', userPoolId: 'eu-west-1_A' };

  test('what is right compiles, and so does what the compiler cannot know', () => {
    const audiences: Record<string, string> = { orders: 'a' };
    const written: Provider = { kind: 'oidc', ...at, audiences, sharedAudience: Object.keys(audiences) };
    const model = defineZeroTrust({
      ...rest,
      identity: {
        providers: {
          a: oidc({ ...at, audiences: { orders: 'a' }, sharedAudience: ['orders', 'payments'] }),
          b: oidc({ ...at, audiences }),
          c: oidc(at),
          d: written,
          e: cognito({
            ...cloud,
            clientIds: { orders: 'a', payments: 'a' },
            sharedAudience: ['orders', 'payments'],
          }),
        },
        pipelines: {
          f: githubActions({ repository: 'a/b', ref: 'refs/heads/main', audiences: { payments: 'x' } }),
        },
      },
      access: [allow(user({ issuer: 'a' }), pipeline('f')).to('orders', 'GET /')],
    });
    expect(model.identity?.providers).toBeDefined();
  });

  test('a typo does not', () => {
    defineZeroTrust({
      ...rest,
      // @ts-expect-error -- ordrs
      identity: { providers: { a: oidc({ ...at, audiences: { orders: 'a', ordrs: 'b' } }) } },
    });
    defineZeroTrust({
      ...rest,
      // @ts-expect-error -- ordrs
      identity: { providers: { a: oidc({ ...at, sharedAudience: ['orders', 'ordrs'] }) } },
    });
    defineZeroTrust({
      ...rest,
      // @ts-expect-error -- ordrs, in a provider that is written out
      identity: { providers: { a: { kind: 'oidc', ...at, sharedAudience: ['orders', 'ordrs'] } } },
    });
    defineZeroTrust({
      ...rest,
      // @ts-expect-error -- ordrs
      identity: { providers: { a: cognito({ ...cloud, clientIds: { ordrs: 'b' } }) } },
    });
    defineZeroTrust({
      ...rest,
      // @ts-expect-error -- ordrs
      identity: { providers: { a: entra({ tenantId: 't', applicationIds: { orders: 'a', ordrs: 'b' } }) } },
    });
    defineZeroTrust({
      ...rest,
      identity: {
        pipelines: {
          // @ts-expect-error -- ordrs
          a: githubActions({ repository: 'a/b', ref: 'refs/heads/x', audiences: { ordrs: 'b' } }),
        },
      },
    });
    // @ts-expect-error -- a key that no provider has
    expect(oidc({ ...at, audience: 'x' })).toBeDefined();
  });
});
