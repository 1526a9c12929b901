import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseCallerIdentity } from '../../../lambda/registration/caller-identity.js';
import { serviceEndpoint, whereabouts } from '../../../lambda/registration/endpoint.js';
import { serviceHost, stsHost } from '../../../lambda/registration/hosts.js';
import { type Answer, callerIdentity } from './loopback-sts.js';
import { ORDERS, session, World } from './world.js';

const orders = session('orders');
const good = callerIdentity(orders);

describe('an STS that lies', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start(orders);
    world.join(orders, ORDERS);
  });
  afterEach(() => world.sts.stop());

  const lie = (name: string, code: string, answer: Answer) =>
    test(`${name}: nothing is issued`, async () => {
      world.sts.answer = answer;
      expect(await world.refused(await world.request(orders))).toBe(code);
    });
  const says =
    (status: number, body: string): Answer =>
    (_asked, response) => {
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    };

  test('the same world with a true answer issues', async () => {
    world.sts.answer = says(200, good);
    expect((await world.ask(await world.request(orders))).kind).toBe('issued');
  });
  lie('a refusal', 'unproven-caller', says(403, good));
  lie('a throttled request', 'attestation-unavailable', says(400, good));
  lie('a failure', 'attestation-unavailable', says(503, good));
  lie('no content', 'attestation-unavailable', says(204, ''));
  lie('JSON', 'attestation-unavailable', says(200, JSON.stringify({ Account: orders.account })));
  lie('an endless answer', 'attestation-unavailable', says(200, good + ' '.repeat(9000)));
  lie('a connection that ends', 'attestation-unavailable', (asked) => asked.socket.destroy());
  lie('half an answer', 'attestation-unavailable', (asked, response) => {
    response.writeHead(200, { 'content-length': good.length }).write(good.slice(0, 100));
    setImmediate(() => asked.socket.destroy());
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`a redirect by ${status} is not followed`, async () => {
      const visited: string[] = [];
      const elsewhere = createServer((request, response) => {
        visited.push(request.url ?? '');
        response.writeHead(200, { 'content-type': 'text/xml' }).end(good);
      });
      elsewhere.listen(0, '127.0.0.1');
      await once(elsewhere, 'listening');
      const { port } = elsewhere.address() as AddressInfo;
      world.sts.answer = (_asked, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${port}/` }).end(good);
      };
      try {
        expect(await world.refused(await world.request(orders))).toBe('attestation-unavailable');
        expect(visited).toEqual([]);
      } finally {
        elsewhere.close();
      }
    });
  }
});

describe('the answer of STS', () => {
  const code = (text: string) => {
    try {
      return parseCallerIdentity(text);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const { account, roleName, roleId } = orders;

  test('says account, role, unique id and session', () => {
    expect(code(good)).toEqual({ account, roleName, roleId, session: orders.session });
    const elements = /(<Arn>.*<\/Arn>)\s*(<UserId>.*<\/UserId>)\s*(<Account>.*<\/Account>)/;
    expect(code(good.replace(elements, '$3$2$1'))).toMatchObject({ roleId });
  });

  test.each<[string, string]>([
    ['a user', good.replace('assumed-role', 'user')],
    ['the root user', good.replace(/<Arn>.*<\/Arn>/, `<Arn>arn:aws:iam::${account}:root</Arn>`)],
    ['a federated user', good.replace(/assumed-role\/[^/]+/, 'federated-user')],
    ['an id of a user', good.replace('AROA', 'AIDA')],
  ])('%s is nobody', (_name, text) => {
    expect(code(text)).toBe('unproven-caller');
  });

  test.each<[string, string]>([
    ['another document', good.replaceAll('GetCallerIdentity', 'AssumeRole')],
    ['another namespace', good.replace('sts.amazonaws.com', 'sts.attacker.example')],
    ['a second element', good.replace('<Account>', `<Account>${account}</Account><Account>`)],
    ['one element for two', good.replace(/<UserId>.*<\/UserId>/, `<Account>${account}</Account>`)],
    ['an element missing', good.replace(/<Account>.*<\/Account>/, '')],
    ['a comment', good.replace('<Arn>', '<!-- --><Arn>')],
    ['a comment inside', good.replace(roleName, `orders<!-- -->-task`)],
    ['an entity', good.replace(roleName, 'orders&#45;task')],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${good}`],
    ['two documents', good + good],
    ['text before', `x${good}`],
    ['an attribute', good.replace('<Arn>', '<Arn x="y">')],
    ['another account beside', good.replace(`<Account>${account}`, '<Account>999999999999')],
    ['another session beside', good.replace(`${roleId}:${orders.session}`, `${roleId}:another`)],
  ])('%s is not believed', (_name, text) => {
    expect(text).not.toBe(good);
    expect(code(text)).toBe('attestation-unavailable');
  });
});

describe('where services are asked', () => {
  test('at a host of AWS in the region that the invocation names', () => {
    expect(whereabouts('arn:aws:lambda:eu-central-1:111122223333:function:ra:live')).toEqual({
      region: 'eu-central-1',
      account: '111122223333',
    });
    expect(stsHost('eu-central-1')).toBe('sts.eu-central-1.amazonaws.com');
    expect(serviceHost('kms', 'cn-north-1')).toBe('kms.cn-north-1.amazonaws.com.cn');
    expect(serviceEndpoint('kms', 'eu-central-1').endpoint).toBe('https://kms.eu-central-1.amazonaws.com');
  });

  test.each(['', 'eu-central-1.attacker.example', 'eu-central-1/', '../x', 'EU-CENTRAL-1', 'x@y-z-1'])(
    'never at what is no region: %j',
    (region) => {
      expect(() => stsHost(region)).toThrow('is not a region');
    },
  );

  test('no ARN, no region', () => {
    expect(() => whereabouts('arn:aws:iam::111122223333:role/x')).toThrow('does not have its form');
  });
});
