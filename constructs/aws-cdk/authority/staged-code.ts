import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { identitiesOf } from '../../../lib/authority/registration.js';
import { type Configuration, CONFIGURATION_FILE } from '../../../lambda/registration/configuration.js';
import { stagedBundle } from '../support/staged-bundle.js';

/** What both functions of the authority are deployed with: part of their code, so that no setting changes it. */
export function configurationOf(plan: Plan, limits: Configuration['limits']): Configuration {
  const { root, issuing, workload, edge } = plan.certificates;
  const copy = (profile: typeof root) => ({
    lifetimeSeconds: profile.lifetimeSeconds,
    keyUsage: [...profile.keyUsage],
    extendedKeyUsage: [...profile.extendedKeyUsage],
  });
  return {
    platform: plan.trustDomain,
    profiles: { root: copy(root), issuing: copy(issuing), workload: copy(workload), edge: copy(edge) },
    identities: Object.fromEntries(identitiesOf(plan)),
    limits,
  };
}

/** A bundle with its configuration beside it. */
export function stagedCode(scope: Construct, bundle: string, configuration: Configuration): Code {
  return stagedBundle(scope, bundle, {
    [CONFIGURATION_FILE]: `${JSON.stringify(configuration, undefined, 2)}\n`,
  });
}
