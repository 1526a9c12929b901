import shop from '../../examples/shop/model.js';
import { envoyFiles, pointKeys, type PointProfile } from '../../lib/envoy/index.js';
import { allow, allowOut, connect, dataDomain, tcp, workload } from '../../lib/model/index.js';
import { configurationText, pointConfiguration } from '../../lib/point/configuration.js';
import { compileRules, guardedServices } from '../../lib/point/rules.js';
import { resolve } from '../../lib/plan/resolve.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';

const model = {
  ...shop,
  services: { ...shop.services, ledger: tcp() },
  access: [...shop.access!, allow(workload('orders')).to('ledger', connect()).named('ledger')],
  egress: [
    allowOut(workload('payments')).to('https://api.bank.example', 'POST /transfers').named('transfer'),
  ],
};
const plan = resolve(model, { engine: 'aws' });
const until = 4_000_000_000;
const DOCUMENTS: readonly RevocationDocument[] = [
  plan.revocation.document,
  { version: 1, entries: [{ kind: 'token', issuer: 'people', value: 'stolen', until }] },
  {
    version: 2,
    entries: [
      ...[...Object.keys(plan.services), 'api.bank.example'].map(
        (service) => ({ kind: 'service', service, until }) as const,
      ),
      ...Object.values(plan.policy.services).flatMap(({ rules }) =>
        rules.map(({ id }) => ({ kind: 'rule', rule: id, until }) as const),
      ),
    ],
  },
];
const PROFILES: readonly PointProfile[] = [{}, { keys: 'tunnel' }, { keys: 'tunnel', edge: 'apiGateway' }];

test('a point compiles from its configuration what the whole plan compiles to', () => {
  for (const point of pointKeys(plan)) {
    for (const profile of PROFILES) {
      const { rules, bootstrap } = pointConfiguration(plan, point, profile);
      expect(bootstrap).toEqual(envoyFiles(plan, point, undefined, profile).bootstrap);
      for (const document of DOCUMENTS) {
        const { routes } = envoyFiles(plan, point, document, profile);
        expect(compileRules(point, rules!, document)).toEqual(routes);
      }
    }
  }
});

test('a change elsewhere changes no byte of a point’s configuration', () => {
  const changed = resolve(
    { ...model, access: [...model.access, allow(workload('web')).to('refunds', 'GET /refunds/new/page')] },
    { engine: 'aws' },
  );
  const stores = resolve(
    { ...model, data: { cards: dataDomain('card-data', workload('payments')) } },
    { engine: 'aws' },
  );
  for (const point of pointKeys(plan)) {
    expect(pointConfiguration(stores, point)).toEqual(pointConfiguration(plan, point));
  }
  const differing = pointKeys(plan).filter(
    (point) =>
      configurationText(pointConfiguration(plan, point)) !==
      configurationText(pointConfiguration(changed, point)),
  );
  // Who is called has a rule more, and who calls an upstream more; the gateway serves `refunds` too.
  expect(differing.sort()).toEqual(['gateway', 'services/refunds/sidecar', 'services/web/sidecar']);
});

test('what is closed while revocations are not known are the services that a point guards, or its hosts outside', () => {
  const guarded = (point: string) => guardedServices(pointConfiguration(plan, point).rules!);
  expect(guarded('egress')).toEqual(['api.bank.example']);
  expect(guarded('services/payments/sidecar')).toEqual(['payments']);
});

test('another egress rule for a host that a workload may call changes the egress gateway alone', () => {
  const wider = allowOut(workload('payments'))
    .to('https://api.bank.example', 'GET /accounts')
    .named('accounts');
  const changed = resolve({ ...model, egress: [...model.egress, wider] }, { engine: 'aws' });
  const differing = pointKeys(plan).filter(
    (point) =>
      configurationText(pointConfiguration(plan, point)) !==
      configurationText(pointConfiguration(changed, point)),
  );
  expect(differing).toEqual(['egress']);
});
