import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every row of the design's list of divergences between enforcement points: a test of `decide` named by its number,
 * and one of what is deployed: real Envoys with the authorizer beside them, or the authorizer's code alone.
 */
const ROWS = 36;
const root = join(__dirname, '../..');

/** Tests of real engines that show a row, and are not named by its number. */
const SHOWN_BY: Readonly<Record<number, readonly (readonly [file: string, test: string])[]>> = {
  // Besides what Envoy does: nothing that could decode stands before it.
  11: [
    [
      'test/constructs/aws-cdk/gateway/gateway-service.test.ts',
      'TLS passes through an internal load balancer that only VPC links reach',
    ],
  ],
  30: [
    ['test/engines/tcp/connections.test.ts', 'nothing passes but a connection to this service'],
    ['test/engines/tcp/connections.test.ts', 'only a workload that a rule names has a connection'],
  ],
  35: [
    [
      'test/constructs/aws-cdk/firewall/web-firewall.test.ts',
      'a body beyond what is inspected is blocked at every size',
    ],
  ],
};

/** Rows about what `decide` never sees: keys, configuration that does not load, what stands before a point. */
const BESIDE_DECISIONS = [27, 35, 36];

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const decisions = read('test/policy/pitfalls.test.ts') + read('test/policy/token-pitfalls.test.ts');
const deployed = [
  ...readdirSync(__dirname)
    .filter((name) => /^pitfalls-.*\.test\.ts$/.test(name))
    .map((name) => read(join('test/policy', name))),
  read('test/engines/equality/pitfall-cases.ts'),
].join('\n');

test.each(Array.from({ length: ROWS }, (_, at) => at + 1))(
  'row %d is tested as a decision, and at what is deployed',
  (row) => {
    const named = new RegExp(`'pitfall ${row}: `);
    expect([row, named.test(decisions)]).toEqual([row, !BESIDE_DECISIONS.includes(row)]);
    const shown = SHOWN_BY[row] ?? [];
    for (const [file, name] of shown) expect(read(file)).toContain(name);
    expect([row, named.test(deployed) || shown.length > 0]).toEqual([row, true]);
  },
);
