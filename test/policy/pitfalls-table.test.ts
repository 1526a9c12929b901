import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every row of the design's list of divergences between enforcement points: a test named by its number,
 * or why there is none yet.
 */
const ROWS = 36;

/** Rows about what is not a decision of a point that a policy is compiled to, with where they are looked at. */
const ELSEWHERE: Readonly<
  Record<number, { readonly why: string; readonly file?: string; readonly test?: string }>
> = {
  11: {
    why: 'no load balancer of layer 7 stands before a point: that of the gateway passes TLS on',
  },
  30: {
    why: 'rules of layer 4 with rules of layer 7: for the Kubernetes overlays, which are not compiled to yet',
  },
  35: {
    why: 'the edge firewall is no enforcement point of the access policy',
    file: 'test/constructs/aws-cdk/firewall/web-firewall.test.ts',
    test: 'a body beyond what is inspected is blocked at every size',
  },
};

const root = join(__dirname, '../..');
const tests = readdirSync(__dirname)
  .filter((name) => /^pitfalls.*\.test\.ts$/.test(name))
  .map((name) => readFileSync(join(__dirname, name), 'utf8'))
  .join('\n');

test.each(Array.from({ length: ROWS }, (_, at) => at + 1))('row %d has a test, or a reason', (row) => {
  const isTested = new RegExp(`'pitfall ${row}: `).test(tests);
  const elsewhere = ELSEWHERE[row];
  expect([row, isTested, elsewhere === undefined]).toEqual([row, isTested, isTested]);
  if (elsewhere?.file === undefined) return;
  expect(readFileSync(join(root, elsewhere.file), 'utf8')).toContain(elsewhere.test);
});
