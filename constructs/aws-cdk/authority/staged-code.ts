import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Plan } from '../../../lib/plan/plan.js';
import { identitiesOf } from '../../../lib/authority/registration.js';
import { type Configuration, CONFIGURATION_FILE } from '../../../lambda/registration/configuration.js';
import { bundlePath } from '../support/package-root.js';

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

/** A bundle with its configuration beside it; no esbuild and no Docker is needed for it. */
export function stagedCode(bundle: string, configuration: Configuration): Code {
  const folder = mkdtempSync(join(tmpdir(), 'zero-trust-authority-'));
  copyFileSync(join(bundlePath(bundle), 'index.js'), join(folder, 'index.js'));
  writeFileSync(join(folder, CONFIGURATION_FILE), `${JSON.stringify(configuration, undefined, 2)}\n`);
  return Code.fromAsset(folder);
}
