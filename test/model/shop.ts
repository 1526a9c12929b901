import type { Rule } from '../../lib/index.js';
import type { PlainModel } from '../../lib/model/plain-model.js';

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** A model in which nothing is wrong, as data that a test may change. */
export function shop(): Writable<PlainModel> {
  const person = { kind: 'user', issuer: 'people' } as const;
  const access: Rule[] = [
    {
      effect: 'allow',
      principals: [{ kind: 'anyone' }],
      service: 'web',
      operations: ['GET /', 'GET /assets/**'],
    },
    {
      effect: 'allow',
      name: 'read-orders',
      principals: [{ ...person, groups: ['staff'], claims: { department: 'sales' } }],
      service: 'orders',
      operations: ['GET /orders/{id}', 'GET /orders'],
      when: [{ kind: 'multiFactor' }, { kind: 'signedInWithin', seconds: 3600 }],
    },
    {
      effect: 'allow',
      principals: [{ kind: 'workload', service: 'orders', forUser: person }],
      service: 'payments',
      operations: ['rpc shop.Payments/Charge'],
    },
    {
      effect: 'allow',
      principals: [{ kind: 'pipeline', pipeline: 'deploy' }],
      service: 'orders',
      operations: ['POST /schema'],
    },
    {
      effect: 'deny',
      principals: [{ kind: 'anyone' }],
      service: 'orders',
      operations: ['DELETE /**'],
      unless: [{ kind: 'sourceNetwork', ranges: ['10.0.0.0/8'] }],
    },
  ];
  return structured({
    trustDomain: 'shop.example',
    environment: 'prod',
    identity: {
      providers: {
        people: {
          kind: 'oidc',
          issuer: 'https://id.shop.example',
          jwksUri: 'https://id.shop.example/jwks',
          exchange: 'rfc8693',
        },
      },
      pipelines: {
        deploy: {
          kind: 'pipeline',
          issuer: 'https://ci.example',
          jwksUri: 'https://ci.example/jwks',
          claims: { sub: 'shop/orders' },
        },
      },
    },
    services: {
      web: { protocol: 'http', host: 'www.shop.example' },
      orders: { protocol: 'http', host: 'orders.shop.example' },
      payments: { protocol: 'grpc' },
    },
    access,
  });
}

/** The same through JSON, so that no test shares an object with another. */
function structured(model: PlainModel): Writable<PlainModel> {
  return JSON.parse(JSON.stringify(model)) as Writable<PlainModel>;
}

/** The model with the value at a path such as `services.web.host` replaced or added. */
export function shopWith(path: string, value: unknown): unknown {
  const model = shop();
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let parent = model as unknown as Record<string, unknown>;
  for (const key of keys) parent = (parent[key] ??= {}) as Record<string, unknown>;
  parent[last] = value;
  return model;
}

/** The model with one rule more, `access[5]`. */
export function shopWithRule(rule: unknown): unknown {
  const model = shop();
  return { ...model, access: [...model.access, rule] };
}
