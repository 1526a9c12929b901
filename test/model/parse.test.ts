import { runInNewContext } from 'node:vm';
import type * as library from '../../lib/index.js';
import {
  allow,
  anyone,
  defineZeroTrust,
  deny,
  mfa,
  oidc,
  http,
  signedInWithin,
  user,
  workload,
} from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';
import { shop } from './shop.js';

const built = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: {
    providers: { people: oidc({ issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' }) },
  },
  services: { orders: http({ host: 'orders.shop.example' }), payments: http() },
  access: [
    allow(user({ groups: ['staff'] }))
      .to('orders', 'GET /orders/{id}')
      .when(mfa())
      .when(signedInWithin({ hours: 1 }))
      .named('read'),
    allow(workload('orders'), workload('orders').onBehalfOf(user({ issuer: 'people' })))
      .to('payments', 'POST /charges')
      .until('2027-01-01T18:00:00+01:00'),
    deny(user()).to('orders', 'DELETE /**').unless(mfa()).audited({ until: '2027-01-01', reason: 'new' }),
  ],
});

/** The same model as a JSON file holds it. */
const written = {
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: {
    providers: {
      people: {
        kind: 'oidc',
        preset: 'oidc',
        issuer: 'https://id.example',
        jwksUri: 'https://id.example/jwks',
      },
    },
  },
  services: {
    orders: { protocol: 'http', host: 'orders.shop.example' },
    payments: { protocol: 'http' },
  },
  access: [
    {
      effect: 'allow',
      principals: [{ kind: 'user', groups: ['staff'] }],
      service: 'orders',
      operations: ['GET /orders/{id}'],
      when: [{ kind: 'multiFactor' }, { kind: 'signedInWithin', seconds: 3600 }],
      name: 'read',
    },
    {
      effect: 'allow',
      principals: [
        { kind: 'workload', service: 'orders' },
        { kind: 'workload', service: 'orders', forUser: { kind: 'user', issuer: 'people' } },
      ],
      service: 'payments',
      operations: ['POST /charges'],
      until: '2027-01-01T18:00:00+01:00',
    },
    {
      effect: 'deny',
      principals: [{ kind: 'user' }],
      service: 'orders',
      operations: ['DELETE /**'],
      unless: [{ kind: 'multiFactor' }],
      audit: { until: '2027-01-01', reason: 'new' },
    },
  ],
};

test('a built model and a written one are the same', () => {
  const parsed = parseModel(built);
  expect(parsed.diagnostics).toEqual([]);
  expect(parsed.model).toStrictEqual(written);
  expect(parseModel(written).model).toStrictEqual(written);
});

test('nothing of the input is in the output', () => {
  const input = shop();
  const { model } = parseModel(input);
  input.services['web']!.host = 'other.example';
  expect(model?.services['web']?.host).toBe('www.shop.example');
});

test('an undefined element is absent', () => {
  const { model, diagnostics } = parseModel({ ...shop(), firewall: undefined });
  expect(diagnostics).toEqual([]);
  expect(model).not.toHaveProperty('firewall');
});

test('a model without rules has an empty list of them', () => {
  const { access: _, ...rest } = shop();
  expect(parseModel(rest).model?.access).toEqual([]);
});

test('objects of another realm are plain as well', () => {
  const foreign: unknown = runInNewContext(`(${JSON.stringify(shop())})`);
  expect(Object.getPrototypeOf(foreign)).not.toBe(Object.prototype);
  expect(parseModel(foreign).diagnostics).toEqual([]);
});

test("builders of another copy of the package are known by their shape, a rule's look-alike is not", () => {
  jest.isolateModules(() => {
    const other = require('../../lib/index.js') as typeof library;
    const rule = other.allow(other.workload('web')).to('payments', 'rpc shop.Payments/Charge');
    expect(rule).not.toBeInstanceOf(allow(user()).to('x', 'GET /').constructor);
    expect(parseModel({ ...shop(), access: [rule] }).diagnostics).toEqual([]);
  });
  class Rule {
    rule = shop().access[0];
  }
  expect(parseModel({ ...shop(), access: [new Rule()] }).diagnostics).toMatchObject([
    { code: 'not-plain-data', path: 'access[0]', found: 'an instance of Rule' },
  ]);
  expect(parseModel({ ...shop(), access: [{ rule: shop().access[0] }] }).diagnostics[0]).toMatchObject({
    path: 'access[0].effect',
  });
});

test('every finding of a step is given, and a finding shows what was found in a line', () => {
  const { model, diagnostics } = parseModel({ ...shop(), environment: 'Prod', trustDomain: 'x'.repeat(300) });
  expect(model).toBeUndefined();
  expect(diagnostics.map(({ code, path }) => [code, path])).toEqual([
    ['trust-domain', 'trustDomain'],
    ['invalid-name', 'environment'],
  ]);
  expect(diagnostics[0]?.found).toHaveLength('… (302 characters)'.length + 120);
});

test('a model written as JSON by JSON.stringify is that model', () => {
  const model = defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    services: { web: http({ host: 'www.acme.example' }) },
    access: [allow(anyone()).to('web', 'GET /').named('home'), deny(anyone()).to('web', 'GET /secret')],
  });
  expect(parseModel(JSON.parse(JSON.stringify(model))).model).toEqual(parseModel(model).model);
});

test('what is no duration is told as it was written', () => {
  const duration = '15m' as unknown as { minutes: number };
  expect(signedInWithin(duration)).toEqual({ kind: 'signedInWithin', seconds: '15m' });
  const misspelt = { minuts: 15 } as unknown as { minutes: number };
  expect(signedInWithin(misspelt).seconds).toEqual({ minuts: 15 });
});
