import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Template } from 'aws-cdk-lib/assertions';
import { CertificateAuthority, IdentityRecord } from '../../../../constructs/aws-cdk/authority/index.js';
import { resolve } from '../../../../lib/index.js';
import { shop } from '../../../model/shop.js';
import { ENV, testStack } from '../support/app.js';
import { Account, type Call, EVERYTHING } from './account.js';

const plan = resolve(shop(), { engine: 'aws' });
const DEPLOYER = `arn:aws:iam::${ENV.account}:role/cdk-cfn-exec`;
const ADMINISTRATOR = `arn:aws:iam::${ENV.account}:role/administrator`;
const THIEF = `arn:aws:iam::${ENV.account}:role/another-function`;

let account: Account;
let control: object;
let registrar: string;
let rootRole: string;
let taskRole: string;
let issuingKey: string;
let rootKey: string;
let registration: string;
let root: string;
let alias: string;

beforeAll(() => {
  const stack = testStack();
  const authority = new CertificateAuthority(stack, 'Authority', { plan });
  const task = new FargateTaskDefinition(stack, 'Orders');
  new IdentityRecord(task, 'Identity', { plan, service: 'orders', role: task.taskRole });
  authority.grantRegister(task.taskRole);
  const statements = authority.protectionStatements([DEPLOYER]);
  account = new Account(Template.fromStack(stack));
  registrar = account.arn('AWS::IAM::Role', 'RegistrationRole');
  rootRole = account.arn('AWS::IAM::Role', 'RootRole');
  taskRole = account.arn('AWS::IAM::Role', 'OrdersTaskRole');
  issuingKey = account.arn('AWS::KMS::Key', 'IssuingKey');
  rootKey = account.arn('AWS::KMS::Key', 'RootKey');
  registration = account.arn('AWS::Lambda::Function', 'AuthorityRegistration');
  root = account.arn('AWS::Lambda::Function', 'KmsRoot');
  alias = `${registration}:live`;
  control = account.resolve(stack.resolve(new PolicyDocument({ statements }))) as object;
});

const TLS = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
const DIGEST = { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' };
const sign = (by: string, resource: string, more: Partial<Call> = {}): Call => ({
  action: 'kms:Sign',
  by,
  resource,
  ...more,
  context: { ...DIGEST, ...more.context },
});
const within = (functionArn: string) => ({ 'lambda:SourceFunctionArn': functionArn });

describe('who may sign', () => {
  test('leaves: the registration role, within the registration function', async () => {
    expect(await account.allows(sign(registrar, issuingKey, { context: within(registration) }))).toBe(true);
  });

  test('issuing certificates: the root role, within the root function', async () => {
    expect(await account.allows(sign(rootRole, rootKey, { context: within(root) }))).toBe(true);
  });

  const nobody = (name: string, call: () => Call) =>
    test(`not ${name}`, async () => expect(await account.allows(call())).toBe(false));

  nobody('the registration role with the root key', () =>
    sign(registrar, rootKey, { context: within(registration) }),
  );
  nobody('the root role with the issuing key', () => sign(rootRole, issuingKey, { context: within(root) }));
  nobody('the registration role in another function, as by PassRole and CreateFunction', () =>
    sign(registrar, issuingKey, { context: within(`${root}-other`) }),
  );
  nobody('the registration role outside of every function, as by a stolen session', () =>
    sign(registrar, issuingKey),
  );
  nobody('the registration role with another algorithm', () =>
    sign(registrar, issuingKey, { context: { ...within(registration), 'kms:MessageType': 'RAW' } }),
  );
  nobody('an administrator with every right', () =>
    sign(ADMINISTRATOR, issuingKey, { policies: [EVERYTHING] }),
  );
  nobody('an administrator with the root key', () =>
    sign(ADMINISTRATOR, rootKey, { policies: [EVERYTHING] }),
  );
  nobody("the account's root user", () =>
    sign(`arn:aws:iam::${ENV.account}:root`, rootKey, { policies: [EVERYTHING] }),
  );
  nobody('a workload', () => sign(taskRole, issuingKey));
  nobody('a workload with every right', () => sign(taskRole, issuingKey, { policies: [EVERYTHING] }));
  test.each(['kms:Sign', 'kms:CreateGrant'])(
    'not an administrator to whom the key is opened for %s',
    async (action) => {
      for (const resource of [issuingKey, rootKey]) {
        const added = { Effect: 'Allow', Principal: { AWS: ADMINISTRATOR }, Action: action, Resource: '*' };
        const call = { by: ADMINISTRATOR, resource, policies: [EVERYTHING], added };
        // The control: what the statement opens, nothing else would refuse.
        const opened = { ...added, Action: 'kms:Verify' };
        expect(await account.allows({ ...call, action: 'kms:Verify', added: opened })).toBe(true);
        const context = action === 'kms:Sign' ? DIGEST : {};
        expect(await account.allows({ ...call, action, context })).toBe(false);
      }
    },
  );
  nobody('a role of another account', () =>
    sign('arn:aws:iam::999999999999:role/x', issuingKey, { policies: [EVERYTHING] }),
  );
});

describe('who may become one of them', () => {
  const assume = (by: string, resource: string, context: Readonly<Record<string, string>> = {}) =>
    account.allows({ by, action: 'sts:AssumeRole', resource, policies: [EVERYTHING], context });

  test('tasks of this account may have the workload role; an administrator may not assume it', async () => {
    const source = {
      'aws:SourceAccount': ENV.account,
      'aws:SourceArn': `arn:aws:ecs:${ENV.region}:${ENV.account}:task/x`,
    };
    expect(await assume('ecs-tasks.amazonaws.com', taskRole, source)).toBe(true);
    expect(await assume(ADMINISTRATOR, taskRole)).toBe(false);
    expect(await assume('lambda.amazonaws.com', taskRole)).toBe(false);
  });

  test('ECS may not use it for another account', async () => {
    const source = {
      'aws:SourceAccount': '999999999999',
      'aws:SourceArn': 'arn:aws:ecs:eu-west-1:999999999999:x',
    };
    expect(await assume('ecs-tasks.amazonaws.com', taskRole, source)).toBe(false);
    expect(await assume('ecs-tasks.amazonaws.com', taskRole)).toBe(false);
  });

  test('nobody assumes a role of the authority but Lambda', async () => {
    for (const role of [registrar, rootRole]) {
      expect(await assume('lambda.amazonaws.com', role)).toBe(true);
      expect(await assume(ADMINISTRATOR, role)).toBe(false);
      expect(await assume('ecs-tasks.amazonaws.com', role)).toBe(false);
    }
  });
});

describe('the bucket', () => {
  const put = (by: string, key: string, more: Partial<Call> = {}) =>
    account.allows({
      by,
      action: 's3:PutObject',
      resource: `${account.arn('AWS::S3::Bucket', 'AuthorityBucket')}/${key}`,
      ...more,
      context: { ...TLS, ...more.context },
    });

  test('has its bundle from the root function alone', async () => {
    expect(await put(rootRole, 'authority/bundle.json', { context: within(root) })).toBe(true);
    expect(await put(registrar, 'authority/bundle.json', { context: within(registration) })).toBe(false);
    expect(await put(rootRole, 'authority/bundle.json')).toBe(false);
    expect(await put(ADMINISTRATOR, 'authority/bundle.json', { policies: [EVERYTHING] })).toBe(false);
  });

  test.each(['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags', 's3:DeleteObjectVersion'])(
    'takes %s from no role of a replication either',
    async (action) => {
      for (const key of ['authority/bundle.json', 'issued/x.json']) {
        expect(await put(ADMINISTRATOR, key, { action, policies: [EVERYTHING] })).toBe(false);
      }
      // The control: elsewhere in the bucket an administrator may.
      expect(await put(ADMINISTRATOR, 'other', { action, policies: [EVERYTHING] })).toBe(true);
    },
  );

  test('has its records from the registration function alone', async () => {
    expect(await put(registrar, 'issued/x.json', { context: within(registration) })).toBe(true);
    expect(await put(rootRole, 'issued/x.json', { context: within(root) })).toBe(false);
    expect(await put(ADMINISTRATOR, 'issued/x.json', { policies: [EVERYTHING] })).toBe(false);
  });
});

describe('a workload', () => {
  const may = (action: string, resource: string) => account.allows({ by: taskRole, action, resource });

  test('invokes the alias, and neither the function, a version nor the root function', async () => {
    expect(await may('lambda:InvokeFunction', alias)).toBe(true);
    expect(await may('lambda:InvokeFunction', registration)).toBe(false);
    expect(await may('lambda:InvokeFunction', `${registration}:1`)).toBe(false);
    expect(await may('lambda:InvokeFunction', root)).toBe(false);
  });

  test('writes no identity record', async () => {
    const record = `arn:aws:ssm:${ENV.region}:${ENV.account}:parameter/zero-trust/${plan.trustDomain}/identities/AROAX/orders`;
    expect(await may('ssm:PutParameter', record)).toBe(false);
  });
});

/**
 * What the authority's own policies cannot refuse: rights over a function, a role or a parameter are the
 * account's. Whoever has them is the authority, as docs/aws/certificate-authority.md says, unless the
 * organization applies `protectionStatements`.
 */
describe('an administrator of the account', () => {
  const record = `arn:aws:ssm:${ENV.region}:${ENV.account}:parameter/zero-trust/${plan.trustDomain}/identities/AROAX/gateway`;
  const takeovers: readonly [
    action: string,
    resource: () => string,
    context?: Readonly<Record<string, string>>,
  ][] = [
    ['lambda:UpdateFunctionCode', () => registration],
    ['lambda:UpdateFunctionConfiguration', () => registration],
    ['lambda:UpdateFunctionConfiguration', () => root],
    ['lambda:UpdateAlias', () => registration],
    ['lambda:PublishVersion', () => registration],
    ['iam:PassRole', () => registrar, { 'iam:PassedToService': 'lambda.amazonaws.com' }],
    ['iam:UpdateAssumeRolePolicy', () => registrar],
    ['iam:DeleteRolePolicy', () => rootRole],
    ['ssm:PutParameter', () => record],
    ['s3:PutBucketPolicy', () => account.arn('AWS::S3::Bucket', 'AuthorityBucket'), TLS],
    ['s3:PutReplicationConfiguration', () => account.arn('AWS::S3::Bucket', 'AuthorityBucket'), TLS],
    ['kms:PutKeyPolicy', () => issuingKey],
    ['kms:ScheduleKeyDeletion', () => rootKey],
  ];

  test.each(takeovers)('%s takes the protection to be refused', async (action, resource, context = {}) => {
    const call = { by: ADMINISTRATOR, action, resource: resource(), policies: [EVERYTHING], context };
    expect(await account.allows(call)).toBe(true);
    expect(await account.allows({ ...call, control })).toBe(false);
    expect(await account.allows({ ...call, by: DEPLOYER, control })).toBe(true);
  });

  test('gets no grant on a key, with or without it', async () => {
    for (const resource of [issuingKey, rootKey]) {
      const call = { by: ADMINISTRATOR, action: 'kms:CreateGrant', resource, policies: [EVERYTHING] };
      expect(await account.allows(call)).toBe(false);
    }
  });

  test('another function in the account has none of these rights', async () => {
    for (const [action, resource] of takeovers) {
      expect(await account.allows({ by: THIEF, action, resource: resource(), policies: [] })).toBe(false);
    }
  });
});
