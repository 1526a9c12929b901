import { Fn, type Stack } from 'aws-cdk-lib';
import { type CfnRestApi, MockIntegration, RestApi, Stage } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationLoadBalancer, NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { mistake, mistakeAtSynthesis, onlyResource, templateOf } from '../support/app.js';

const ARN = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/1a2b';

function stage(scope: Construct): Stage {
  const api = new RestApi(scope, 'Api');
  api.root.addMethod('GET', new MockIntegration());
  return api.deploymentStage;
}

function resourceArn(build: (scope: Construct) => unknown): string {
  const template = templateOf((stack) => build(stack));
  return JSON.stringify(onlyResource(template, 'AWS::WAFv2::WebACLAssociation')['ResourceArn']);
}

test("it stands before a REST API's stage", () => {
  const arn = resourceArn((scope) => new WebFirewall(scope, 'Firewall').protect('Api', stage(scope)));
  expect(arn).toMatch(/:apigateway:eu-west-1::\/restapis\/".*\/stages\//);
});

test('it stands before an Application Load Balancer and a user pool', () => {
  const balancer = resourceArn((scope) => {
    const vpc = new Vpc(scope, 'Vpc');
    new WebFirewall(scope, 'Firewall').protect('Web', new ApplicationLoadBalancer(scope, 'Web', { vpc }));
  });
  expect(balancer).toContain('"Ref":"Web');
  const pool = resourceArn((scope) =>
    new WebFirewall(scope, 'Firewall').protect('Pool', new UserPool(scope, 'Pool')),
  );
  expect(pool).toContain('"Pool');
});

test('a list that exists protects too', () => {
  const template = templateOf((stack) =>
    WebFirewall.fromWebAclArn(stack, 'List', ARN).protect('Api', stage(stack)),
  );
  expect(onlyResource(template, 'AWS::WAFv2::WebACLAssociation')['WebACLArn']).toBe(ARN);
});

const http = 'arn:aws:apigateway:eu-west-1::/apis/a1b2c3/stages/live';
const network = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/gateway/1a2b';

test.each<[string, (scope: Construct) => unknown]>([
  ['the ARN of a Network Load Balancer', () => network],
  ['the ARN of an HTTP API', () => http],
  ['the ARN of a distribution', () => 'arn:aws:cloudfront::111122223333:distribution/E1'],
  ['an HTTP API', (scope) => new HttpApi(scope, 'Http').defaultStage],
  [
    'a Network Load Balancer',
    (scope) => new NetworkLoadBalancer(scope, 'Net', { vpc: new Vpc(scope, 'Vpc') }),
  ],
])('%s cannot be protected', (_, target) => {
  const error = mistake((scope) => new WebFirewall(scope, 'Firewall').protect('It', target(scope) as never));
  expect(error.code).toBe('firewall-target');
  expect(error.message).toContain('REST API');
});

test('a list for CloudFront protects nothing of a region', () => {
  const global = mistake(
    (scope) => new WebFirewall(scope, 'Firewall', { scope: 'CLOUDFRONT' }).protect('Api', stage(scope)),
    'us-east-1',
  );
  expect(global.code).toBe('firewall-scope');
  const imported = mistake((scope) =>
    WebFirewall.fromWebAclArn(scope, 'List', ARN.replace('regional', 'global')).protect('Api', stage(scope)),
  );
  expect(imported.code).toBe('firewall-scope');
});

test.each<[string, (scope: Stack, target: Stage) => unknown]>([
  [
    'by the ARN of the stage',
    (scope, { stageArn }) =>
      new CfnWebACLAssociation(scope, 'Second', { webAclArn: ARN, resourceArn: stageArn }),
  ],
  [
    'by a text',
    (scope, { restApi }) => {
      const resourceArn = `arn:aws:apigateway:eu-west-1::/restapis/${restApi.restApiId}/stages/prod`;
      new CfnWebACLAssociation(scope, 'Second', { webAclArn: ARN, resourceArn });
    },
  ],
  [
    'by Fn::Sub',
    (scope, { restApi }) => {
      const api = scope.getLogicalId(restApi.node.defaultChild as CfnRestApi);
      const resourceArn = Fn.sub(`arn:aws:apigateway:eu-west-1::/restapis/\${${api}}/stages/prod`);
      new CfnWebACLAssociation(scope, 'Second', { webAclArn: ARN, resourceArn });
    },
  ],
  [
    'by another firewall',
    (scope, target) => WebFirewall.fromWebAclArn(scope, 'Other', ARN).protect('Second', target),
  ],
])('a second list before one stage, %s, stops synthesis', (_, second) => {
  expect(
    mistakeAtSynthesis((scope) => {
      const target = stage(scope);
      new WebFirewall(scope, 'Firewall').protect('Api', target);
      second(scope, target);
    }),
  ).toContain('second-firewall');
});

test('lists before two stages of one API are one each', () => {
  const template = templateOf((scope) => {
    const target = stage(scope);
    const deployment = target.restApi.latestDeployment!;
    const firewall = new WebFirewall(scope, 'Firewall');
    firewall.protect('Api', target);
    firewall.protect('Test', new Stage(scope, 'Test', { deployment, stageName: 'test' }));
  });
  template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 2);
});
