import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { agentImage } from '../../../../constructs/aws-cdk/mesh/agent-image.js';
import { configurationsOf } from '../../../../constructs/aws-cdk/mesh/configurations.js';
import {
  allow,
  cognito,
  defineZeroTrust,
  http,
  oidc,
  type Provider,
  senderConstrained,
  user,
} from '../../../../lib/model/index.js';
import { configurationHash, configurationText } from '../../../../lib/point/configuration.js';
import { refsOf, type Template } from '../../../../lib/plan/refs.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { temporaryFolder } from '../../../local/temporary.js';
import { application, container, environment, templateOf, world } from './world.js';

interface Choice {
  readonly decisionService?: 'everyPoint';
  readonly group?: string;
  readonly people?: Provider;
}

const IDP = oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://keys.shop.example/jwks' });

function planOf({ decisionService, group = 'staff', people = IDP }: Choice) {
  return resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'test',
      identity: { providers: { people } },
      services: {
        web: http({ host: 'www.shop.example', ...(decisionService && { decisionService }) }),
        orders: http(),
        payments: http(),
      },
      access: [
        allow(user({ groups: [group] }))
          .to('web', 'GET /')
          .when(senderConstrained('dpop')),
      ],
    }),
    { engine: 'aws' },
  );
}

function joined(choice: Choice) {
  const plan = planOf(choice);
  const made = world({ plan });
  made.mesh.join('web', application(made.shop), { applicationPort: 8080 });
  return { ...made, plan, template: templateOf(made.shop) };
}

test('the configuration of a point that asks has the policy, under the hash that its task names', () => {
  const { plan, template } = joined({ decisionService: 'everyPoint' });
  const { web, gateway, orders } = configurationsOf(plan);
  expect([web, gateway, orders].map((found) => found?.decision !== undefined)).toEqual([true, true, false]);
  expect(web?.decision?.policy).toMatchObject({
    point: 'services/web/sidecar/decision',
    standsAt: { kind: 'sidecar', service: 'web' },
    policy: { services: { web: { rules: [{ principals: expect.anything() }] } } },
  });
  expect(gateway?.decision?.policy).toMatchObject({ standsAt: { kind: 'gateway', behindEdge: true } });
  const key = (choice: Choice) =>
    `web/${configurationHash(configurationText(configurationsOf(planOf(choice))['web']!))}`;
  expect(environment(container(template, 'sidecar'))['ZTP_CONFIGURATION_KEY']).toBe(
    key({ decisionService: 'everyPoint' }),
  );
  const { decision, ...rest } = web!;
  const others = [
    configurationText(rest),
    configurationText({ ...web!, decision: { ...decision!, maxRevocations: 7 } }),
    configurationText({ ...web!, decision: { ...decision!, policy: {} } }),
  ].map(configurationHash);
  expect(new Set([...others, configurationHash(configurationText(web!))]).size).toBe(4);
});

test('its task has no right, port, variable or user more than another', () => {
  const [asking, plain] = [joined({ decisionService: 'everyPoint' }), joined({})];
  const [one, other] = [asking, plain].map(({ template }) => container(template, 'sidecar'));
  const told = (of: typeof one) => {
    const { ZTP_CONFIGURATION_KEY: _key, ...values } = environment(of!);
    return values;
  };
  expect(told(one)).toEqual(told(other));
  const varying = { Environment: [], MemoryReservation: 0 };
  expect({ ...one, ...varying }).toEqual({ ...other, ...varying });
  expect([one?.['MemoryReservation'], other?.['MemoryReservation']]).toEqual([256, 128]);
  const rights = [asking, plain].map(({ template }) => [
    Object.values(template.findResources('AWS::IAM::Policy')).map(({ Properties }) => Properties),
    Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties),
  ]);
  expect(rights[0]).toEqual(rights[1]);
});

test('behind the authorizer nobody uses proofs up: no point has anything to remember one in', () => {
  const plan = planOf({ decisionService: 'everyPoint' });
  expect(plan.policy.dpop).toBe(true);
  expect(new Set(Object.values(plan.proofCheckedAt))).toEqual(new Set(['authorizer']));
  for (const { decision } of Object.values(configurationsOf(plan))) {
    if (decision) expect(Object.keys(decision.policy as object)).not.toContain('proofs');
  }
});

test('what only the deployment knows has its value in the rules already', () => {
  const people = cognito({ directory: 'staff', clients: { web: 'web' } });
  const plan = planOf({ decisionService: 'everyPoint', people });
  for (const { bootstrap, rules, decision } of Object.values(configurationsOf(plan))) {
    if (!decision) continue;
    const known = new Set([...refsOf(bootstrap), ...refsOf(rules as unknown as Template)]);
    const wanted = refsOf(decision.policy);
    expect(wanted).toContain('issuers/people/issuer');
    // The place of the keys is in neither: an Envoy knows it as host and path.
    expect(wanted.filter((name) => !known.has(name) && name !== 'issuers/people/jwks')).toEqual([]);
  }
});

test('an alarm tells of each decision service that ended by itself, and a point without one has none', () => {
  const ends = (choice: Choice) => {
    const { platform } = joined(choice);
    return Object.values(templateOf(platform).findResources('AWS::CloudWatch::Alarm'))
      .map(({ Properties }) => String(Properties.MetricName))
      .filter((name) => name.startsWith('DecisionService'));
  };
  expect(ends({ decisionService: 'everyPoint' })).toEqual(['DecisionServiceEnds-web']);
  expect(ends({})).toEqual([]);
});

test('the image is built from both bundles', () => {
  const outdir = temporaryFolder();
  const app = new App({ analyticsReporting: false, outdir });
  const stack = new Stack(app, 'Stack');
  const task = new FargateTaskDefinition(stack, 'Task');
  task.addContainer('point', { image: agentImage(stack, {}), memoryLimitMiB: 64 });
  app.synth();
  const context = readdirSync(outdir).find((name) => isContext(join(outdir, name)));
  for (const part of ['agent', 'decision']) {
    const built = join(__dirname, '../../../../dist/gateway', part, 'index.js');
    expect(readFileSync(join(outdir, context!, `${part}.js`)).equals(readFileSync(built))).toBe(true);
  }
});

function isContext(folder: string): boolean {
  try {
    return readdirSync(folder).includes('Dockerfile');
  } catch {
    return false;
  }
}
