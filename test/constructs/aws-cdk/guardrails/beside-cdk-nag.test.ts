import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { TEMPLATE_CHECKS } from '../../../../lib/rules/cloudformation/index.js';
import { runTemplateChecks } from '../../../../lib/rules/cloudformation/support/run.js';
import { packageRoot } from '../../../../local/package-root.js';
import { cell, expectDocumented } from '../../../rules/cloudformation/documented.js';
import type { Example, Sections } from '../../../rules/cloudformation/examples/example.js';
import { WarehouseStack } from '../../../../examples/aws-cdk-existing/warehouse-stack.js';
import { ZeroTrustChecks } from '../../../../constructs/aws-cdk/guardrails/index.js';
import { EXAMPLES } from '../../../rules/cloudformation/examples/index.js';
import { replaced } from '../../../rules/cloudformation/examples/spellings.js';

/** Rules of cdk-nag about the subject of one of ours, as its RULES.md describes them. Of the rest there is none. */
const SAME_SUBJECT: Readonly<Record<string, readonly string[]>> = {
  'listener-tls-policy': [
    'AwsSolutions-ELB5',
    'NIST.800.53.R5-ELBTlsHttpsListenersOnly',
    'NIST.800.53.R5-ALBHttpToHttpsRedirection',
    'NIST.800.53.R5-ELBv2ACMCertificateRequired',
  ],
  'unauthenticated-route': ['AwsSolutions-APIG4', 'AwsSolutions-COG4'],
  'entry-without-firewall': [
    'AwsSolutions-APIG3',
    'AwsSolutions-CFR2',
    'NIST.800.53.R5-ALBWAFEnabled',
    'NIST.800.53.R5-APIGWAssociatedWithWAF',
  ],
  'workload-signs': [
    'AwsSolutions-IAM4',
    'AwsSolutions-IAM5',
    'NIST.800.53.R5-IAMPolicyNoStatementsWithAdminAccess',
    'NIST.800.53.R5-IAMPolicyNoStatementsWithFullAccess',
  ],
  'plaintext-secret': ['AwsSolutions-ECS2'],
  'container-privilege': ['NIST.800.53.R5-ECSTaskDefinitionUserForHostMode'],
};

const folder = mkdtempSync(join(tmpdir(), 'ztp-nag-'));
afterAll(() => rmSync(folder, { recursive: true }));

const app = new App({ outdir: join(folder, 'out'), analyticsReporting: false });
const packs: readonly NagPack[] = [
  new AwsSolutionsChecks(app),
  new NIST80053R5Checks(app),
  new ServerlessChecks(app),
];
let stacks = 0;

/** What our examples leave out, because it says nothing there, and the CDK will have. */
const LEFT_OUT: Readonly<Record<string, unknown>> = {
  AssumeRolePolicyDocument: { Statement: [] },
  Code: { ZipFile: '1' },
  Configuration: {},
  DefaultActions: [],
  SubnetIds: ['s'],
  VisibilityConfig: { CloudWatchMetricsEnabled: true, MetricName: 'm', SampledRequestsEnabled: true },
};

/** An example as a template that somebody took into an app; `undefined` where the CDK cannot take it. */
function stackOf(template: Sections): Stack | undefined {
  stacks += 1;
  const stack = new Stack(app, `Stack${stacks}`, { env: { account: '111122223333', region: 'eu-west-1' } });
  const templateFile = join(folder, `${stacks}.json`);
  writeFileSync(templateFile, JSON.stringify(template));
  try {
    new CfnInclude(stack, 'T', { templateFile });
    return stack;
  } catch (error) {
    const missing = /\/T\/(\w+) \[[^\]]*\] is missing required property: (\w+)/.exec(String(error));
    const [, resource = '', property = ''] = missing ?? [];
    const name = `${property.charAt(0).toUpperCase()}${property.slice(1)}`;
    const value = LEFT_OUT[name] ?? 'x';
    return missing
      ? stackOf(replaced(template, ['Resources', resource, 'Properties', name], value) as Sections)
      : undefined;
  }
}

/** Which rules of cdk-nag speak of `It`. An exception in a rule is no finding. */
function spoken(stack: Stack): string[] {
  return packs.flatMap((pack) =>
    pack
      .validateScope(stack)
      .violations.filter(({ description }) => !description.startsWith('Rule threw'))
      .filter(({ violatingResources }) =>
        violatingResources.some(({ constructPath }) => constructPath?.endsWith('/It')),
      )
      .map(({ ruleName }) => ruleName.replace(/\[.*\]$/s, '')),
  );
}

/** Of how many templates some of these rules speak, and by which. */
function count(examples: readonly Example[], about: readonly string[]): { text: string; by: string[] } {
  const found = examples.flatMap(([, template]) => {
    const stack = stackOf(template);
    return stack ? [spoken(stack).filter((rule) => about.includes(rule))] : [];
  });
  const text = `${found.filter((rules) => rules.length > 0).length} of ${found.length}`;
  return { text, by: found.flat() };
}

test('the page says what cdk-nag finds in the same templates', () => {
  const known = readFileSync(join(packageRoot(), 'node_modules', 'cdk-nag', 'RULES.md'), 'utf8');
  const rows = TEMPLATE_CHECKS.filter(({ id }) => EXAMPLES[id]!.violating.length > 0).map((check) => {
    const { violating, compliant } = EXAMPLES[check.id]!;
    const ours = (examples: readonly Example[]) =>
      examples.filter(([, template]) => runTemplateChecks([{ name: 'T', template }], [check]).length > 0)
        .length;
    const here = `${ours(violating)} of ${violating.length} | ${ours(compliant)} of ${compliant.length}`;
    const about = SAME_SUBJECT[check.id];
    if (!about) return `| \`${check.id}\` | ${here} | no rule | |\n`;
    for (const rule of about) expect(known).toContain(rule);
    const [mistakes, twins] = [count(violating, about), count(compliant, about)];
    const by = [...new Set([...mistakes.by, ...twins.by])].sort().join(', ') || about.join(', ');
    return `| \`${check.id}\` | ${here} | ${mistakes.text} | ${twins.text}, by ${cell(by)} |\n`;
  });
  const head =
    '| Rule | Mistakes found | Twins found | Mistakes, by cdk-nag | Twins, by cdk-nag |\n|---|---|---|---|---|\n';
  expectDocumented('cdk-nag', head + rows.join(''));
});

test('and what both say of an app that is there', () => {
  const outdir = join(folder, 'warehouse');
  const existing = new App({ outdir, analyticsReporting: false });
  new WarehouseStack(existing, 'Warehouse', { env: { account: '111122223333', region: 'eu-west-1' } });
  const templatePaths = existing.synth().stacks.map(({ templateFullPath }) => templateFullPath);
  const context = { templatePaths, stackTemplates: [], appConstruct: existing };
  const plugins = [
    new ZeroTrustChecks(existing),
    new AwsSolutionsChecks(existing),
    new NIST80053R5Checks(existing),
  ];
  const rows = plugins.map((plugin) => {
    const counts = new Map<string, number>();
    for (const { ruleName, violatingResources } of plugin.validate(context).violations) {
      const rule = ruleName.replace(/\[.*\]$/s, '').replace(/^(AwsSolutions|NIST\.800\.53\.R5)-/, '');
      counts.set(rule, (counts.get(rule) ?? 0) + violatingResources.length);
    }
    const pack = plugin instanceof ZeroTrustChecks ? 'here' : `cdk-nag, ${plugin.readPackName}`;
    const rules = [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([rule, times]) => `${rule} (${times})`);
    return `| ${pack} | ${[...counts.values()].reduce((a, b) => a + b, 0)} | ${rules.join(', ')} |\n`;
  });
  expectDocumented('warehouse', `| By | Findings | Rules |\n|---|---|---|\n${rows.join('')}`);
});
