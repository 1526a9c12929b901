import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CertificateAuthority } from '../../../../constructs/aws-cdk/authority/index.js';
import { Mesh } from '../../../../constructs/aws-cdk/mesh/index.js';
import { RevocationList } from '../../../../constructs/aws-cdk/revocations/index.js';
import { Account, EVERYTHING } from '../authority/account.js';
import { ENV } from '../support/app.js';
import { application, DIGEST, plan } from './world.js';

const ADMINISTRATOR = `arn:aws:iam::${ENV.account}:role/administrator`;
const DEPLOYER = `arn:aws:iam::${ENV.account}:role/cdk-cfn-exec`;
const WRITE = { 's3:if-match': '"tag"' };

let account: Account;
let orders: string;
let payments: string;
let onDuty: string;
let configurations: string;
let revocations: string;
let control: object;

beforeAll(() => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Shop', { env: ENV });
  const list = new RevocationList(stack, 'Revocations', { plan });
  list.grantRevoke(new Role(stack, 'OnDuty', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  const mesh = new Mesh(stack, 'Mesh', {
    plan,
    authority: new CertificateAuthority(stack, 'Authority', { plan }),
    vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }),
    image: ContainerImage.fromRegistry(`images.example/agent@${DIGEST}`),
    unjoined: ['web'],
    revocations: list,
  });
  for (const name of ['orders', 'payments']) {
    mesh.join(name, application(stack, name), { applicationPort: 8080 });
  }
  const statements = [...mesh.protectionStatements([DEPLOYER]), ...list.protectionStatements([DEPLOYER])];
  account = new Account(Template.fromStack(stack));
  orders = account.arn('AWS::IAM::Role', 'ordersTaskRole');
  payments = account.arn('AWS::IAM::Role', 'paymentsTaskRole');
  onDuty = account.arn('AWS::IAM::Role', 'OnDuty');
  configurations = account.arn('AWS::S3::Bucket', 'MeshConfigurations');
  revocations = account.arn('AWS::S3::Bucket', 'Revocations');
  control = account.resolve(stack.resolve(new PolicyDocument({ statements }))) as object;
});

/** What somebody tries, on what, and with which context. */
type Attempt = [action: string, resource: () => string, context?: Readonly<Record<string, string>>];
const record = () =>
  `arn:aws:ssm:${ENV.region}:${ENV.account}:parameter/zero-trust/${plan.trustDomain}/identities/AROAX/payments`;
const task = () => `arn:aws:ecs:${ENV.region}:${ENV.account}:task/cluster/0123456789abcdef0123456789abcdef`;
const definition = () => `arn:aws:ecs:${ENV.region}:${ENV.account}:task-definition/payments:1`;
const ECS = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };

const may = (by: string, [action, resource, context = {}]: Attempt, policies?: readonly object[]) =>
  account.allows({ by, action, resource: resource(), context, ...(policies && { policies }) });

test('a task reads its own configurations and the revocations, and nothing else that is there', async () => {
  const read = (resource: string) => may(orders, ['s3:GetObject', () => resource]);
  expect(await read(`${configurations}/orders/0a`)).toBe(true);
  expect(await read(`${revocations}/revocations.json`)).toBe(true);
  for (const other of [
    `${configurations}/payments/0a`,
    `${configurations}/gateway/0a`,
    `${configurations}/orders-2/0a`,
    `${configurations}/orders`,
    `${revocations}/revocations.json2`,
  ]) {
    expect([other, await read(other)]).toEqual([other, false]);
  }
});

/** Rights over roles and functions, which have no policy of their own that could deny them. */
const OVER_OTHERS: readonly Attempt[] = [
  ['iam:PassRole', () => payments, ECS],
  ['iam:UpdateAssumeRolePolicy', () => payments],
  ['iam:PutRolePolicy', () => payments],
  ['iam:AttachRolePolicy', () => payments],
  ['iam:UpdateAssumeRolePolicy', () => account.arn('AWS::IAM::Role', 'KeyTunnelTaskTaskRole')],
  ...['MeshConfigurations', 'Revocations'].flatMap((part): Attempt[] => [
    ['iam:PassRole', () => account.arn('AWS::IAM::Role', `${part}WriterRole`)],
    ['iam:DeleteRolePolicy', () => account.arn('AWS::IAM::Role', `${part}WriterRole`)],
    ['iam:UpdateAssumeRolePolicy', () => account.arn('AWS::IAM::Role', `${part}WriterRole`)],
    ['lambda:UpdateFunctionCode', () => account.arn('AWS::Lambda::Function', `${part}Writer`)],
    ['lambda:UpdateFunctionConfiguration', () => account.arn('AWS::Lambda::Function', `${part}Writer`)],
  ]),
  ['s3:PutBucketPolicy', () => configurations],
  ['s3:PutBucketPolicy', () => revocations],
];

/** Ways to be another service, or to change what one is. */
const TAKEOVERS: readonly Attempt[] = [
  ['sts:AssumeRole', () => payments],
  ...OVER_OTHERS,
  ['ecs:RunTask', definition],
  ['ecs:ExecuteCommand', task],
  ['ssm:PutParameter', record],
  ['s3:PutObject', () => `${configurations}/payments/0a`],
  ['s3:PutObject', () => `${configurations}/orders/0a`],
  ['s3:DeleteObject', () => `${configurations}/payments/0a`],
  ['s3:PutObject', () => `${revocations}/revocations.json`, WRITE],
  ['s3:DeleteObject', () => `${revocations}/revocations.json`],
];

test.each(TAKEOVERS)('a taken task may not %s (%#)', async (...attempt) => {
  expect(await may(orders, attempt)).toBe(false);
});

test.each<Attempt>([
  ['sts:AssumeRole', () => payments],
  ['s3:PutObject', () => `${configurations}/payments/0a`],
  ['s3:DeleteObject', () => `${configurations}/payments/0a`],
  ['s3:PutObject', () => `${revocations}/revocations.json`, WRITE],
  ['s3:DeleteObject', () => `${revocations}/revocations.json`],
  ['s3:DeleteObjectVersion', () => `${revocations}/revocations.json`],
])('nor may somebody with every right %s (%#)', async (...attempt) => {
  expect(await may(ADMINISTRATOR, attempt, [EVERYTHING])).toBe(false);
});

/** No policy of a platform's own can refuse these: the threat model says who could do it. */
test.each<Attempt>([
  ...OVER_OTHERS,
  ['ecs:RunTask', definition],
  ['ecs:ExecuteCommand', task],
  ['ssm:PutParameter', record],
])('whoever has every right may %s, as the threat model says (%#)', async (...attempt) => {
  expect(await may(ADMINISTRATOR, attempt, [EVERYTHING])).toBe(true);
});

test.each(OVER_OTHERS)('and takes the protection to be refused %s (%#)', async (...attempt) => {
  const [action, resource, context = {}] = attempt;
  const call = { action, resource: resource(), context, policies: [EVERYTHING], control };
  expect(await account.allows({ ...call, by: ADMINISTRATOR })).toBe(false);
  expect(await account.allows({ ...call, by: DEPLOYER })).toBe(true);
});

test.each<[part: string, bucket: () => string, key: string, action: string]>([
  ['MeshConfigurations', () => configurations, 'orders/0a', 's3:PutObject'],
  ['Revocations', () => revocations, 'revocations.json', 's3:PutObject'],
  ['Revocations', () => revocations, 'revocations.json', 's3:GetObject'],
])('the role of the writer of %s writes within its function alone', async (part, bucket, key, action) => {
  const writer = account.arn('AWS::Lambda::Function', `${part}Writer`);
  const by = account.arn('AWS::IAM::Role', `${part}WriterRole`);
  const within = (context: Readonly<Record<string, string>>) =>
    may(by, [action, () => `${bucket()}/${key}`, { ...WRITE, ...context }]);
  expect(await within({ 'lambda:SourceFunctionArn': writer })).toBe(true);
  expect(await within({ 'lambda:SourceFunctionArn': `${writer}-other` })).toBe(false);
  expect(await within({})).toBe(false);
});

test('a role that was granted to revoke writes on condition of what is there, and no other object', async () => {
  const write = (key: string, context: Readonly<Record<string, string>> = {}) =>
    may(onDuty, ['s3:PutObject', () => `${revocations}/${key}`, context]);
  expect(await write('revocations.json', WRITE)).toBe(true);
  expect(await write('revocations.json', { 's3:if-none-match': '*' })).toBe(true);
  expect(await write('revocations.json')).toBe(false);
  expect(await write('other.json', WRITE)).toBe(false);
});
