import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Fn, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CfnSecurityGroup, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import {
  type GuardrailAcknowledgement,
  ZeroTrustChecks,
} from '../../../../constructs/aws-cdk/guardrails/index.js';
import { Mistakes, Twins } from './mistakes.js';

interface Violation {
  readonly ruleName: string;
  readonly severity: string;
  readonly description: string;
  readonly suggestedFix?: string;
  readonly violatingConstructs: readonly {
    readonly constructPath?: string;
    readonly cloudFormationResource?: {
      readonly logicalId: string;
      readonly propertyPaths?: readonly string[];
    };
  }[];
  readonly reason?: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly Violation[];
    readonly suppressedViolations?: readonly Violation[];
    readonly metadata?: Readonly<Record<string, string>>;
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'ztp-guardrails-'));
const now = new Date('2026-11-29T12:00:00Z');
afterAll(() => rmSync(folder, { recursive: true }));

/** Synthesize, and read what the CDK reports of our plugin. */
function report(app: App): { error: string; plugin?: Report['pluginReports'][number] } {
  let error = '';
  try {
    app.synth();
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const file = join(app.outdir, 'validation-report.json');
  const { pluginReports } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const plugin = pluginReports.find(({ pluginName }) => pluginName === 'ZeroTrust');
  return { error, ...(plugin && { plugin }) };
}

// The CDK prints what is no error.
beforeAll(() => void jest.spyOn(console, 'error').mockImplementation());

let apps = 0;

function testApp(props = {}): App {
  apps += 1;
  const app = new App({ outdir: join(folder, `app${apps}`), context: { folder }, analyticsReporting: false });
  Validations.of(app).addPlugins(new ZeroTrustChecks(app, { now, ...props }));
  return app;
}

const linesOf = (violations: readonly Violation[] = []) =>
  violations
    .flatMap(({ ruleName, severity, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${severity} ${ruleName} ${constructPath}`),
    )
    .sort();

test('an app that nobody checked: L2, L1, nested and included, by rule and construct', () => {
  const app = testApp();
  new Mistakes(app, 'App');
  const { error, plugin } = report(app);
  expect(error).toContain('open-egress');
  expect(plugin?.conclusion).toBe('failure');
  expect(linesOf(plugin?.violations)).toMatchInlineSnapshot(`
[
  "error authorizer-cache App/cached/Resource",
  "error federated-subject App/pipeline/Resource",
  "error firewall-counts App/list",
  "error firewall-not-associated App/list",
  "error greedy-route App/http/DefaultRoute/Resource",
  "error greedy-route App/rest/Default/ANY/Resource",
  "error greedy-route App/rest/Default/{proxy+}/ANY/Resource",
  "error lattice-auth App/lattice",
  "error lattice-principal App/lattice-policy",
  "error listener-tls-policy App/balancer/l2/Resource",
  "error listener-tls-policy App/l1",
  "error open-egress App/included/ByHand",
  "error open-egress App/nested/open",
  "error open-egress App/open-l1",
  "error open-egress App/open/Resource",
  "error route-without-scopes App/http/GET--orders/Resource",
  "error unauthenticated-route App/http/DefaultRoute/Resource",
  "error unauthenticated-route App/http/GET--open/Resource",
  "error unauthenticated-route App/l1-method",
  "error unauthenticated-route App/rest/Default/ANY/Resource",
  "error unauthenticated-route App/rest/Default/GET/Resource",
  "error unauthenticated-route App/rest/Default/{proxy+}/ANY/Resource",
  "error workload-signs App/administrator/Resource",
  "error workload-signs App/workload/DefaultPolicy/Resource",
  "error workload-signs App/workload/DefaultPolicy/Resource",
  "warning entry-without-firewall App/rest/DeploymentStage.prod/Resource",
]
`);
  for (const { description, suggestedFix: fix = '', violatingConstructs } of plugin?.violations ?? []) {
    expect([description.length > 10, fix.length > 10]).toEqual([true, true]);
    const { logicalId, propertyPaths } = violatingConstructs[0]?.cloudFormationResource ?? {};
    expect([logicalId !== undefined, propertyPaths?.[0]?.startsWith('Properties')]).toEqual([true, true]);
  }
});

test('the same app made right: nothing', () => {
  const app = testApp();
  new Twins(app, 'App');
  app.synth();
  const plugin = new ZeroTrustChecks(app, { now });
  const stacks = app.synth().stacks.map(({ templateFullPath }) => templateFullPath);
  const context = { templatePaths: stacks, stackTemplates: [], appConstruct: app };
  expect(plugin.validate(context)).toEqual({ success: true, violations: [] });
});

test('stacks of a stage, with a plugin of the stage', () => {
  const app = new App({ outdir: join(folder, 'staged'), analyticsReporting: false });
  const stage = new Stage(app, 'Prod', { env: { region: 'eu-west-1', account: '111122223333' } });
  Validations.of(stage).addPlugins(new ZeroTrustChecks(stage, { now }));
  open(new Stack(stage, 'Inside'));
  open(new Stack(app, 'Outside'));
  expect(linesOf(report(app).plugin?.violations)).toEqual(['error open-egress Prod/Inside/Open']);
});

function open(stack: Stack, cidrIp = '0.0.0.0/0'): CfnSecurityGroup {
  return new CfnSecurityGroup(stack, 'Open', {
    groupDescription: 'g',
    vpcId: 'v',
    securityGroupEgress: [{ ipProtocol: '-1', cidrIp }],
  });
}

const REASON = 'The partner publishes no addresses of its servers.';

test.each([
  ['Dev', 'Prod'],
  ['Prod', 'Dev'],
])('stages that export one name, first %s: each is read in its own', (...order) => {
  const app = testApp();
  for (const name of order) {
    const stage = new Stage(app, name);
    const network = new Stack(stage, 'Network', { stackName: 'network' });
    const value = name === 'Dev' ? '0.0.0.0/0' : '10.0.0.0/8';
    new CfnOutput(network, 'Range', { value, exportName: 'range' });
    new CfnSecurityGroup(new Stack(stage, 'Web', { stackName: 'web' }), 'Group', {
      groupDescription: 'g',
      vpcId: 'vpc-0123456789abcdef0',
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: Fn.importValue('range') }],
    });
  }
  expect(linesOf(report(app).plugin?.violations)).toEqual(['error open-egress Dev/Web/Group']);
});

test('what the CDK carries to another region, and its way to let one group reach another', () => {
  const app = testApp();
  const stack = (id: string, region: string) =>
    new Stack(app, id, { env: { account: '111122223333', region }, crossRegionReferences: true });
  const list = new CfnWebACL(stack('Edge', 'us-east-1'), 'List', {
    scope: 'CLOUDFRONT',
    defaultAction: { allow: {} },
    visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'm', sampledRequestsEnabled: true },
  });
  const shop = stack('Shop', 'eu-west-1');
  new Distribution(shop, 'Distribution', {
    defaultBehavior: { origin: new HttpOrigin('shop.example') },
    webAclId: list.attrArn,
  });
  const vpc = new Vpc(shop, 'Vpc', { maxAzs: 1, natGateways: 0 });
  const [from, to] = ['From', 'To'].map(
    (id) => new SecurityGroup(shop, id, { vpc, allowAllOutbound: false }),
  ) as [SecurityGroup, SecurityGroup];
  from.connections.allowTo(to, Port.tcp(8080));
  expect(linesOf(report(app).plugin?.violations)).toEqual([]);
});

describe('an acknowledgement', () => {
  const acknowledged = (given: Partial<GuardrailAcknowledgement>, props = {}) => {
    const app = testApp(props);
    const stack = new Stack(app, 'App');
    const group = open(stack);
    ZeroTrustChecks.acknowledge(group, {
      rule: 'open-egress',
      reason: REASON,
      expires: '2027-03-31',
      ...given,
    });
    return { app, stack, group };
  };

  test('with a reason and an end takes the finding out, and the report lists it', () => {
    const { error, plugin } = report(acknowledged({}).app);
    expect([error, plugin?.conclusion, plugin?.violations]).toEqual(['', 'success', []]);
    expect(plugin?.suppressedViolations).toMatchObject([
      { ruleName: 'open-egress', reason: `${REASON} (until 2027-03-31)` },
    ]);
  });

  test('at the stack holds for what is below', () => {
    const app = testApp();
    const stack = new Stack(app, 'App');
    open(stack);
    ZeroTrustChecks.acknowledge(stack, { rule: 'open-egress', reason: REASON, expires: '2027-03-31' });
    expect(report(app).error).toBe('');
  });

  test('that is over is a finding again', () => {
    const { error, plugin } = report(acknowledged({ expires: '2026-11-29' }).app);
    expect(error).toContain('it ended on 2026-11-29');
    expect(linesOf(plugin?.violations)).toEqual(['fatal open-egress App/Open']);
  });

  test('of another construct or another rule does nothing', () => {
    const { app, stack } = acknowledged({ rule: 'fail-open' });
    const other = new CfnSecurityGroup(stack, 'Other', { groupDescription: 'g', securityGroupEgress: [] });
    ZeroTrustChecks.acknowledge(other, { rule: 'open-egress', reason: REASON, expires: '2027-03-31' });
    expect(linesOf(report(app).plugin?.violations)).toEqual(['error open-egress App/Open']);
  });

  test.each([
    ['without an end', 'Because.', 'it has no end'],
    ['without a reason', '(until 2027-03-31)', 'it gives no reason'],
    ['with an end that is no date', 'Because. (until soon)', 'its end "soon" is no date'],
    ['with an end that the calendar does not have', 'Because. (until 2027-02-30)', 'is no date'],
    ['with a reason that says nothing', '. (until 2027-03-31)', 'it gives no reason'],
    ['whose end is not its last word', 'Because (until 2027-03-31) it is so', 'it has no end'],
  ])("by the CDK's own means, %s, is none", (_, reason, fault) => {
    const app = testApp();
    const group = open(new Stack(app, 'App'));
    Validations.of(group).acknowledge({ id: 'ZeroTrust::open-egress', reason });
    expect(report(app).error).toContain(fault);
  });

  test("by the CDK's own means, with both, is one", () => {
    const app = testApp();
    const group = open(new Stack(app, 'App'));
    Validations.of(group).acknowledge({
      id: 'ZeroTrust::open-egress',
      reason: `${REASON} (until 2027-03-31)`,
    });
    expect(report(app).error).toBe('');
  });

  test('of a warning that is over is a warning again', () => {
    const app = testApp();
    const group = open(new Stack(app, 'App'), '{{resolve:ssm:/range}}');
    ZeroTrustChecks.acknowledge(group, {
      rule: 'open-egress[undecided]',
      reason: REASON,
      expires: '2026-01-01',
    });
    const { error, plugin } = report(app);
    expect(error).toBe('');
    expect(linesOf(plugin?.violations)).toEqual(['warning open-egress[undecided][faulty] App/Open']);
  });

  test('of what is decided is none for what is not, nor the other way round', () => {
    const app = testApp();
    const group = open(new Stack(app, 'App'), '{{resolve:ssm:/range}}');
    ZeroTrustChecks.acknowledge(group, { rule: 'open-egress', reason: REASON, expires: '2027-03-31' });
    expect(linesOf(report(app).plugin?.violations)).toEqual(['warning open-egress[undecided] App/Open']);
  });

  test('of no rule, without a reason, or with an end that is no day, is an error at once', () => {
    expect(() => acknowledged({ rule: 'open-egres' })).toThrow('Did you mean "open-egress"?');
    expect(() => acknowledged({ reason: ' ' })).toThrow('acknowledged without a reason');
    expect(() => acknowledged({ reason: '.' })).toThrow('acknowledged without a reason');
    expect(() => acknowledged({ expires: '2027-1-1' })).toThrow('its end "2027-1-1" is no date');
    expect(() => acknowledged({ expires: '2027-02-30' })).toThrow('is no date');
  });

  test('in a template by hand holds, until it is over', () => {
    const of = (expires: string) => {
      const app = testApp();
      const group = open(new Stack(app, 'App'));
      group.addMetadata('zero-trust-platform', {
        acknowledged: [{ rule: 'open-egress', reason: REASON, expires }],
      });
      return report(app);
    };
    expect(of('2027-03-31').error).toBe('');
    expect(of('2026-01-01').error).toContain('it ended on 2026-01-01');
  });

  test('stands in the template where that is wanted', () => {
    const { app } = acknowledged({}, { acknowledgementsInTemplates: true });
    expect(report(app).error).toBe('');
    const template = JSON.parse(readFileSync(join(app.outdir, 'App.template.json'), 'utf8')) as {
      Resources: { Open: { Metadata: unknown } };
    };
    expect(template.Resources.Open.Metadata).toEqual({
      'zero-trust-platform': {
        acknowledged: [{ rule: 'open-egress', reason: REASON, expires: '2027-03-31' }],
      },
    });
  });
});
