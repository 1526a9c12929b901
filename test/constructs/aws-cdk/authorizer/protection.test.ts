import { MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { Template } from 'aws-cdk-lib/assertions';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { Account, EVERYTHING } from '../authority/account.js';
import { plan } from '../mesh/world.js';
import { ENV, testStack } from '../support/app.js';

const DEPLOYER = `arn:aws:iam::${ENV.account}:role/cdk-cfn-exec`;
const DEVELOPER = `arn:aws:iam::${ENV.account}:role/developer`;

const stack = testStack();
const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
api.root.addMethod('GET', new MockIntegration());
const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, apis: [{ service: 'web', api }] });
authorizer.protect(api);
const firewall = new WebFirewall(stack, 'Firewall');
firewall.protect('Stage', api.deploymentStage);
const statements = [
  ...authorizer.protectionStatements([DEPLOYER]),
  ...firewall.protectionStatements([DEPLOYER]),
];
const account = new Account(Template.fromStack(stack));
const control = account.resolve(stack.resolve(new PolicyDocument({ statements }))) as object;

const judge = account.arn('AWS::Lambda::Function', 'AuthorizerFunction');
const role = account.arn('AWS::IAM::Role', 'AuthorizerRole');
const list = account.arn('AWS::WAFv2::WebACL', 'Firewall');
const rest = `arn:aws:apigateway:${ENV.region}::/restapis/${account.find('AWS::ApiGateway::RestApi', 'Api')}`;
const pool = `arn:aws:cognito-idp:${ENV.region}:${ENV.account}:userpool/eu-west-1_1`;
const balancer = `arn:aws:elasticloadbalancing:${ENV.region}:${ENV.account}:loadbalancer/app/users/1`;

test.each<[what: string, action: string, resource: string]>([
  ['replaces what judges requests', 'lambda:UpdateFunctionCode', judge],
  ['gives it a layer or another environment', 'lambda:UpdateFunctionConfiguration', judge],
  ['leads the alias to an older policy', 'lambda:UpdateAlias', judge],
  ['makes the alias anew', 'lambda:CreateAlias', judge],
  ['makes a version', 'lambda:PublishVersion', judge],
  ['gives its role to another function', 'iam:PassRole', role],
  ['lets others be it', 'iam:UpdateAssumeRolePolicy', role],
  ['takes the authorizer from a method', 'apigateway:PATCH', `${rest}/resources/r00t/methods/GET`],
  ['makes an open method', 'apigateway:PUT', `${rest}/resources/r00t/methods/GET`],
  ['imports another API in its place', 'apigateway:PUT', rest],
  ['changes the list of the firewall', 'wafv2:UpdateWebACL', list],
  ['deletes it', 'wafv2:DeleteWebACL', list],
  ['ends its log', 'wafv2:DeleteLoggingConfiguration', list],
  ['takes it from a stage', 'wafv2:DisassociateWebACL', `${rest}/stages/prod`],
  ['puts another before a stage', 'wafv2:AssociateWebACL', `${rest}/stages/prod`],
  ['takes it from a user pool', 'cognito-idp:DisassociateWebACL', pool],
  ['takes it from a load balancer', 'wafv2:DisassociateWebACL', balancer],
])('whoever %s takes the protection to be refused', async (_what, action, resource) => {
  const context: Record<string, string> =
    action === 'iam:PassRole' ? { 'iam:PassedToService': 'lambda.amazonaws.com' } : {};
  const call = { by: DEVELOPER, action, resource, policies: [EVERYTHING], context };
  expect(await account.allows(call)).toBe(true);
  expect(await account.allows({ ...call, control })).toBe(false);
  expect(await account.allows({ ...call, by: DEPLOYER, control })).toBe(true);
});

test('other functions, lists and APIs, and reading these, are left alone', async () => {
  for (const [action, resource] of [
    ['lambda:UpdateFunctionCode', `${judge}-other`],
    ['lambda:GetFunction', judge],
    ['wafv2:UpdateWebACL', list.replace('Firewall', 'Other')],
    ['wafv2:GetWebACL', list],
    ['apigateway:PATCH', `${rest}x/stages/prod`],
    ['apigateway:GET', rest],
  ] as const) {
    expect([
      action,
      await account.allows({ by: DEVELOPER, action, resource, policies: [EVERYTHING], control }),
    ]).toEqual([action, true]);
  }
});
