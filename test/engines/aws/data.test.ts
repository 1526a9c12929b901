import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { AccountRootPrincipal, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import { LegacyStackSynthesizer } from 'aws-cdk-lib/core';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';
import { protectedStores } from '../../constructs/aws-cdk/data/world.js';
import { ADMINISTRATOR, element, LocalAccount } from '../../support/aws/local-account.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../support/python-tools.js';
import { TEST_ENVIRONMENT, testApp } from '../../support/aws/synth.js';

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

let account: LocalAccount;
let data: Template;
let tasks: Template;

/** What CloudFormation made of a resource of the stack, by its type and the beginning of its logical ID. */
async function physicalId(stack: string, id: string): Promise<string> {
  const text = await account.query('cloudformation', ADMINISTRATOR, {
    Action: 'DescribeStackResource',
    Version: '2010-05-15',
    StackName: stack,
    LogicalResourceId: id,
  });
  return element(text, 'PhysicalResourceId');
}

const inData = (type: string, part: string) =>
  physicalId(
    'Data',
    Object.keys(data.Resources).find((id) => data.Resources[id]!.Type === type && id.startsWith(part))!,
  );

beforeAll(async () => {
  account = new LocalAccount(await LocalAccount.start());
  const made = protectedStores({
    env: TEST_ENVIRONMENT,
    outdir: testApp().outdir,
    defaultStackSynthesizer: new LegacyStackSynthesizer(),
  });
  const administrator = new Role(made.tasks, 'Administrator', { assumedBy: new AccountRootPrincipal() });
  administrator.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess'));
  const { directory } = made.app.synth();
  const deploy = async (name: string) => {
    const template = readFileSync(join(directory, `${name}.template.json`), 'utf8');
    await account.create(name, template);
    return JSON.parse(template) as Template;
  };
  tasks = await deploy('Tasks');
  data = await deploy('Data');
}, PYTHON_TOOLS_TIMEOUT);

afterAll(() => account?.aws.stop());

test('stores of every kind are deployed, each as it is to be protected', async () => {
  const tables = new DynamoDBClient(account.client());
  const TableName = await inData('AWS::DynamoDB::Table', 'Table');
  const { Table } = await tables.send(new DescribeTableCommand({ TableName }));
  expect(Table?.TableStatus).toBe('ACTIVE');

  const database = await account.query('rds', ADMINISTRATOR, {
    Action: 'DescribeDBInstances',
    Version: '2014-10-31',
    DBInstanceIdentifier: await inData('AWS::RDS::DBInstance', 'Database'),
  });
  expect(element(database, 'IAMDatabaseAuthenticationEnabled')).toBe('true');
  expect(element(database, 'StorageEncrypted')).toBe('true');
  expect(element(database, 'PubliclyAccessible')).toBe('false');

  const cache = await account.query('elasticache', ADMINISTRATOR, {
    Action: 'DescribeReplicationGroups',
    Version: '2015-02-02',
    ReplicationGroupId: await inData('AWS::ElastiCache::ReplicationGroup', 'Cache'),
  });
  expect(element(cache, 'TransitEncryptionEnabled')).toBe('true');
});

describe('with rights enforced', () => {
  let workload: TaskCredentials;
  let administrator: TaskCredentials;
  let Bucket: string;
  let QueueUrl: string;
  beforeAll(async () => {
    Bucket = await inData('AWS::S3::Bucket', 'Bucket');
    QueueUrl = await inData('AWS::SQS::Queue', 'Queue');
    const role = async (id: string) =>
      `arn:aws:iam::${TEST_ENVIRONMENT.account}:role/${await physicalId('Tasks', id)}`;
    const idOf = (part: string) =>
      Object.keys(tasks.Resources).find(
        (id) => tasks.Resources[id]!.Type === 'AWS::IAM::Role' && id.startsWith(part),
      )!;
    workload = await account.session(await role(idOf('orderstaskTaskRole')));
    administrator = await account.session(await role(idOf('Administrator')));
    await account.enforce(true);
  });
  afterAll(() => account.enforce(false));

  const put = (by: TaskCredentials, more: Partial<PutObjectCommandInput> = {}) =>
    statusOf(
      new S3Client(account.client(by)).send(
        new PutObjectCommand({ Bucket, Key: 'receipt', Body: 'paid', ...more }),
      ),
    );
  const get = (by: TaskCredentials) =>
    statusOf(new S3Client(account.client(by)).send(new GetObjectCommand({ Bucket, Key: 'receipt' })));
  const send = (by: TaskCredentials) =>
    account
      .query('sqs', by, { Action: 'SendMessage', Version: '2012-11-05', QueueUrl, MessageBody: 'paid' })
      .then(
        () => 200,
        (error: Error) => Number(error.message.slice(0, 3)),
      );

  test('the workload reads and writes', async () => {
    expect([await put(workload), await get(workload), await send(workload)]).toEqual([200, 200, 200]);
  });

  test('an administrator of the account does not, whatever its own policy allows', async () => {
    expect([await put(administrator), await get(administrator), await send(administrator)]).toEqual([
      403, 403, 403,
    ]);
  });

  test.each<[string, Partial<PutObjectCommandInput>]>([
    ['with the keys of S3', { ServerSideEncryption: 'AES256' }],
    ['by the kind alone, which is the key of S3', { ServerSideEncryption: 'aws:kms' }],
  ])('and the workload writes nothing %s', async (_, more) => {
    expect(await put(workload, more)).toBe(403);
  });
});

/** How a call of the SDK ended. */
function statusOf(
  call: Promise<{ readonly $metadata: { readonly httpStatusCode?: number } }>,
): Promise<unknown> {
  return call.then(
    ({ $metadata }) => $metadata.httpStatusCode,
    (error: { readonly $metadata?: { readonly httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
  );
}
