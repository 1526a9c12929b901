import { z } from 'zod';
import type { RestAnswer } from '../../../lambda/authorizer/answer.js';
import type { Handler } from '../../../lambda/authorizer/handler.js';
import { decisionLogSchema } from '../../../lib/index.js';
import { NOW, policy, user, allow, anyone } from '../../policy/fixture.js';
import {
  API,
  authorizerDataOf,
  builds,
  bundle,
  httpEvent,
  ORDERS,
  partners,
  people,
  restEvent,
  Testbed,
  tokenOf,
} from './testbed.js';

const schema = z.fromJSONSchema(decisionLogSchema);

describe('a REST API', () => {
  test('is answered with a policy for exactly the method and path that were asked for', async () => {
    const bed = new Testbed();
    const event = restEvent({ path: '/orders/7', token: tokenOf() });
    const answer = (await bed.handler(event)) as RestAnswer;
    expect(answer).toEqual({
      principalId: 'people|alice',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
      },
      context: { subject: 'alice', issuer: 'people', service: 'orders', rule: 'read', reason: 'allowed' },
    });
    expect(answer.policyDocument.Statement[0].Resource).not.toMatch(/[*?]/);
  });

  test('gets 401 by the one message that it understands, 403 by a denial with its reason', async () => {
    const bed = new Testbed();
    await expect(bed.handler(restEvent({}))).rejects.toThrow(/^Unauthorized$/);
    await expect(bed.handler(restEvent({ token: tokenOf({ exp: NOW - 31 }) }))).rejects.toThrow(
      /^Unauthorized$/,
    );
    const stepUp = restEvent({ method: 'POST', token: tokenOf() });
    await expect(bed.handler(stepUp)).rejects.toThrow(/^Unauthorized$/);
    const denial = (await bed.handler(restEvent({ method: 'DELETE', token: tokenOf() }))) as RestAnswer;
    expect(denial.policyDocument.Statement[0].Effect).toBe('Deny');
    expect(denial.context).toMatchObject({ subject: 'alice', reason: 'nothing allows it' });
  });

  test('answers of one path open no other: each names its own', async () => {
    const bed = new Testbed();
    const one = (await bed.handler(restEvent({ path: '/orders/1', token: tokenOf() }))) as RestAnswer;
    const two = (await bed.handler(restEvent({ path: '/orders/2', token: tokenOf() }))) as RestAnswer;
    const resources = [one, two].map(({ policyDocument }) => policyDocument.Statement[0].Resource);
    expect(new Set(resources).size).toBe(2);
  });

  test('is open without a token where anyone may, and closed with a bad one', async () => {
    const bed = new Testbed();
    expect(await bed.status(restEvent({ path: '/public/a' }))).toBe(200);
    expect(await bed.status(restEvent({ path: '/public/a', token: 'a.b.c' }))).toBe(401);
  });
});

describe('an HTTP API', () => {
  test('is answered with a simple response', async () => {
    const bed = new Testbed();
    expect(await bed.handler(httpEvent({ token: tokenOf() }))).toMatchObject({ isAuthorized: true });
    expect(await bed.handler(httpEvent({}))).toMatchObject({ isAuthorized: false });
    expect(await bed.handler(httpEvent({ method: 'POST', token: tokenOf() }))).toMatchObject({
      isAuthorized: false,
    });
  });

  test('decodes paths, so only one with a single spelling passes', async () => {
    const bed = new Testbed();
    expect(await bed.status(httpEvent({ path: '/public/a.b-c_~' }))).toBe(200);
    for (const path of [
      '/public/a b',
      '/public/a%20b',
      '/public/é',
      '/public/a:b',
      '/public/a?b',
      '/public//a',
    ]) {
      expect([path, await bed.status(httpEvent({ path }))]).toEqual([path, 403]);
    }
  });
});

describe('the service', () => {
  test('is the one of the API, whatever host a request names', async () => {
    const bed = new Testbed();
    const event = restEvent({ token: tokenOf() });
    expect(await bed.status(event)).toBe(200);
    const other = { ...event, requestContext: { ...event.requestContext, apiId: 'other' } };
    expect(await bed.status({ ...other, methodArn: event.methodArn.replace(API, 'other') })).toBe(403);
    expect(bed.line.reason).toBe('unknown service');
  });

  test('may be some resources of an adopted API', async () => {
    const apis = [{ service: 'orders', api: API, resources: ['r1', 'r2'] }];
    const bed = new Testbed(authorizerDataOf(policy(ORDERS), { apis }));
    const event = restEvent({ token: tokenOf() });
    expect(await bed.status(event)).toBe(200);
    const resourceId = 'r3';
    expect(await bed.status({ ...event, requestContext: { ...event.requestContext, resourceId } })).toBe(403);
  });

  test('without a value for its API the function does not start', () => {
    const data = authorizerDataOf(policy(ORDERS), {
      apis: [{ service: 'orders', api: { ref: 'x' } as never }],
    });
    expect(() => new Testbed(data)).toThrow(/no value for the ref "x"/);
  });
});

describe('issuers', () => {
  test('several are told apart: no key of one verifies a token of another', async () => {
    const rules = [
      allow('all', { operations: ['GET /orders'], principals: [user('people'), user('partners')] }),
    ];
    const bed = new Testbed(authorizerDataOf(policy(rules)));
    expect(await bed.status(restEvent({ token: tokenOf() }))).toBe(200);
    expect(await bed.status(restEvent({ token: tokenOf({}, {}, people, people.keys[1]) }))).toBe(200);
    expect(await bed.status(restEvent({ token: tokenOf({}, {}, partners) }))).toBe(200);
    expect(await bed.status(restEvent({ token: tokenOf({}, {}, builds) }))).toBe(403);
    const forged = tokenOf({ iss: people.issuer }, {}, partners);
    expect(await bed.status(restEvent({ token: forged }))).toBe(401);
    const claimed = tokenOf({ iss: people.issuer }, { kid: 'people-ec' }, partners);
    expect(await bed.status(restEvent({ token: claimed }))).toBe(401);
    expect(bed.line.reason).toBe('token signature');
  });
});

describe('the decision log', () => {
  test('has one line a decision, by the public schema, without a token in it', async () => {
    const bed = new Testbed();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const token = tokenOf();
    const headers = [['Traceparent', traceparent]] as const;
    await bed.status(restEvent({ token, headers }));
    expect(schema.safeParse(bed.line)).toMatchObject({ success: true });
    expect(bed.line).toMatchObject({
      time: new Date(NOW * 1000).toISOString(),
      point: 'authorizer',
      traceparent,
      requestId: 'request-1',
      subject: 'alice',
      issuer: 'people',
      service: 'orders',
      method: 'GET',
      path: '/orders',
      operation: 'GET /orders',
      decision: 'allow',
      status: 200,
      rule: 'read',
    });
    await bed.status(restEvent({ token: `${token}x` }));
    expect(schema.safeParse(bed.line)).toMatchObject({ success: true });
    expect(bed.line).not.toHaveProperty('subject');
    expect(bed.lines.join('')).not.toContain(token.split('.')[1]);
  });

  test('holds only what was refused, where the plan asks for that', async () => {
    const bed = new Testbed(authorizerDataOf(policy(ORDERS), { decisions: 'refused' }));
    await bed.status(restEvent({ token: tokenOf() }));
    expect(bed.lines).toEqual([]);
    await bed.status(restEvent({}));
    expect(bed.line.decision).toBe('refuse');
  });

  test('holds what a deny in audit would have refused in either case', async () => {
    const rules = [
      allow('a', { operations: ['GET /orders'], principals: [anyone] }),
      {
        ...allow('b', { operations: ['GET /orders'], principals: [anyone] }),
        effect: 'deny',
        auditUntil: 9e9,
      } as const,
    ];
    const bed = new Testbed(authorizerDataOf(policy(rules), { decisions: 'refused' }));
    await bed.status(restEvent({}));
    expect(bed.line).toMatchObject({ decision: 'allow', wouldRefuse: 'b' });
  });

  test('metrics are one line a minute', async () => {
    const bed = new Testbed(
      authorizerDataOf(policy([allow('a', { operations: ['GET /orders'], principals: [anyone] })])),
    );
    for (let count = 0; count < 50; count++) await bed.status(restEvent({}));
    bed.advance(61);
    await bed.status(restEvent({}));
    const metrics = bed.lines
      .filter((line) => line.includes('_aws'))
      .map((line) => JSON.parse(line) as object);
    expect(metrics).toEqual([
      expect.objectContaining({
        Allowed: 51,
        KeyFetches: 3,
        _aws: expect.objectContaining({ Timestamp: bed.now }),
      }),
    ]);
  });
});

test('without its file beside it the bundle admits nobody', async () => {
  const { handler } = bundle as unknown as { readonly handler: Handler };
  await expect(handler(restEvent({ token: tokenOf() }))).rejects.toThrow(/^Unavailable$/);
});
