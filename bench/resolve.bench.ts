import { envoyFiles } from '../lib/envoy/index.js';
import { type Plan, resolve } from '../lib/plan/index.js';
import type { Benchmark, Subject } from './harness.js';
import { platform } from './workload.js';

/** Rules; a tenth as many services, so 1,000 at the largest. */
const SIZES = [1000, 2000, 5000, 10_000];
const QUICK_SIZES = [1000, 5000];

/** The engine still compiles during the first calls of code that runs for so long. */
const SAMPLE_MICROSECONDS = 200_000;

export const benchmark: Benchmark = {
  name: 'resolve',
  description: 'the plan of 100 to 1,000 services with 1,000 to 10,000 rules, and its gateway for Envoy',
  // Each case is one piece of work at every size: a ratio of ten from 1,000 to 10,000 rules is linear.
  cases: [
    ({ quick }) => ({ size: 'resolve', subjects: subjects(resolving, quick) }),
    ({ quick }) => ({ size: 'envoyFiles', subjects: subjects(compiling, quick) }),
  ],
};

function subjects(work: (rules: number) => () => unknown, quick: boolean): readonly [Subject, ...Subject[]] {
  const [first, ...others] = (quick ? QUICK_SIZES : SIZES).map((rules) => {
    const once = work(rules);
    return {
      name: `${rules} rules`,
      sampleMicroseconds: SAMPLE_MICROSECONDS,
      run: (iterations: number) => {
        for (let done = 0; done < iterations; done += 1) once();
      },
    };
  });
  return [first as Subject, ...others];
}

function resolving(rules: number): () => Plan {
  const model = platform({ rules, services: rules / 10 });
  return () => resolve(model);
}

function compiling(rules: number): () => unknown {
  const plan = resolve(platform({ rules, services: rules / 10 }));
  return () => envoyFiles(plan, plan.gateway.key);
}
