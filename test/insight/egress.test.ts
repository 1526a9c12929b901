import { comparePolicies } from '../../lib/insight/compare.js';
import { explain } from '../../lib/insight/explain.js';
import { allowOut, resolve, workload, type ZeroTrustModel } from '../../lib/index.js';
import { planSummary } from '../../cli/plan-summary.js';
import { shop } from '../local/model.js';

const now = 1_900_000_000;
const BANK = 'https://api.bank.example';
const plan = (...egress: NonNullable<ZeroTrustModel['egress']>) => resolve({ ...shop(), egress });
const transfer = allowOut(workload('payments')).to(BANK, 'POST /transfers').named('transfer');
const one = plan(transfer);

const call = (workload: string, method: string, path: string, authority = 'api.bank.example') => ({
  method,
  authority,
  path,
  credential: { kind: 'none' } as const,
  workload,
  sourceAddress: '192.0.2.1',
  now,
});

test('an explanation of a call that leaves asks the egress gateway alone', () => {
  const { outcome, points } = explain(one, call('payments', 'POST', '/transfers'));
  expect(outcome).toBe('admitted');
  expect(points.map(({ point, decision }) => [point, decision.rule])).toEqual([['egress', 'transfer']]);
  expect(points[0]!.because.join(' ')).toContain('the workload payments');
});

test('a refusal says what would be enough, and that there is no way', () => {
  const { outcome, points } = explain(one, call('orders', 'POST', '/transfers'));
  expect(outcome).toBe('refused');
  expect(points[0]).toMatchObject({ point: 'egress', status: 403 });
  const text = points[0]!.because.join('\n');
  expect(text).toContain('transfer: the workload payments');
  expect(text).toContain('no rule lets orders call api.bank.example');
});

test('a call to a host that is no destination is none of the plan', () => {
  expect(() => explain(one, call('payments', 'GET', '/', 'evil.example'))).toThrow(
    'no service has the authority',
  );
});

test('the summary names what may leave', () => {
  const text = planSummary(one);
  expect(text).toContain('https://api.bank.example');
  expect(text).toContain('ZTP_EGRESS_API_BANK_EXAMPLE_URL');
  expect(text).toContain('transfer');
});

describe('two models', () => {
  const changes = (before: typeof one, after: typeof one) =>
    comparePolicies(before, after, now).differences.map(
      ({ change, method, path, caller, example }) =>
        `${change} ${method} ${example.authority}${path} ${caller}`,
    );

  test('that let the same leave do not differ', () => {
    const again = plan(allowOut(workload('payments')).to(BANK, 'POST /transfers').named('another'));
    expect(changes(one, again)).toEqual([]);
  });

  test('a workload more, an operation less', () => {
    const wider = plan(transfer, allowOut(workload('orders')).to(BANK, 'POST /transfers', 'GET /rates'));
    expect(changes(one, wider)).toEqual([
      'opened POST api.bank.example/transfers the workload orders',
      'opened GET api.bank.example/rates the workload orders',
    ]);
    expect(changes(wider, one).map((line) => line.split(' ')[0])).toEqual(['closed', 'closed']);
  });

  test('the first way out, and another port of it', () => {
    expect(changes(resolve(shop()), one)).toEqual([
      'opened POST api.bank.example/transfers the workload payments',
    ]);
    const moved = plan(allowOut(workload('payments')).to(`${BANK}:8443`, 'POST /transfers'));
    expect(changes(one, moved)).toEqual([
      'closed POST api.bank.example/transfers the workload payments',
      'opened POST api.bank.example:8443/transfers the workload payments',
    ]);
  });

  test('a rule in audit opens at its date', () => {
    const later = plan(
      transfer,
      allowOut(workload('orders'))
        .to(BANK, 'GET /a')
        .audited({ until: '2033-05-18T03:33:20Z', reason: 'soon' }),
    );
    expect(comparePolicies(one, later, now).differences).toMatchObject([
      { change: 'opened', from: 2_000_000_000 },
    ]);
  });

  test('a rule that ends closes at its instant', () => {
    const ending = (rule: typeof transfer) => plan(rule.until('2033-05-18T03:33:20Z'));
    expect(comparePolicies(one, ending(transfer), now).differences).toMatchObject([
      { change: 'closed', from: 2_000_000_000 },
    ]);
    expect(comparePolicies(resolve(shop()), ending(transfer), now).differences).toMatchObject([
      { change: 'opened', until: 2_000_000_000 },
    ]);
  });
});
