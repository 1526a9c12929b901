import fc from 'fast-check';
import { allow, user } from '../../lib/model/index.js';
import { decide, STATUS } from '../../lib/policy/decide.js';
import { indexPolicy } from '../../lib/policy/index-rules.js';
import type { HeaderLine, Request } from '../../lib/policy/request.js';
import { readCredential } from '../../lib/policy/token.js';
import { Draw } from '../engines/equality/draw.js';
import { type Http1Client, requestBytes } from '../engines/support/http1.js';
import { TestPlatform } from '../engines/support/platform.js';
import { Prover } from '../lambda/authorizer/prover.js';
import { ORDERS } from './model.js';
import { drawProvenModel, drawProvenRequest, provenModel, type ProvenRequest } from './proofs-drawn.js';

/** Clients reach an Envoy, which asks a decision service about every request, as one may come with a proof. */
let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(provenModel());
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

test('a used proof stays used when the model is edited', async () => {
  const token = bound();
  const lines = { authorization: `DPoP ${token}`, dpop: proofOf(token, '/plain') };
  expect((await ask('/plain', lines))[0]).toBe(200);
  const added = allow(user()).to('orders', 'GET /added');
  await running.platform.update({ model: provenModel(added) });
  const other = { authorization: `DPoP ${token}`, dpop: proofOf(token, '/added') };
  expect((await ask('/added', other))[0]).toBe(200);
  expect(await ask('/plain', lines)).toEqual([401, 'DPoP error="invalid_dpop_proof"']);
});

describe('under random rules', () => {
  const provers = { client, thief: new Prover() };

  /** The lines of a request, new each time but for a repetition, and what `decide` is asked. */
  function posed(drawn: ProvenRequest): { lines: HeaderLine[]; request: Request } {
    const { plan } = running.platform;
    const { at, peer, path, scheme, claims, boundTo, proof } = drawn;
    const bound = boundTo !== undefined && { cnf: { jkt: provers[boundTo].thumbprint } };
    const token = claims && running.token('people', 'orders', { ...claims, ...bound });
    const lines: HeaderLine[] = token === undefined ? [] : [['authorization', `${scheme} ${token}`]];
    const good = { htu: `https://${ORDERS}${path}`, iat: now() };
    if (proof) lines.push(['dpop', provers[proof.by].proof(token ?? '', { ...good, ...proof.claims })]);
    const isGood = proof !== undefined && Object.keys(proof.claims).length === 0;
    const credential = readCredential(lines, (compact, header) =>
      running.issuers[0]!.verify(compact, header),
    );
    const spiffeId = peer === 'gateway' ? plan.gateway.spiffeId : plan.services[peer]!.sidecar.spiffeId;
    const request: Request = {
      point: at === 'gateway' ? { kind: 'gateway' } : { kind: 'sidecar', service: 'orders' },
      ...(at === 'sidecar' && { peer: spiffeId }),
      method: 'GET',
      authority: ORDERS,
      path,
      headers: lines,
      credential,
      sourceAddress: '127.0.0.1',
      ...(isGood && { provenKey: provers[proof.by].thumbprint }),
      now: now(),
    };
    return { lines, request };
  }

  const isProof = ({ credential }: Request) => credential.kind === 'jwt' && credential.scheme === 'DPoP';
  const clients = new Map<string, Http1Client>();

  async function statusOf({ at, peer, path }: ProvenRequest, lines: HeaderLine[]) {
    const from = at === 'gateway' ? at : peer;
    const place = () => (at === 'gateway' ? running.gateway : running.sidecar('orders', peer));
    const asked = clients.get(`${at} ${from}`) ?? running.http1(place());
    clients.set(`${at} ${from}`, asked);
    return (await asked.send(requestBytes('GET', path, ORDERS, lines))).status;
  }

  test('gateway, decision service and sidecar are one with `decide`, and a proof passes the gateway once', async () => {
    const met = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (value) => {
        const draw = new Draw(value);
        await running.platform.update({ model: drawProvenModel(draw) });
        const index = indexPolicy(running.platform.plan.policy);
        for (const drawn of draw.list(50, () => drawProvenRequest(draw))) {
          const { lines, request } = posed(drawn);
          const { outcome, reason, rule } = decide(index, request);
          const wanted = outcome === 'allow' ? 200 : STATUS[outcome];
          expect([drawn, reason, rule, await statusOf(drawn, lines)]).toEqual([drawn, reason, rule, wanted]);
          const isUsed = outcome === 'allow' && drawn.at === 'gateway' && isProof(request);
          const again = isUsed ? 401 : wanted;
          if (drawn.times === 2) expect([drawn, await statusOf(drawn, lines)]).toEqual([drawn, again]);
          const what = `${drawn.at} ${isProof(request) ? 'proof' : 'none'} ${outcome}`;
          met.set(what, (met.get(what) ?? 0) + 1);
        }
      }),
      { numRuns: 8, seed: 1, endOnFailure: true },
    );
    for (const at of ['gateway', 'sidecar']) {
      for (const outcome of ['allow', 'invalidToken', 'forbidden']) {
        expect([at, outcome, met.get(`${at} proof ${outcome}`)]).toEqual([at, outcome, expect.any(Number)]);
      }
    }
  });
});
