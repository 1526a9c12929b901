import './bundles.js';
import { readFileSync } from 'node:fs';
import { App, CfnCondition, type CfnResource, CustomResource, Duration, Fn, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { AccountPrincipal, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { type CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import { FunctionUrlAuthType, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, CfnBucketPolicy, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { CertificateAuthority, IdentityRecord } from '../../../../constructs/aws-cdk/authority/index.js';
import { ClientCertificates } from '../../../../constructs/aws-cdk/gateway/client-certificates.js';
import { ConfigurationStore } from '../../../../constructs/aws-cdk/mesh/configuration-store.js';
import { MeshEndpoints } from '../../../../constructs/aws-cdk/mesh/endpoints.js';
import { RevocationList } from '../../../../constructs/aws-cdk/revocations/index.js';
import { AuditTrail, LogArchive } from '../../../../constructs/aws-cdk/visibility/index.js';
import { acceptInstrumentation } from '../../../../constructs/aws-cdk/support/instrumentation.js';
import { ENV, testStack, warningsOf } from './app.js';
import { everything } from './everything.js';
import { plan } from './plan.js';

const build = (made = testStack()) => {
  const parts = everything(made);
  const authority = new CertificateAuthority(made, 'Authority', { plan });
  new RevocationList(made, 'Revocations', { plan });
  const logGroup = new LogGroup(made, 'Log');
  new ConfigurationStore(made, 'Store', { plan, configurations: {}, logGroup });
  new ClientCertificates(made, 'Certificates', {
    trustDomain: plan.trustDomain,
    step: 1,
    logs: { encryptionKey: new Key(made, 'Key') },
    alarmActions: [],
  });
  const task = new FargateTaskDefinition(made, 'Orders');
  new IdentityRecord(task, 'Identity', { plan, service: 'orders', role: task.taskRole });
  const archive = new LogArchive(made, 'Archive');
  archive.collect('Archived', logGroup, 'decisions');
  new AuditTrail(made, 'Trail', { archive, watchedBuckets: [authority.bucket] });
  const endpoints = new MeshEndpoints(made, 'Endpoints', { vpc: new Vpc(made, 'Vpc') });
  return { ...parts, stack: made, authority, endpoints };
};

// One app sees every override: nothing but the override differs.
const { stack } = build();

/** What validation says of what is not as it was made. */
const said = (of: IConstruct = stack) =>
  of.node
    .findAll()
    .flatMap(({ node }) => node.validate())
    .filter((text) => /^(not-as-made|role-trusts-others|edge-changed): /.test(text));

const at = (path: string): CfnResource => {
  const found = stack.node.findAll().find(({ node }) => node.path === `Test/${path}`);
  expect(found?.node.path).toBe(`Test/${path}`);
  return found as CfnResource;
};

const ANYBODY = { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };
const WEIGHTS = { AdditionalVersionWeights: [{ FunctionVersion: '7', FunctionWeight: 0.1 }] };
const DOMAIN = 'Edge-orders/Domain';

test.each<[path: string, property: string, value: unknown]>([
  ['Orders/Identity/Resource', 'Value', '{"point":"services/payments"}'],
  ['Orders/Identity/Resource', 'Name', '/zero-trust/x'],
  ['Authority/Kms/RootKey/Resource', 'KeyPolicy', ANYBODY],
  ['Authority/Kms/IssuingKey/Resource', 'KeyPolicy.Statement.3.Effect', 'Allow'],
  ['Authority/Kms/IssuingKey/Resource', 'MultiRegion', true],
  ['Authority/Bucket/Policy/Resource', 'PolicyDocument', ANYBODY],
  ['Authority/Bucket/Resource', 'VersioningConfiguration.Status', 'Suspended'],
  ['Authority/Bucket/Resource', 'PublicAccessBlockConfiguration.BlockPublicPolicy', false],
  ['Revocations/Bucket/Policy/Resource', 'PolicyDocument', ANYBODY],
  ['Revocations/Writer/Resource', 'Layers', ['arn:x']],
  ['Store/Bucket/Policy/Resource', 'PolicyDocument', ANYBODY],
  ['Store/Writer/Resource', 'Environment.Variables.NODE_OPTIONS', '--require /tmp/x'],
  ['Certificates/Reader/Resource', 'Environment.Variables.CLIENT_CERTIFICATES', 'other'],
  ['Certificates/ReaderRole/Resource', 'AssumeRolePolicyDocument', ANYBODY],
  ['Authority/Kms/Root/Function/Resource', 'Code.S3Key', 'other.zip'],
  ['Authority/Registration/Function/Resource', 'Layers', ['arn:x']],
  ['Authority/Registration/Function/Resource', 'Environment.Variables.NODE_OPTIONS', '--require /tmp/x'],
  ['Authority/Registration/Guard/Resource', 'PolicyDocument.Statement.0.Effect', 'Allow'],
  ['Authority/RegistrationRole/Resource', 'AssumeRolePolicyDocument', ANYBODY],
  ['Authority/Live/Resource', 'RoutingConfig', WEIGHTS],
  ['Authorizer/Function/Resource', 'Layers', ['arn:x']],
  ['Authorizer/Function/Resource', 'Code.S3Key', 'other.zip'],
  ['Authorizer/Function/Resource', 'Handler', 'other.handler'],
  ['Authorizer/Alias/Resource', 'RoutingConfig', WEIGHTS],
  ['Authorizer/Alias/Resource', 'FunctionVersion', '7'],
  ['Archive/Bucket/Resource', 'ObjectLockConfiguration.Rule.DefaultRetention.Days', 1],
  ['Archive/Bucket/Policy/Resource', 'PolicyDocument', ANYBODY],
  ['Archive/decisions/Resource', 'ExtendedS3DestinationConfiguration.BucketARN', 'arn:other'],
  ['Trail/Resource', 'IsLogging', false],
  ['Trail/Resource', 'AdvancedEventSelectors.0.FieldSelectors.0.Equals', ['Data']],
  ['Endpoints/S3/Resource', 'PolicyDocument', ANYBODY],
  ['Endpoints/Lambda/Resource', 'SecurityGroupIds', ['sg-1']],
  [`${DOMAIN}/Resource`, 'SecurityPolicy', 'TLS_1_0'],
  [`${DOMAIN}/Resource`, 'EndpointAccessMode', 'BASIC'],
  [`${DOMAIN}/Mapping`, 'RestApiId', 'a1b2c3'],
  ['Edge-orders/Api/Resource', 'DisableExecuteApiEndpoint', false],
  ['Edge-orders/Api/Resource', 'Policy', ANYBODY],
  ['Edge-orders/Stage/Resource', 'MethodSettings.0.DataTraceEnabled', true],
  ['Edge-orders/Stage/Resource', 'MethodSettings.0.CachingEnabled', true],
  ['Edge-orders/Stage/Resource', 'CacheClusterEnabled', true],
  ['Edge-orders/Firewall', 'WebACLArn', 'arn:other'],
  ['Edge-orders/Firewall', 'ResourceArn', 'arn:other'],
  ['Edge-orders/Responses/ACCESS_DENIED', 'ResponseTemplates', { 'text/plain': '$context.authorizer.x' }],
  ['Edge-orders/Responses/UNAUTHORIZED', 'StatusCode', '200'],
  ['Firewall/Logging', 'RedactedFields', []],
  ['Deploy/Role/Resource', 'AssumeRolePolicyDocument', ANYBODY],
])('of %s another %s by an override stops synthesis', (path, property, value) => {
  const resource = at(path);
  resource.addPropertyOverride(property, value);
  const [first, ...others] = said(stack.node.findChild(path.split('/')[0]!));
  (resource as unknown as { rawOverrides: object }).rawOverrides = restored(path);
  expect(others).toEqual([]);
  expect(first).toContain(`of Test/${path}: `);
  expect(first).toMatch(/found .*expected .*Remove the override/s);
});

test('a bucket whose objects are to be others because it logs for one stops synthesis', () => {
  // Without the feature flag serverAccessLogsUseBucketPolicy the CDK lets the delivery of logs in by an access control list.
  const made = testStack();
  const bucket = new Bucket(made, 'Own', {
    versioned: true,
    encryptionKey: new Key(made, 'Key'),
    objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(365)),
    enforceSSL: true,
  });
  new LogArchive(made, 'Archive', { bucket });
  expect(said(made)).toEqual([]);
  new Bucket(made, 'Other', { serverAccessLogsBucket: bucket });
  expect(said(made)).toEqual([
    expect.stringContaining('OwnershipControls of Test/Own/Resource: '),
    expect.stringContaining('AccessControl of Test/Own/Resource: "LogDeliveryWrite"'),
  ]);
});

test('what is taken out of the tree stops synthesis', () => {
  const made = build().stack;
  const paths = [
    'Orders/Identity/Resource',
    'Authority/Kms/IssuingKey',
    'Authority/Registration/Guard',
    'Authority/Bucket/Policy',
    'Authorizer/Function',
    'Edge-orders/Firewall',
    'Edge-orders/Domain/Mapping',
    'Certificates/ReaderGuard',
    'Endpoints/S3',
  ];
  for (const path of paths) {
    const steps = path.split('/');
    const id = steps.pop()!;
    const parent = steps.reduce<IConstruct>(({ node }, step) => node.findChild(step), made);
    expect(parent.node.tryRemoveChild(id)).toBe(true);
  }
  const found = said(made).filter((text) => text.includes('nothing, it was removed'));
  expect(paths.filter((path) => !found.some((text) => text.includes(`Test/${path}`)))).toEqual([]);
});

/** What the constructs themselves say by overrides, as older releases of the CDK lack the props. */
const OWN = new Map(
  stack.node
    .findAll()
    .map((node) => [
      node.node.path,
      structuredClone((node as Partial<{ rawOverrides: object }>).rawOverrides),
    ]),
);
const restored = (path: string) => structuredClone(OWN.get(`Test/${path}`) ?? {});

test('as it was made nothing is said, and it was again after each of these', () => {
  expect(said()).toEqual([]);
});

test('with all flags that `cdk init` writes everything is as it was made', () => {
  const context = JSON.parse(
    readFileSync(require.resolve('aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
  ) as Record<string, unknown>;
  expect(context['@aws-cdk/aws-iam:minimizePolicies']).toBe(true);
  const app = new App({ analyticsReporting: false, context });
  expect(said(build(new Stack(app, 'Test', { env: ENV })).stack)).toEqual([]);
});

test("a pipeline's role may have the boundary of the whole app instead of its own, and never none", () => {
  const role = at('Deploy/Role/Resource');
  const own = { ...(role as unknown as { rawOverrides: object }).rawOverrides };
  const unbounded = () => stack.node.findChild('Deploy').node.validate().join();
  role.addPropertyOverride('PermissionsBoundary', 'arn:aws:iam::111122223333:policy/all-roles');
  expect(unbounded()).toBe('');
  role.addPropertyOverride('PermissionsBoundary', 'arn:aws:iam::aws:policy/AdministratorAccess');
  expect(unbounded()).toMatch(/^no-permissions-boundary: .*AdministratorAccess/);
  role.addPropertyDeletionOverride('PermissionsBoundary');
  expect(unbounded()).toMatch(/^no-permissions-boundary: .*found none/);
  (role as unknown as { rawOverrides: object }).rawOverrides = own;
  expect(unbounded()).toBe('');
});

test('neither is there by a condition, nor of another type', () => {
  const association = at('Edge-orders/Firewall');
  const condition = new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
  association.cfnOptions.condition = condition;
  const [conditional] = said();
  delete (association.cfnOptions as { condition?: CfnCondition }).condition;
  association.addOverride('Type', 'AWS::CloudFormation::WaitConditionHandle');
  const [typed] = said();
  (association as unknown as { rawOverrides: object }).rawOverrides = {};
  expect(conditional).toContain('Condition of Test/Edge-orders/Firewall');
  expect(typed).toContain('Type of Test/Edge-orders/Firewall');
  expect(said()).toEqual([]);
});

test('what changes beside a kept part, and is no override of it, stops synthesis', () => {
  const { stack: made, authority } = build();
  const call = (id: string, service: string, action: string, parameters: object) =>
    new CustomResource(made, id, {
      serviceToken: 'arn:x',
      resourceType: 'Custom::AWS',
      properties: { Create: made.toJsonString({ service, action, parameters }) },
    });
  const { issuingKey } = authority.kms!;
  const { function: handler } = authority.registration;
  const policyDocument = ANYBODY;
  new CfnBucketPolicy(made, 'Policy', { bucket: authority.bucket.bucketName, policyDocument });
  handler.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  authority.alias.addFunctionUrl();
  call('KeyPolicy', 'KMS', 'putKeyPolicy', { KeyId: issuingKey.keyArn });
  call('KeyGrant', '@aws-sdk/client-kms', 'CreateGrantCommand', { KeyId: issuingKey.keyId });
  call('BucketPolicy', 'S3', 'putBucketPolicy', { Bucket: authority.bucket.bucketName });
  call('Code', 'Lambda', 'updateFunctionCode', { FunctionName: handler.functionName });
  // None of ours, and one that only reads.
  new CfnBucketPolicy(made, 'Other', { bucket: 'mine', policyDocument });
  call('Read', 'KMS', 'getPublicKey', { KeyId: issuingKey.keyArn });

  const found = made.node.findAll().flatMap(({ node }) => node.validate());
  const places = found.flatMap((text) => /^changed-beside: .*found Test\/([^ ,)]+)/.exec(text)?.[1] ?? []);
  expect(places.sort()).toEqual([
    'Authority/Live/FunctionUrl/Resource',
    'Authority/Registration/Function/FunctionUrl/Resource',
    'BucketPolicy/Default',
    'Code/Default',
    'KeyGrant/Default',
    'KeyPolicy/Default',
    'Policy',
  ]);
});

test.each<[string, (parts: ReturnType<typeof build>) => unknown, RegExp]>([
  [
    'a layer of the authorizer',
    ({ stack: own, authorizer }) =>
      authorizer.handler.addLayers(LayerVersion.fromLayerVersionArn(own, 'Layer', 'arn:x')),
    /Layers of Test\/Authorizer/,
  ],
  [
    'a variable of the registration',
    ({ authority }) => authority.registration.function.addEnvironment('NODE_OPTIONS', '--require /tmp/x'),
    /Environment.Variables of Test\/Authority\/Registration/,
  ],
  [
    'who may use the issuing key',
    ({ authority }) => authority.kms!.issuingKey.grantAdmin(new AccountPrincipal('444455556666')),
    /KeyPolicy of Test\/Authority\/Kms\/IssuingKey/,
  ],
  [
    'another key, assigned',
    ({ authority }) => {
      ((authority.kms!.rootKey as Key).node.defaultChild as CfnKey).keyPolicy = ANYBODY;
    },
    /KeyPolicy of Test\/Authority\/Kms\/RootKey/,
  ],
  [
    'who may be the pipeline',
    ({ stack: own }) => {
      const role = own.node.findChild('Deploy').node.findChild('Role') as Role;
      role.assumeRolePolicy!.addStatements(
        new PolicyStatement({
          actions: ['sts:AssumeRole'],
          principals: [new AccountPrincipal('444455556666')],
        }),
      );
    },
    /AssumeRolePolicyDocument of Test\/Deploy/,
  ],
  [
    'the code of the authorizer, assigned',
    ({ authorizer }) => {
      const resource = authorizer.handler.node.defaultChild as CfnResource & { code: object };
      Object.assign(resource.code, { s3Key: 'other.zip' });
    },
    /Code of Test\/Authorizer/,
  ],
])('by a method or an assignment: %s', (_what, change, expected) => {
  const made = build();
  change(made);
  const found = said(made.stack);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

test('layers and variables of every function that were accepted, with a reason and an end, are exactly these', () => {
  const made = build();
  const [layer, other] = ['arn:aws:lambda:eu-west-1:580247275435:layer:Insights:53', 'arn:x'];
  acceptInstrumentation(made.stack, 'instrumentation', {
    reason: 'Lambda Insights',
    expires: '2999-01-01',
    layers: [layer],
    variables: { TRACED: 'yes', NODE_OPTIONS: '--require /opt/trace' },
  });
  expect(warningsOf(made.stack).join()).toContain('instrumentation: Lambda Insights');
  const handler = made.authorizer.handler.node.defaultChild as CfnResource;
  const registration = made.authority.registration.function.node.defaultChild as CfnResource;
  for (const resource of [handler, registration]) {
    resource.addPropertyOverride('Layers', [layer]);
    resource.addPropertyOverride('Environment.Variables.TRACED', 'yes');
  }
  expect(said(made.stack)).toEqual([]);
  handler.addPropertyOverride('Layers', [layer, other]);
  registration.addPropertyOverride('Environment.Variables.NODE_OPTIONS', '--require /tmp/x');
  const found = said(made.stack);
  expect(found).toHaveLength(2);
  expect(found.join()).toMatch(/Environment.Variables of .*Registration/);
  expect(found.join()).toMatch(/Layers of .*Authorizer/);
});

test('sizes, times, logs and who reads a bucket are for the app to change', () => {
  const made = build();
  const handler = made.authorizer.handler.node.defaultChild as CfnResource;
  handler.addPropertyOverride('MemorySize', 2048);
  handler.addPropertyOverride('Timeout', 5);
  handler.addPropertyOverride('TracingConfig', { Mode: 'Active' });
  made.authority.registration.guard('kms:Verify');
  made.authority.bucket.grantRead(new AccountPrincipal('444455556666'));
  expect(said(made.stack)).toEqual([]);
});
