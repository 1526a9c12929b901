import {
  allow,
  anyone,
  http,
  type ZeroTrustModel,
  defineZeroTrust,
  workload,
} from '../../../lib/model/index.js';
import { requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';

const API = 'api.shop.example';

/** Public routes and workloads, and nobody who issues tokens. */
const model: ZeroTrustModel = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'noissuer',
  services: { api: http({ host: API }), web: http({ host: 'www.shop.example' }) },
  access: [
    allow(anyone()).to('api', 'GET /status'),
    allow(workload('web')).to('api', 'GET /orders/{id}'),
    allow(anyone()).to('web', 'GET /'),
  ],
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const forged = `Bearer ${part({ alg: 'ES256' })}.${part({ iss: 'https://nobody.example', sub: 'root' })}.AAAA`;

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(model);
});
afterAll(() => running.close());

test.each([
  ['at the gateway', '/status', () => running.gateway],
  ['at a sidecar', '/orders/1', () => running.sidecar('api', 'web')],
])('a token that nobody could have issued is a bad one %s', async (_where, path, target) => {
  const client = running.http1(target());
  const headers = [['authorization', forged]] as const;
  expect((await client.send(requestBytes('GET', path, API))).status).toBe(200);
  expect((await client.send(requestBytes('GET', path, API, headers))).status).toBe(401);
});
