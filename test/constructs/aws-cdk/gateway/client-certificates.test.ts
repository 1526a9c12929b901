import { Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { allow, anyone, defineZeroTrust, http } from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { listOf, resourcesOf, type Template, templatesOf } from '../../../support/aws/template.js';

const model = defineZeroTrust({
  trustDomain: 'exchange.example',
  environment: 'test',
  identity: { providers: {} },
  services: { web: http({ host: 'www.exchange.example' }), shop: http({ host: 'shop.exchange.example' }) },
  access: [allow(anyone()).to('web', 'GET /'), allow(anyone()).to('shop', 'GET /')],
});

interface Deployed {
  /** Certificates that gateways of this template pin. */
  readonly pinned: readonly string[];
  /** Certificates that stages of this template show. */
  readonly shown: readonly string[];
}

/** A whole platform: the gateway and the stages stand in nested stacks of their own. */
function deployed(clientCertificateStep: number): Deployed {
  const app = testApp();
  const stack = new Stack(app, 'Exchange', { env: TEST_ENVIRONMENT });
  new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    vpc: new Vpc(stack, 'Network', { maxAzs: 2, natGateways: 0 }),
    gateway: {
      unverifiedCertificate: { reason: 'a test', expires: '2099-01-01' },
      clientCertificateStep,
    },
    mesh: {
      unjoined: ['web', 'shop'],
      endpointSecurityGroup: SecurityGroup.fromSecurityGroupId(stack, 'Endpoints', 'sg-1'),
    },
  });
  const templates = templatesOf(app.synth().directory);
  const [read] = resourcesOf(templates, 'Custom::ZeroTrustClientCertificates');
  const pinned = listOf(read!.properties['Certificates']).map(numberOf);
  // The hashes of exactly these two are what the gateway is told.
  const refs = JSON.stringify(
    resourcesOf(templates, 'AWS::ECS::TaskDefinition').map((task) => task.properties),
  );
  for (const name of ['Current', 'Next']) expect(refs).toContain(`"${name}"`);
  return { pinned, shown: shownBy(templates) };
}

/** What stages show comes as a parameter of their stack, from an output of the gateway's: that one is done first. */
function shownBy(templates: readonly Template[]): string[] {
  const stages = resourcesOf(templates, 'AWS::ApiGateway::Stage');
  expect(stages).toHaveLength(2);
  const parameters = resourcesOf(templates, 'AWS::CloudFormation::Stack').flatMap(({ properties }) =>
    Object.entries(properties['Parameters'] ?? {}),
  );
  return stages.map(({ properties }) => {
    const { Ref } = properties['ClientCertificateId'] as { Ref: string };
    const value = parameters.find(([name]) => name === Ref)?.[1];
    expect(JSON.stringify(value)).toMatch(/"Outputs\./);
    return numberOf(value);
  });
}

function numberOf(value: unknown): string {
  const number = /ClientCertificatesCertificate(\d)[0-9A-F]{8}/.exec(JSON.stringify(value))?.[1];
  expect(number).toBeDefined();
  return number!;
}

const steps = [1, 2, 3, 4, 5].map(deployed);

test('the first step pins two certificates and shows the first', () => {
  expect(steps[0]).toEqual({ pinned: ['1', '2'], shown: ['1', '1'] });
});

test('from step to step every certificate that a stage shows is pinned by every gateway, in any order', () => {
  for (const [index, after] of steps.entries()) {
    const before = steps[index - 1] ?? after;
    // While tasks are exchanged both kinds run, and one stage after the other is updated, or taken back.
    const shown = new Set([...before.shown, ...after.shown]);
    const pinnedByAll = before.pinned.filter((id) => after.pinned.includes(id));
    expect([...shown].filter((id) => !pinnedByAll.includes(id))).toEqual([]);
  }
});

test('two steps at once would refuse: that is what a deployment must not do', () => {
  const [first, , third] = steps;
  expect(third!.pinned).not.toContain(first!.shown[0]);
});

test('after four steps nothing is pinned or shown that was there at first', () => {
  const [first, last] = [steps[0]!, steps.at(-1)!];
  for (const id of [...last.pinned, ...last.shown]) expect(first.pinned).not.toContain(id);
});
