import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { workload } from '../../../../lib/index.js';
import { Account } from '../authority/account.js';
import { ENV } from '../support/app.js';
import { plan } from './world.js';

/** Stores and tasks in one stack, so that one template has the rights of both. */
function account(): Account {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Shop', { env: ENV });
  const vpc = new Vpc(stack, 'Vpc', { availabilityZones: ['eu-west-1a'] });
  const client = (name: string) => ({
    taskDefinition: new FargateTaskDefinition(stack, `${name}Task`),
    securityGroup: new SecurityGroup(stack, `${name}Group`, { vpc }),
  });
  const clients = { orders: client('Orders'), reports: client('Reports') };
  const domain = new DataDomain(stack, 'Sales', { plan, domain: 'sales', clients });
  const stores = [
    new Bucket(stack, 'Bucket', { encryptionKey: domain.key }),
    new Queue(stack, 'Queue', { encryptionMasterKey: domain.key }),
    new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } }),
  ];
  for (const store of stores) {
    domain.protect(store, { for: workload('orders') });
    domain.protect(store, { for: workload('reports'), access: 'read' });
  }
  return new Account(Template.fromStack(stack));
}

const made = account();
const ORDERS = made.arn('AWS::IAM::Role', 'OrdersTaskTaskRole');
const REPORTS = made.arn('AWS::IAM::Role', 'ReportsTaskTaskRole');
/** An administrator of the same account. */
const ADMINISTRATOR = `arn:aws:iam::${ENV.account}:role/administrator`;
const ALL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:*', 'sqs:*', 'dynamodb:*', 'kms:*'], Resource: '*' }],
};
const KEY = made.arn('AWS::KMS::Key', 'Sales');
const BUCKET = made.arn('AWS::S3::Bucket', 'Bucket');
const OBJECT = `${BUCKET}/receipt.json`;
const QUEUE = made.arn('AWS::SQS::Queue', 'Queue');
const TABLE = made.arn('AWS::DynamoDB::Table', 'Table');
const TLS = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', 'aws:PrincipalIsAWSService': 'false' };
const SSE = 's3:x-amz-server-side-encryption';

const allows = (by: string, action: string, resource: string, context: Record<string, string> = {}) =>
  made.allows({
    by,
    action,
    resource,
    context: { ...TLS, ...context },
    ...(by === ADMINISTRATOR && { policies: [ALL] }),
  });

test.each([
  ['s3:GetObject', OBJECT],
  ['s3:PutObject', OBJECT],
  ['s3:DeleteObject', OBJECT],
  ['sqs:SendMessage', QUEUE],
  ['sqs:ReceiveMessage', QUEUE],
  ['dynamodb:GetItem', TABLE],
  ['dynamodb:PutItem', TABLE],
])('the workload may %s', async (action, resource) => {
  expect(await allows(ORDERS, action, resource)).toBe(true);
  expect(await allows(ORDERS, action, resource, { 'aws:SecureTransport': 'false' })).toBe(false);
});

test.each([
  ['s3:PutObject', OBJECT],
  ['sqs:SendMessage', QUEUE],
  ['dynamodb:PutItem', TABLE],
])('one that may read may not %s', async (action, resource) => {
  expect(await allows(REPORTS, action, resource)).toBe(false);
});

test.each([
  ['s3:GetObject', OBJECT],
  ['s3:GetObjectVersion', OBJECT],
  ['s3:PutObject', OBJECT],
  ['s3:PutObjectAcl', OBJECT],
  ['s3:DeleteObject', OBJECT],
  ['s3:DeleteObjectVersion', OBJECT],
  ['s3:ReplicateObject', OBJECT],
  ['sqs:ReceiveMessage', QUEUE],
  ['sqs:SendMessage', QUEUE],
  ['dynamodb:GetItem', TABLE],
  ['dynamodb:Scan', TABLE],
  ['dynamodb:PutItem', TABLE],
  ['dynamodb:PartiQLSelect', TABLE],
  ['dynamodb:PartiQLInsert', TABLE],
  ['dynamodb:PartiQLUpdate', TABLE],
  ['dynamodb:PartiQLDelete', TABLE],
  ['dynamodb:CreateBackup', TABLE],
  ['dynamodb:ExportTableToPointInTime', TABLE],
  ['dynamodb:RestoreTableToPointInTime', TABLE],
  ['dynamodb:EnableKinesisStreamingDestination', TABLE],
])('an administrator who may do everything may not %s', async (action, resource) => {
  expect(await allows(ADMINISTRATOR, action, resource)).toBe(false);
});

test.each([
  ['s3:PutBucketTagging', BUCKET],
  ['s3:ListBucket', BUCKET],
  ['sqs:GetQueueAttributes', QUEUE],
  ['dynamodb:DescribeTable', TABLE],
  ['dynamodb:UpdateTable', TABLE],
  ['dynamodb:PutResourcePolicy', TABLE],
])('but still administers: %s', async (action, resource) => {
  expect(await allows(ADMINISTRATOR, action, resource)).toBe(true);
});

test.each<[string, boolean, Record<string, string>]>([
  ['with nothing named', true, {}],
  ['with the key of the domain', true, { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY }],
  ['by the kind alone, which is the key of S3', false, { [SSE]: 'aws:kms' }],
  ['with the keys of S3', false, { [SSE]: 'AES256' }],
  ['with another key', false, { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY.replace(/.$/, 'X') }],
  ['with a key of the client', false, { [`${SSE}-customer-algorithm`]: 'AES256' }],
  ['by TLS 1.1', false, { 's3:TlsVersion': '1.1' }],
])('an object that is written %s: %s', async (_, allowed, context) => {
  expect(await allows(ORDERS, 's3:PutObject', OBJECT, context)).toBe(allowed);
});
