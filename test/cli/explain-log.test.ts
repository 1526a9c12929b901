import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

let requests = 0;
const line = (over: object) =>
  JSON.stringify({
    version: 1,
    requestId: `request-${requests++}`,
    time: '2026-11-23T12:00:00.000Z',
    point: 'gateway',
    service: 'reports',
    method: 'GET',
    path: '/reports/daily',
    decision: 'allow',
    status: 200,
    rule: 'daily',
    ...over,
  });
const refused = { decision: 'refuse', status: 403, rule: undefined, path: '/reports/partners' };
const explain = (lines: readonly string[]) =>
  built.ztp(['explain', 'examples/shop/model.ts', '--log', built.write('decisions.log', lines.join('\n'))]);

test('every decision of a log, and what rules in audit would have changed', () => {
  const { status, stdout, stderr } = explain([
    line({}),
    line({ wouldRefuse: 'daily-with-two-factors' }),
    line({ wouldRefuse: 'daily-with-two-factors' }),
    line({ ...refused, wouldAllow: 'partner-report' }),
    // Refused anyway: a deny in audit changes nothing about it.
    line({ ...refused, wouldRefuse: 'daily-with-two-factors' }),
    line({ ...refused, wouldAllow: 'long-gone' }),
    'Envoy says something else',
    '',
  ]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.match(/allow 200 {2}GET \/reports\/daily/g)).toHaveLength(3);
  expect(stdout.match(/in audit: daily-with-two-factors would have refused it/g)).toHaveLength(2);
  expect(stdout.slice(stdout.indexOf('6 decisions'))).toBe(`6 decisions: allow 3, refuse 3
  decided by daily 3
  1 line of something else

What rules in audit would have changed:
  daily-with-two-factors  would refuse 2 requests, and will from 2030-01-01 on
  partner-report          would admit 1 request, and will from 2030-01-01 on
  long-gone               would admit 1 request; the model has no such rule now
`);
  expect(tooWide(stdout)).toEqual([]);
});

test('a log in which no line is a decision is an error that says how to write one', () => {
  const { status, stderr } = explain(['allow 200  GET /reports/daily', 'Envoy says something else']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('error log-without-decisions')]);
  expect(stderr).toContain('--log json');
});

const audited = { wouldRefuse: 'daily-with-two-factors' };
const sidecar = { point: 'services/reports/sidecar' };
const liftable = { ...refused, wouldAllow: 'partner-report' };
const trace = (span: string) => ({
  requestId: undefined,
  traceparent: `00-0af7651916cd43dd8448eb211c80319c-${span}-01`,
});

test.each<[string, readonly string[], string]>([
  [
    'two points is one, by its id',
    [line({ ...audited, requestId: 'a' }), line({ ...audited, ...sidecar, requestId: 'a' })],
    'daily-with-two-factors  would refuse 1 request,',
  ],
  [
    'two points is one, by its trace; what comes again at one point is another',
    [
      line({ ...audited, ...trace('00f067aa0ba902b7') }),
      line({ ...audited, ...sidecar, ...trace('00f067aa0ba902b7') }),
      line({ ...audited, ...trace('00f067aa0ba902b7') }),
      line({ ...audited, ...trace('00f067aa0ba902b8') }),
    ],
    'daily-with-two-factors  would refuse 3 requests,',
  ],
  [
    'a line of the authorizer, whose id is another, is one by its trace',
    [
      line({ ...audited, ...trace('00f067aa0ba902b7'), point: 'authorizer', requestId: 'of-the-api' }),
      line({ ...audited, ...trace('00f067aa0ba902b7'), requestId: 'a' }),
      line({ ...audited, ...sidecar, requestId: 'a' }),
      // Another request of the same trace.
      line({ ...audited, ...trace('00f067aa0ba902b7'), ...sidecar, requestId: 'b' }),
    ],
    'daily-with-two-factors  would refuse 2 requests,',
  ],
  [
    'an id that an application passes on is of two requests',
    [line({ ...audited, requestId: 'a' }), line({ ...audited, requestId: 'a', service: 'orders' })],
    'daily-with-two-factors  would refuse 2 requests,',
  ],
  [
    'an allow and a deny in audit would still be refused',
    [line({ ...liftable, ...audited })],
    'No rule in audit would have changed any of them.',
  ],
  [
    'one point that admits and another that refuses is refused anyway',
    [
      line({ ...audited, requestId: 'a' }),
      line({ ...refused, ...sidecar, requestId: 'a', rule: 'no-contractors' }),
    ],
    'No rule in audit would have changed any of them.',
  ],
  [
    'what an allow in audit would admit at one point, a deny in audit at another would refuse',
    [line({ ...audited, requestId: 'a' }), line({ ...liftable, ...sidecar, requestId: 'a' })],
    'No rule in audit would have changed any of them.',
  ],
  [
    'no id counts at each point, and it says so',
    [line({ ...audited, requestId: undefined }), line({ ...audited, ...sidecar, requestId: undefined })],
    "2 lines in audit with nothing that joins it to another point's: each counts as a",
  ],
])('a request with %s', (_, lines, expected) => {
  const { stdout } = explain(lines);
  expect(stdout).toContain(expected);
  expect(tooWide(stdout)).toEqual([]);
});

test('a log of which nothing would change, and a file that is not there', () => {
  expect(explain([line({})]).stdout).toContain('No rule in audit would have changed any of them.');
  const missing = built.ztp(['explain', 'examples/shop/model.ts', '--log', 'nowhere.log']);
  expect([missing.status, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toContain('error log-unreadable at nowhere.log');
});

test('a log and a request are not asked about at once', () => {
  const words = ['explain', 'examples/shop/model.ts', '--log', 'a', '--request', 'GET https://a.example/'];
  const { status, stderr } = built.ztp(words);
  expect([status, stderr]).toEqual([2, expect.stringContaining('conflicting')]);
});
