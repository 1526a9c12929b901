import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { formatDiagnostic } from '../../../lib/diagnostic.js';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { tryResolve } from '../../../lib/plan/resolve.js';
import { ConstructError } from '../support/error.js';

/** The plan of a model for AWS. Warnings are printed once; throws with every finding if one is an error. */
export function planFor(scope: Construct, model: ZeroTrustModel): Plan {
  const { plan, diagnostics } = tryResolve(model, { engine: 'aws' });
  if (!plan) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    throw new ConstructError(scope, {
      code: 'invalid-model',
      message: `the model cannot be provisioned:\n${errors.map(formatDiagnostic).join('\n')}\n`,
      prop: 'model',
      found: `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`,
      remedy: 'Correct each; `npx ztp check` shows them without the CDK.',
    });
  }
  for (const diagnostic of plan.diagnostics) {
    const id = `zero-trust-platform:${diagnostic.code}:${diagnostic.path}`;
    Annotations.of(scope).addWarningV2(id, formatDiagnostic(diagnostic));
  }
  return plan;
}
