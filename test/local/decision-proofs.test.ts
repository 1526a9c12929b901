import { allow, http, senderConstrained, user, type ZeroTrustModel } from '../../lib/model/index.js';
import { requestBytes } from '../engines/support/http1.js';
import { TestPlatform } from '../engines/support/platform.js';
import { Prover } from '../lambda/authorizer/prover.js';
import { ORDERS, shop, WEB } from './model.js';

/** Clients reach an Envoy, which asks a decision service about every request, as one may come with a proof. */
function model(): ZeroTrustModel {
  const whole = shop(
    allow(user()).to('orders', 'GET /audit').named('audit').when(senderConstrained('dpop')),
    allow(user()).to('orders', 'GET /plain').named('plain'),
  );
  const decisionService = 'everyPoint';
  return {
    ...whole,
    services: {
      ...whole.services,
      web: http({ host: WEB, decisionService }),
      orders: http({ host: ORDERS, decisionService }),
    },
  };
}

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(model());
});
afterAll(() => running.close());

const client = new Prover();
const bound = () => running.token('people', 'orders', { cnf: { jkt: client.thumbprint } });
const now = () => Math.floor(Date.now() / 1000);
const proofOf = (token: string, path: string, claims: object = {}) =>
  client.proof(token, { htu: `https://${ORDERS}${path}`, iat: now(), ...claims });

async function ask(path: string, lines: Readonly<Record<string, string>>, sidecar = false) {
  const place = sidecar ? running.sidecar('orders', 'gateway') : running.gateway;
  const bytes = requestBytes('GET', path, ORDERS, Object.entries(lines));
  const { status, headers } = await running.http1(place).send(bytes);
  return [status, new Map(headers).get('www-authenticate')?.replace(/, algs=.*/, '')];
}

test.each(['/audit', '/plain'])('to %s a bound token passes with its proof, once', async (path) => {
  const token = bound();
  const lines = { authorization: `DPoP ${token}`, dpop: proofOf(token, path) };
  expect(await ask(path, lines)).toEqual([200, undefined]);
  expect(await ask(path, lines)).toEqual([401, 'DPoP error="invalid_dpop_proof"']);
  const other = proofOf(token, path, { htm: 'POST' });
  expect(await ask(path, { ...lines, dpop: other })).toEqual([401, 'DPoP error="invalid_dpop_proof"']);
  expect(await ask(path, { authorization: `DPoP ${token}` })).toEqual([401, 'DPoP error="invalid_token"']);
  expect((await ask(path, { authorization: `Bearer ${token}` }))[0]).toBe(401);
});

test('a token that is bound to nothing meets no rule that asks for a proof', async () => {
  const authorization = `Bearer ${running.token('people', 'orders')}`;
  expect((await ask('/audit', { authorization }))[0]).toBe(403);
  expect((await ask('/plain', { authorization }))[0]).toBe(200);
});

test('the sidecar takes what came through the gateway, and uses up nothing', async () => {
  const lines = { authorization: `DPoP ${bound()}` };
  expect((await ask('/audit', lines, true))[0]).toBe(200);
  expect((await ask('/audit', lines, true))[0]).toBe(200);
  expect((await ask('/audit', { authorization: `Bearer ${bound()}` }, true))[0]).toBe(401);
});
