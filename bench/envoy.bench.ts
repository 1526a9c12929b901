import type { GatewayWork } from './envoy-config.js';
import { GatewayBench } from './gateway.js';
import type { Benchmark, Case, RunOptions } from './harness.js';
import type { Algorithm } from './tokens.js';

const RULES = [10, 10_000];
const ALGORITHMS: readonly Algorithm[] = ['ES256', 'RS256'];

export const benchmark: Benchmark = {
  name: 'envoy',
  description: 'CPU time of a real gateway per request: plain proxy, token check, everything',
  cases: [
    ...ALGORITHMS.flatMap((algorithm) =>
      RULES.map((rules) => (options: RunOptions) => layers(algorithm, rules, options)),
    ),
    ...ALGORITHMS.flatMap((algorithm) =>
      (['everything', 'nothing'] as const).map(
        (work) => (options: RunOptions) => growth(algorithm, work, options),
      ),
    ),
  ],
};

async function layers(algorithm: Algorithm, rules: number, options: RunOptions): Promise<Case> {
  const bench = await GatewayBench.open(options);
  const platform = await bench.platform(rules, algorithm);
  return {
    size: `${algorithm}, ${rules} rules`,
    subjects: [
      await bench.subject('token check', platform, 'token check'),
      await bench.subject('nothing', platform, 'nothing'),
      await bench.subject('everything', platform, 'everything'),
    ],
    close: () => bench.close(),
  };
}

/**
 * The same work with more rules. 10 rules are of ten services at most, so nobody asks the others; 100 are the
 * fewest with which requests go to all services, over as many connections as with 10,000.
 */
async function growth(algorithm: Algorithm, work: GatewayWork, options: RunOptions): Promise<Case> {
  const bench = await GatewayBench.open(options);
  const subject = async (rules: number) =>
    bench.subject(`${rules} rules`, await bench.platform(rules, algorithm), work);
  return {
    size: `${algorithm}, ${work}`,
    subjects: [await subject(100), await subject(10), await subject(10_000)],
    close: () => bench.close(),
  };
}
