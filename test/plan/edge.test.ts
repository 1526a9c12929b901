import { tryResolve } from '../../lib/plan/resolve.js';
import { allow, anyone, grpc, http, rpc, workload } from '../../lib/model/index.js';

const model = (access: readonly unknown[], host: { host?: string } = { host: 'pay.shop.example' }) => ({
  trustDomain: 'shop.example',
  environment: 'dev',
  identity: { providers: {} },
  services: { pay: grpc(host), web: http({ host: 'www.shop.example' }) },
  access,
});
const clients = allow(anyone()).to('pay', rpc('shop.Pay/Charge')).named('charge');
const inside = allow(workload('web')).to('pay', rpc('shop.Pay/Charge')).named('inside');

test('what clients may call and the edge of AWS drops is refused with the plan, by a request that shows it', () => {
  const { plan, diagnostics } = tryResolve(model([inside, clients]), { engine: 'aws' });
  expect(plan).toBeUndefined();
  const [found, ...more] = diagnostics.filter(({ severity }) => severity === 'error');
  expect(more).toEqual([]);
  expect(found).toMatchObject({ code: 'not-expressible', path: 'access[1]' });
  expect(found!.message).toContain('cannot be said exactly at authorizer (rpc: API Gateway calls');
  expect(found!.found).toMatch(
    /^POST \/shop\.Pay\/Charge at the gateway .*reference says allow, authorizer would say forbidden$/,
  );
  expect(found!.remedy).toContain('speak HTTP where clients come, and let that service call pay');
});

test('whom workloads alone call, and what other engines carry, is not', () => {
  expect(tryResolve(model([inside]), { engine: 'aws' }).plan).toBeDefined();
  expect(tryResolve(model([inside], {}), { engine: 'aws' }).plan).toBeDefined();
  expect(tryResolve(model([clients]), { engine: 'local' }).plan).toBeDefined();
});
