import type { Command } from 'commander';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import { countFindings, formatFindings } from './diagnostics.js';
import { engineOption, noticeIfNotDeployed } from './options.js';
import type { Engine } from '../lib/model/service.js';

interface Options {
  readonly engine: Engine;
  readonly json?: boolean;
  readonly template?: readonly string[];
  readonly cluster?: string;
  readonly meshConfig?: string;
}

export function configure(command: Command): void {
  command
    .description(
      'Report everything that is wrong with a model, with templates of CloudFormation, or with a cluster that manifests are meant for.',
    )
    .argument('[model]', 'model file')
    .addOption(engineOption())
    .option('--template <files...>', 'in place of a model, templates that are deployed together')
    .option(
      '--cluster <manifests>',
      'in place of a model, a folder of manifests: whether the cluster is as they need it',
    )
    .option('--mesh-config <file>', 'with --cluster, a file that has what kubectl would be asked for')
    .option('--json', 'print { valid, diagnostics } as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ztp check model.ts
  ztp check model.yaml --engine aws --json
  ztp check --template cdk.out/*.template.json
  ztp check --cluster dist --mesh-config mesh.yaml

Exits with 1 if there is an error; warnings alone are 0.`,
    )
    .action(run);
}

async function run(model: string | undefined, options: Options, command: Command): Promise<void> {
  const { engine, json, template, cluster, meshConfig } = options;
  const given = Object.entries({ model, '--template': template, '--cluster': cluster }).flatMap(
    ([name, value]) => (value === undefined ? [] : [name]),
  );
  const [kind, other] = given;
  if (kind === undefined) {
    command.error("missing required argument 'model'", { code: 'commander.missingArgument' });
  }
  if (other !== undefined) {
    const used = kind === 'model' ? 'a model' : `option '${kind}'`;
    command.error(`option '${other}' cannot be used with ${used}`, { code: 'commander.conflictingOption' });
  }
  if (meshConfig !== undefined && cluster === undefined) {
    command.error("option '--mesh-config' needs '--cluster'", { code: 'commander.conflictingOption' });
  }
  if (model !== undefined) noticeIfNotDeployed(engine);
  const path = model ?? cluster ?? `${template?.length} template${template?.length === 1 ? '' : 's'}`;
  const { valid, diagnostics } = await (model !== undefined
    ? findings(model, engine)
    : cluster !== undefined
      ? clusterLacks(cluster, meshConfig)
      : templateFindings(template ?? []));
  if (json) {
    process.stdout.write(`${JSON.stringify({ valid, diagnostics }, undefined, 2)}\n`);
  } else {
    // The errors are what went wrong, the rest is the answer.
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
    if (errors.length > 0) process.stderr.write(`${formatFindings(errors)}\n`);
    if (warnings.length > 0) process.stdout.write(`${formatFindings(warnings)}\n`);
    process.stdout.write(`${path}: ${countFindings(diagnostics)}\n`);
  }
  process.exitCode = valid ? 0 : 1;
}

/** A file that cannot be loaded is a finding like any other. */
async function findings(
  path: string,
  engine: Engine,
): Promise<{ valid: boolean; diagnostics: readonly Diagnostic[] }> {
  const { loadResolution } = await import('./load-plan.js');
  try {
    const { plan, diagnostics } = await loadResolution(path, engine);
    return { valid: plan !== undefined, diagnostics };
  } catch (error) {
    if (error instanceof ZeroTrustError && error.diagnostics.length > 0) {
      return { valid: false, diagnostics: error.diagnostics };
    }
    throw error;
  }
}

/** The guardrails of `zero-trust-platform/aws-cdk`, of templates that anything wrote. */
async function templateFindings(
  paths: readonly string[],
): Promise<{ valid: boolean; diagnostics: readonly Diagnostic[] }> {
  const { loadTemplates } = await import('./template-file.js');
  const { checkTemplates } = await import('../lib/rules/cloudformation/index.js');
  const { withoutAcknowledged } = await import('../lib/rules/cloudformation/support/acknowledgement.js');
  const sources = await loadTemplates(paths);
  const { left } = withoutAcknowledged(checkTemplates(sources), sources, new Date());
  return { valid: left.every(({ severity }) => severity !== 'error'), diagnostics: left };
}

/** What the manifests of `zero-trust-platform/cdk8s` rely on. */
async function clusterLacks(
  manifests: string,
  meshConfig: string | undefined,
): Promise<{ valid: boolean; diagnostics: readonly Diagnostic[] }> {
  const { clusterFindings } = await import('./cluster.js');
  const diagnostics = await clusterFindings(manifests, meshConfig);
  return { valid: diagnostics.every(({ severity }) => severity !== 'error'), diagnostics };
}
