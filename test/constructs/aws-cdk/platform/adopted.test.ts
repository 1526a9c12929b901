import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnDeployment, Deployment, HttpIntegration, RestApi, Stage } from 'aws-cdk-lib/aws-apigateway';
import { allow, anyone, defineZeroTrust, http } from 'zero-trust-platform';
import { ConstructError, ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';

const model = defineZeroTrust({
  trustDomain: 'adopted.example',
  environment: 'test',
  identity: { providers: {} },
  services: { web: http({ host: 'www.adopted.example' }) },
  access: [allow(anyone()).to('web', 'GET /')],
});

function stackWithApi(): { stack: Stack; api: RestApi } {
  const stack = new Stack(testApp(), 'Stack', { env: TEST_ENVIRONMENT });
  const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
  api.root.addMethod('GET', new HttpIntegration('https://web.example'));
  return { stack, api };
}

function second(stack: Stack, api: RestApi): Stage {
  const deployment = new Deployment(stack, 'Second', { api });
  return new Stage(stack, 'SecondStage', { deployment, stageName: 'second' });
}

function platform(stack: Stack, apis: ZeroTrustPlatformProps['apis']): ZeroTrustPlatform {
  return new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    mesh: { unjoined: ['web'] },
    ...(apis && { apis }),
  });
}

const synthesized = (stack: Stack) => (stack.node.root as App).synth();

test('the firewall stands before every stage of an adopted API, and alarms watch its authorizer', () => {
  const { stack, api } = stackWithApi();
  second(stack, api);
  const { firewall, authorizer } = platform(stack, [{ service: 'web', api }]);
  synthesized(stack);
  Template.fromStack(Stack.of(firewall)).resourceCountIs('AWS::WAFv2::WebACLAssociation', 2);
  const alarms = Template.fromStack(Stack.of(authorizer!)).findResources('AWS::CloudWatch::Alarm');
  expect(Object.keys(alarms).join()).toMatch(/AuthorizerUnavailable/);
  expect(Object.keys(alarms).join()).toMatch(/AuthorizerThrottles/);
  expect(Object.keys(alarms).join()).toMatch(/AuthorizerTimeouts/);
  const errors = Object.values(alarms).filter(({ Properties }) => Properties.MetricName === '5XXError');
  expect(errors.map(({ Properties }) => Properties.Dimensions)).toEqual([
    [{ Name: 'ApiName', Value: 'Api' }],
  ]);
  for (const { Properties } of Object.values(alarms)) expect(Properties.AlarmActions).toHaveLength(1);
});

test.each<[string, (stack: Stack, api: RestApi) => unknown]>([
  ['comes after the platform', second],
  [
    'a deployment makes by itself',
    (stack, api) => new CfnDeployment(stack, 'Own', { restApiId: api.restApiId, stageName: 'own' }),
  ],
])('a stage that %s stops synthesis: no firewall would stand before it', (_, make) => {
  const { stack, api } = stackWithApi();
  platform(stack, [{ service: 'web', api }]);
  make(stack, api);
  expect(() => synthesized(stack)).toThrow(/stage-without-firewall.*before the platform/s);
});

test('an API that is not of this app is an error without somebody who answers for it', () => {
  const { stack } = stackWithApi();
  const api = RestApi.fromRestApiId(stack, 'Imported', 'a1b2c3d4e5');
  expect(() => platform(stack, [{ service: 'web', api }])).toThrow(ConstructError);
  const other = stackWithApi().stack;
  const protectedElsewhere = { reason: 'its own stack asks the authorizer', expires: '2099-01-01' };
  const imported = RestApi.fromRestApiId(other, 'Imported', 'a1b2c3d4e5');
  expect(() => platform(other, [{ service: 'web', api: imported, protectedElsewhere }])).not.toThrow();
});
