import '../support/bundles.js';
import { Duration } from 'aws-cdk-lib';
import { MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  FULL_CACHE_KEY,
  TokenAuthorizer,
  type TokenAuthorizerProps,
} from '../../../../constructs/aws-cdk/authorizer/index.js';
import { mistake, onlyResource, templateOf } from '../support/app.js';
import { plan, proofPlan } from '../support/plan.js';

function authorizer(scope: Construct, props: Partial<TokenAuthorizerProps> = {}): TokenAuthorizer {
  const made = new TokenAuthorizer(scope, 'Authorizer', { plan: proofPlan, services: ['orders'], ...props });
  const api = new RestApi(scope, 'Api', { cloudWatchRole: false });
  api.root.addMethod('ANY', new MockIntegration(), { authorizer: made.authorizerFor(api, 'orders') });
  return made;
}

const statements = (template: ReturnType<typeof templateOf>) =>
  (onlyResource(template, 'AWS::IAM::Role') as { Policies: { PolicyDocument: { Statement: object[] } }[] })
    .Policies[0]!.PolicyDocument.Statement;

test('a rule that asks for a proof brings a table, to which the function may add and nothing else', () => {
  const template = templateOf((stack) => {
    const { data } = authorizer(stack);
    expect(data.policy.dpop).toBe(true);
    expect(data.proofs).toEqual({
      maxAgeSeconds: 60,
      replay: { kind: 'dynamodb', table: { ref: 'proofs/table' } },
    });
  });
  expect(onlyResource(template, 'AWS::DynamoDB::Table')).toEqual({
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
  });
  const found = { 'Fn::GetAtt': [expect.stringMatching(/^AuthorizerUsedProofs/), 'Arn'] };
  expect(statements(template)).toHaveLength(2);
  expect(statements(template)[1]).toEqual({ Action: 'dynamodb:PutItem', Effect: 'Allow', Resource: found });
  const { Environment } = onlyResource(template, 'AWS::Lambda::Function');
  expect(JSON.stringify(Environment)).toContain('proofs/table');
});

test('a table that is given is used, with its key', () => {
  const template = templateOf((stack) => {
    const table = new Table(stack, 'Given', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: new Key(stack, 'Key'),
    });
    const proofs = { usedProofs: table, maxAge: Duration.seconds(10) };
    authorizer(stack, { plan, proofs });
  });
  expect(statements(template)[1]).toMatchObject({
    Action: 'dynamodb:PutItem',
    Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Given/), 'Arn'] },
  });
  const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy');
  expect(JSON.stringify(PolicyDocument)).toContain('kms:GenerateDataKey*');
});

test('memory needs no table, and without a rule or a prop there are no proofs', () => {
  const inMemory = templateOf((stack) => {
    const { data } = authorizer(stack, { plan, proofs: { usedProofs: 'environment' } });
    expect([data.policy.dpop, data.proofs?.replay]).toEqual([true, { kind: 'memory' }]);
  });
  inMemory.resourceCountIs('AWS::DynamoDB::Table', 0);
  expect(statements(inMemory)).toHaveLength(1);
  templateOf((stack) => {
    const { data } = authorizer(stack, { plan });
    expect([data.policy.dpop, data.proofs]).toEqual([undefined, undefined]);
  }).resourceCountIs('AWS::DynamoDB::Table', 0);
});

test('a cache would answer a proof that was used', () => {
  const cached = { cacheTtl: Duration.seconds(30), cacheKey: FULL_CACHE_KEY };
  expect(mistake((stack) => authorizer(stack, cached)).code).toBe('cache-of-proof');
  const more = { ...cached, plan, proofs: {} };
  expect(mistake((stack) => authorizer(stack, more)).code).toBe('cache-of-proof');
});

test.each([0, 301])('a proof of %s seconds is none', (seconds) => {
  const proofs = { maxAge: Duration.seconds(seconds) };
  expect(mistake((stack) => authorizer(stack, { proofs })).message).toContain('proofs.maxAge');
});
