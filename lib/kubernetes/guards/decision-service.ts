import { CONTENT_HASH } from '../content-map.js';
import { type EmittedDecisionService, policyPrefix } from '../decision/options.js';
import type { PodSpec } from '../kinds/index.js';
import type { Guard } from './guard.js';
import { writtenPods } from './written-pods.js';

/**
 * Every sidecar believes what the pods of the decision service say of a user. Whoever runs under its account runs its program
 * alone, as it was written, by a policy that a deployer applied.
 */
export function decisionPods(spec: PodSpec, options: EmittedDecisionService): Guard {
  return writtenPods(
    'decision-service',
    'Whatever runs under the account of the decision service is that service, as it was written.',
    {
      who: 'the decision service',
      spec,
      byContent: { volume: 'policy', names: `^${policyPrefix(options)}-${CONTENT_HASH}$` },
      hasSidecar: true,
    },
  );
}
