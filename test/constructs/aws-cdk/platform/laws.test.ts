import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import { LAWS } from '../../../support/aws/laws/index.js';
import { templatesOf } from '../../../support/aws/template.js';

const KEY_TUNNEL = 'key-tunnel: opened by the access rules alone';
const tls = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' };

/** What breaks each law, as one resource that a reviewer would send back. */
const BREAKING: readonly (readonly [law: string, type: string, properties: Record<string, unknown>])[] = [
  ['authorizer', 'AWS::ApiGateway::Method', { HttpMethod: 'GET', AuthorizationType: 'NONE' }],
  [
    'authorizer',
    'AWS::ApiGateway::Method',
    { HttpMethod: 'OPTIONS', AuthorizationType: 'NONE', Integration: { Type: 'HTTP_PROXY' } },
  ],
  ['authorizer', 'AWS::ApiGatewayV2::Route', { RouteKey: 'GET /' }],
  ['authorizer', 'AWS::Lambda::Url', { AuthType: 'NONE' }],
  ['caches nothing', 'AWS::ApiGateway::Authorizer', { Type: 'REQUEST' }],
  [
    'caches nothing',
    'AWS::ApiGateway::Authorizer',
    { AuthorizerResultTtlInSeconds: 60, IdentitySource: 'method.request.header.Authorization' },
  ],
  ['family of actions', 'AWS::IAM::Policy', allowing('s3:*', 'arn:aws:s3:::bucket')],
  ['family of actions', 'AWS::IAM::Role', { Policies: [allowing('s3:Get*', 'arn:aws:s3:::bucket')] }],
  ['on every resource', 'AWS::IAM::Policy', allowing('kms:Sign', '*')],
  ['on every resource', 'AWS::IAM::Policy', allowing('kms:Sign', 'arn:aws:kms:eu-west-1:111111111111:key/*')],
  ['on every resource', 'AWS::IAM::Policy', allowing('s3:GetObject', 'arn:aws:s3:::*')],
  ['on every resource', 'AWS::IAM::Policy', allowing('sts:AssumeRole', 'arn:aws:iam::*:role/deployer')],
  [
    'on every resource',
    'AWS::IAM::Policy',
    allowing('ssm:PutParameter', {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ssm:eu-west-1:111111111111:parameter/*']],
    }),
  ],
  [
    'on every resource',
    'AWS::IAM::Policy',
    allowing('logs:DeleteLogGroup', { 'Fn::Sub': 'arn:${AWS::Partition}:logs:eu-west-1:111111111111:*' }),
  ],
  [
    'that AWS manages',
    'AWS::IAM::Role',
    { ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'] },
  ],
  ['admits every principal', 'AWS::KMS::Key', { EnableKeyRotation: true, KeyPolicy: everybody('kms:Sign') }],
  ['admits every principal', 'AWS::S3::BucketPolicy', { PolicyDocument: everybody('s3:GetObject') }],
  ['lets out to everywhere', 'AWS::EC2::SecurityGroup', { GroupDescription: 'no rule' }],
  [
    'lets out to everywhere',
    'AWS::EC2::SecurityGroupEgress',
    { GroupId: 'sg', IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' },
  ],
  [
    'lets out to everywhere',
    'AWS::EC2::SecurityGroup',
    { GroupDescription: 'orders', SecurityGroupEgress: [{ ...tls, Description: 'key tunnel: keys' }] },
  ],
  [
    'lets out to everywhere',
    'AWS::EC2::SecurityGroup',
    { GroupDescription: 'orders', SecurityGroupEgress: [{ ...tls, CidrIp: '128.0.0.0/1' }] },
  ],
  [
    'lets out to everywhere',
    'AWS::EC2::SecurityGroup',
    { GroupDescription: KEY_TUNNEL, SecurityGroupEgress: [{ ...tls, FromPort: 0 }] },
  ],
  [
    'lets everybody in',
    'AWS::EC2::SecurityGroupIngress',
    { GroupId: 'sg', IpProtocol: 'tcp', FromPort: 1, CidrIp: '0.0.0.0/1' },
  ],
  [
    'lets everybody in',
    'AWS::EC2::SecurityGroupIngress',
    { GroupId: 'sg', IpProtocol: 'tcp', FromPort: 1, CidrIpv6: '::/0' },
  ],
  ['of another account', 'AWS::EC2::VPCEndpoint', {}],
  ['of another account', 'AWS::EC2::VPCEndpoint', allowing('s3:GetObject', '*')],
  ['TLS policy', 'AWS::ElasticLoadBalancingV2::Listener', { Protocol: 'HTTPS', Port: 443 }],
  [
    'TLS policy',
    'AWS::ElasticLoadBalancingV2::Listener',
    { Protocol: 'TLS', SslPolicy: 'ELBSecurityPolicy-2016-08' },
  ],
  ['TLS policy', 'AWS::ElasticLoadBalancingV2::Listener', { Protocol: 'HTTP' }],
  ['TLS policy', 'AWS::ApiGateway::DomainName', { SecurityPolicy: 'TLS_1_0' }],
  ['public address', 'AWS::ECS::Service', {}],
  ['every store is encrypted', 'AWS::Logs::LogGroup', { RetentionInDays: 30 }],
  ['every store is encrypted', 'AWS::S3::Bucket', {}],
  ['symmetric key rotates', 'AWS::KMS::Key', {}],
  ['blocks public access', 'AWS::S3::Bucket', {}],
  ['has a retention', 'AWS::Logs::LogGroup', { KmsKeyId: 'arn' }],
  ['has a retention', 'AWS::Lambda::Function', { Runtime: 'nodejs24.x', Architectures: ['arm64'] }],
  ['holds a secret', 'AWS::Cognito::UserPoolIdentityProvider', { ProviderDetails: { client_secret: 'abc' } }],
  [
    'holds a secret',
    'AWS::Lambda::Function',
    { Environment: { Variables: { KEY: '-----BEGIN PRIVATE KEY-----' } } },
  ],
  [
    'run as nobody',
    'AWS::ECS::TaskDefinition',
    { ContainerDefinitions: [{ Name: 'sidecar', User: '0', ReadonlyRootFilesystem: true }] },
  ],
  [
    'those that only read too',
    'AWS::Events::Rule',
    { State: 'ENABLED', EventPattern: { 'detail-type': ['AWS API Call via CloudTrail'] } },
  ],
  ['wait for one another', 'AWS::KMS::Key', { Description: { Ref: 'Thing' } }],
  ['wait for one another', 'AWS::KMS::Key', { Description: { 'Fn::Sub': 'of ${Thing.Arn}' } }],
  ['on Node 24', 'AWS::Lambda::Function', { Runtime: 'nodejs20.x', Architectures: ['arm64'] }],
];

function allowing(action: string, resource: unknown) {
  return { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] } };
}

function everybody(action: string) {
  return { Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: action, Resource: '*' }] };
}

function broken(law: string, type: string, properties: Record<string, unknown>): string[] {
  const stack = new Stack(new App(), 'Stack');
  new CfnResource(stack, 'Thing', { type, properties });
  const templates = templatesOf((stack.node.root as App).synth().directory);
  return LAWS.filter(({ name }) => name.includes(law)).flatMap((each) => each.broken(templates));
}

test.each(BREAKING)('the law "%s" sees %s break it with %j', (law, type, properties) => {
  expect(broken(law, type, properties)[0]).toContain(`(${type})`);
});

test('every law has a resource that breaks it', () => {
  const tried = BREAKING.map(([law]) => law);
  expect(LAWS.filter(({ name }) => !tried.some((law) => name.includes(law)))).toEqual([]);
});

test('what keeps the laws is not accused', () => {
  const kept: typeof BREAKING = [
    [
      '',
      'AWS::ApiGateway::Method',
      {
        HttpMethod: 'ANY',
        AuthorizationType: 'CUSTOM',
        AuthorizerId: 'a',
        Integration: { Type: 'HTTP_PROXY' },
      },
    ],
    [
      '',
      'AWS::ElasticLoadBalancingV2::Listener',
      { Protocol: 'TLS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-PQ-2025-09' },
    ],
    ['', 'AWS::ElasticLoadBalancingV2::Listener', { Protocol: 'TCP' }],
    ['', 'AWS::IAM::Policy', allowing('ecr:GetAuthorizationToken', '*')],
    ['', 'AWS::IAM::Policy', allowing('s3:GetObject', 'arn:aws:s3:::bucket/orders/*')],
    ['', 'AWS::IAM::Policy', allowing('s3:GetObject', { 'Fn::Sub': '${Bucket.Arn}/*' })],
    ['', 'AWS::EC2::SecurityGroup', { GroupDescription: KEY_TUNNEL, SecurityGroupEgress: [tls] }],
    [
      '',
      'AWS::EC2::SecurityGroup',
      { GroupDescription: 'orders', SecurityGroupEgress: [{ ...tls, CidrIp: '10.0.0.0/8' }] },
    ],
    ['', 'AWS::Logs::LogGroup', { RetentionInDays: 30, KmsKeyId: 'arn' }],
    [
      '',
      'AWS::Cognito::UserPoolIdentityProvider',
      { ProviderDetails: { client_secret: '{{resolve:secretsmanager:name:SecretString:::}}' } },
    ],
  ];
  for (const [law, type, properties] of kept) expect(broken(law, type, properties)).toEqual([]);
});
