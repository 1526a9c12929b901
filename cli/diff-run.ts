import { planParameter } from '../lib/plan/record.js';
import { comparisonText } from './compare-report.js';
import { readPlan } from '../local/part.js';
import { deployedPlan } from './deployed-plan.js';
import type { DiffOptions } from './diff.js';
import type { Difference } from './difference.js';
import { loadPlan } from './load-plan.js';

/** What `ztp diff` prints, and whether the deployed plan and the model decide alike. */
export async function diffDeployed(path: string, options: DiffOptions): Promise<Difference> {
  if (options.deployed !== undefined) {
    const deployed = readPlan(options.deployed);
    return comparisonText([deployed, await loadPlan(path, deployed.engine)], options);
  }
  const model = await loadPlan(path, 'aws');
  const environment = {
    ...process.env,
    ...(options.region !== undefined && { AWS_REGION: options.region }),
  };
  const parameter = options.parameter ?? planParameter(model.trustDomain);
  return comparisonText([await deployedPlan(parameter, environment), model], options);
}
