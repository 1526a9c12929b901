import { Duration, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import {
  PipelineIssuer,
  PipelineRole,
  type PipelineRoleProps,
} from '../../../../constructs/aws-cdk/identity/index.js';
import { mistake, onlyResource, templateOf } from '../support/app.js';
import { plan } from '../support/plan.js';

const issuer = 'https://token.actions.githubusercontent.com';
const subject = 'repo:shop/shop:environment:prod';
const boundary = (scope: Construct) =>
  ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', 'arn:aws:iam::111122223333:policy/pipelines');

function role(scope: Construct, props: Partial<PipelineRoleProps> = {}): PipelineRole {
  return new PipelineRole(scope, 'Deploy', {
    issuer,
    subject,
    permissionsBoundary: boundary(scope),
    ...props,
  });
}

test('one pipeline takes the role: audience and subject are each one value, and the boundary is there', () => {
  const template = templateOf((stack) => role(stack));
  expect(onlyResource(template, 'AWS::IAM::Role')).toMatchObject({
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Principal: { Federated: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } },
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
              'token.actions.githubusercontent.com:sub': subject,
            },
          },
        },
      ],
    },
    PermissionsBoundary: 'arn:aws:iam::111122223333:policy/pipelines',
    MaxSessionDuration: 3600,
  });
  expect(onlyResource(template, 'AWS::IAM::OIDCProvider')).toEqual({
    Url: issuer,
    ClientIdList: ['sts.amazonaws.com'],
  });
});

test('a pipeline of the model is pinned to the subject that the model gives', () => {
  const template = templateOf((stack) =>
    PipelineRole.fromPlan(stack, 'Deploy', {
      plan,
      pipeline: 'deploy',
      permissionsBoundary: boundary(stack),
    }),
  );
  expect(JSON.stringify(onlyResource(template, 'AWS::IAM::Role'))).toContain(
    '"repo:shop/shop:environment:prod"',
  );
});

test('two roles of one issuer share its provider, and each audience is in it', () => {
  const template = templateOf((stack) => {
    const permissionsBoundary = boundary(stack);
    const of = (id: string, audience?: string) =>
      new PipelineRole(stack, id, { issuer, subject, permissionsBoundary, ...(audience && { audience }) });
    of('One');
    of('Two', 'https://deploy.shop.example');
  });
  expect(onlyResource(template, 'AWS::IAM::OIDCProvider')['ClientIdList']).toEqual([
    'https://deploy.shop.example',
    'sts.amazonaws.com',
  ]);
});

test('a provider that the account has is used, and none is made', () => {
  const arn = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
  const template = templateOf((stack) => role(stack, { provider: PipelineIssuer.fromArn(issuer, arn) }));
  template.resourceCountIs('AWS::IAM::OIDCProvider', 0);
  expect(JSON.stringify(onlyResource(template, 'AWS::IAM::Role'))).toContain(arn);
});

test('grants go to the role', () => {
  const template = templateOf((stack) => {
    const made = role(stack);
    made.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: ['arn:aws:s3:::releases/*'] }),
    );
  });
  expect(JSON.stringify(onlyResource(template, 'AWS::IAM::Policy'))).toContain('arn:aws:s3:::releases/*');
});

test.each<[string, string, (scope: Construct) => Partial<PipelineRoleProps>]>([
  ['every branch', 'subject-wildcard', () => ({ subject: 'repo:shop/shop:*' })],
  ['every repository', 'subject-wildcard', () => ({ subject: 'repo:shop/*' })],
  ['a pull request', 'subject-not-pinned', () => ({ subject: 'repo:shop/shop:pull_request' })],
  ['a repository without a branch', 'subject-not-pinned', () => ({ subject: 'repo:shop/shop' })],
  ['no subject', 'subject-not-pinned', () => ({ subject: '', issuer: 'https://gitlab.example' })],
  [
    'a subject that only a deployment knows',
    'literal-needed',
    (scope) => ({ subject: Stack.of(scope).stackId }),
  ],
  ['an audience with a wildcard', 'audience-not-pinned', () => ({ audience: '*' })],
  ['no audience', 'audience-not-pinned', () => ({ audience: '' })],
  ['no boundary', 'no-permissions-boundary', () => ({ permissionsBoundary: undefined as never })],
  [
    'a boundary that is none',
    'no-permissions-boundary',
    () => ({ permissionsBoundary: ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess') }),
  ],
  ['an issuer in clear text', 'malformed-issuer', () => ({ issuer: 'http://gitlab.example' })],
  ['an issuer with a slash at its end', 'malformed-issuer', () => ({ issuer: 'https://gitlab.example/' })],
  ['a session of a day', 'out-of-range', () => ({ maxSession: Duration.days(1) })],
  [
    'a provider of another issuer',
    'other-issuer',
    () => ({
      provider: PipelineIssuer.fromArn('https://gitlab.example', 'arn:aws:iam::111122223333:oidc-provider/x'),
    }),
  ],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => role(scope, props(scope))).code).toBe(code);
});

test.each([
  'https://token.actions.githubusercontent.com/octo-inc',
  'https://token.actions.octo.ghe.com',
  'https://github.octo.example/_services/token',
  // Whatever it is called: the subject is GitHub's.
  'https://ci.octo.example',
])('a subject of %s is pinned as one of github.com', (enterprise) => {
  for (const open of [
    'repo:shop/shop:pull_request',
    'repo:shop/shop',
    'repo:shop/shop:ref:refs/pull/1/merge',
  ]) {
    const error = mistake((scope) => role(scope, { issuer: enterprise, subject: open }));
    expect(error.code).toBe('subject-not-pinned');
    expect(error.message).toContain('repo:<owner>/<name>:environment:<name>');
  }
  expect(() => templateOf((stack) => role(stack, { issuer: enterprise }))).not.toThrow();
});

test('a pipeline that the model does not have is an error', () => {
  const error = mistake((scope) =>
    PipelineRole.fromPlan(scope, 'Deploy', {
      plan,
      pipeline: 'deplyo',
      permissionsBoundary: boundary(scope),
    }),
  );
  expect(error.code).toBe('unknown-pipeline');
  expect(error.message).toContain('expected deploy');
});

test('subjects of GitHub with immutable ids, tags and branches are taken', () => {
  for (const pinned of [
    'repo:shop@1/shop@2:ref:refs/heads/main',
    'repo:shop/shop:ref:refs/tags/v1.2.3',
    'repo:shop/shop:environment:prod%3Aeu',
  ]) {
    expect(() => templateOf((stack) => role(stack, { subject: pinned }))).not.toThrow();
  }
});
