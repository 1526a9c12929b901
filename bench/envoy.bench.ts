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
    ...ALGORITHMS.map((algorithm) => (options: RunOptions) => growth(algorithm, options)),
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

async function growth(algorithm: Algorithm, options: RunOptions): Promise<Case> {
  const bench = await GatewayBench.open(options);
  const everything = async (rules: number) =>
    bench.subject(`${rules} rules`, await bench.platform(rules, algorithm), 'everything');
  return {
    size: `${algorithm}, everything`,
    subjects: [await everything(10), await everything(10_000)],
    close: () => bench.close(),
  };
}
