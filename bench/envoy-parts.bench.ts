import { FILTERS } from '../lib/envoy/index.js';
import { gatewayWithout } from './envoy-config.js';
import { GatewayBench } from './gateway.js';
import type { Benchmark, Case, RunOptions } from './harness.js';

/** Rules of the platform that is measured, over 100 services. */
const RULES = 1000;

/** What can be left out and still admit every request: the rest of the gateway needs the others. */
const PARTS: readonly string[] = [
  ...Object.values(FILTERS).filter((name) => name !== FILTERS.jwt && name !== FILTERS.router),
  'decision log',
];

export const benchmark: Benchmark = {
  name: 'envoy-parts',
  description: 'CPU time of a real gateway per request without one of its parts, to see what each costs',
  cases: [parts],
};

async function parts(options: RunOptions): Promise<Case> {
  const bench = await GatewayBench.open(options);
  const platform = await bench.platform(RULES, 'ES256');
  const others = [];
  for (const part of PARTS) {
    others.push(
      await bench.subject(`without ${part}`, platform, 'everything', (files) => gatewayWithout(files, part)),
    );
  }
  return {
    size: `ES256, ${RULES} rules`,
    subjects: [await bench.subject('everything', platform, 'everything'), ...others],
    close: () => bench.close(),
  };
}
