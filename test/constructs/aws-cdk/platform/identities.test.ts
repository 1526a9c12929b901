import { Stack } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import {
  allow,
  cognito,
  defineZeroTrust,
  githubActions,
  http,
  mfa,
  pipeline,
  user,
  workload,
  type ZeroTrustModel,
} from 'zero-trust-platform';
import {
  ConstructError,
  UserDirectory,
  ZeroTrustPlatform,
  type ZeroTrustPlatformProps,
} from 'zero-trust-platform/aws-cdk';
import { Construct } from 'constructs';
import { authorizerRefs } from '../../../../lambda/authorizer/data.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { acknowledgementsOf, unexplainedFindings } from '../../../support/aws/nag.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../../support/python-tools.js';

const EVIDENCE = { claim: 'custom:factors', value: 'two' };
const model = defineZeroTrust({
  trustDomain: 'people.example',
  environment: 'test',
  identity: {
    providers: {
      // Each service has an audience of its own, for which applications ask.
      people: cognito({ directory: 'staff', mfa: EVIDENCE }),
      // The application stands in for it.
      guests: cognito({ directory: 'guests', clients: { orders: 'web' } }),
    },
    pipelines: { deploy: githubActions({ repository: 'shop/shop', environment: 'prod' }) },
  },
  services: { orders: http({ host: 'orders.people.example' }), stock: http() },
  access: [
    allow(user({ issuer: 'people' }))
      .to('orders', 'GET /orders/{id}')
      .when(mfa()),
    allow(user({ issuer: 'guests' })).to('orders', 'GET /offers'),
    allow(workload('orders')).to('stock', 'GET /items'),
    allow(pipeline('deploy')).to('orders', 'POST /releases'),
  ],
});

const web = { callbackUrls: ['https://www.people.example/signed-in'] };
const domain = { prefix: 'people-test' };
const guests = { clients: { web }, domain: { prefix: 'guests-test' } };

function directories(scope: Stack): NonNullable<ZeroTrustPlatformProps['directories']> {
  const stack = new Construct(scope, `Given${scope.node.children.length}`);
  const clientSecret = Secret.fromSecretNameV2(stack, 'Providers', 'people/providers');
  const client = (field: string) => ({ clientId: `${field}-id`, clientSecret, field });
  const arn = `arn:aws:lambda:${TEST_ENVIRONMENT.region}:${TEST_ENVIRONMENT.account}:function:factors`;
  const preTokenGeneration = LambdaFunction.fromFunctionAttributes(stack, 'Factors', {
    functionArn: arn,
    sameEnvironment: true,
  });
  return {
    staff: {
      clients: { web, native: { ...web, kind: 'native' } },
      domain,
      providers: {
        google: client('google'),
        facebook: client('facebook'),
        oidc: { Partner: { ...client('partner'), issuer: 'https://id.partner.example' } },
      },
      federatedMfa: { enforcedBy: 'policy', preTokenGeneration },
    },
    guests,
  };
}

function platformOf(
  stack: Stack,
  props: Partial<ZeroTrustPlatformProps> = {},
  given: ZeroTrustModel = model,
): ZeroTrustPlatform {
  return new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model: given,
    gateway: { certificate: Secret.fromSecretNameV2(stack, 'Certificate', 'people/certificate') },
    directories: directories(stack),
    pipelines: {
      deploy: { permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'pipelines') },
    },
    mesh: { unjoined: ['stock'] },
    ...props,
  });
}

const stackOf = () => new Stack(testApp(), 'People', { env: TEST_ENVIRONMENT });

describe('one deployment makes directories, authorizer, gateway and sidecars', () => {
  const stack = stackOf();
  const platform = platformOf(stack);
  const task = new FargateTaskDefinition(stack, 'Orders', { memoryLimitMiB: 1024 });
  task.addContainer('app', { image: { bind: () => ({ imageName: 'orders:1' }) } as never });
  platform.mesh.join('orders', task, { applicationPort: 8080 });
  const app = stack.node.root as ReturnType<typeof testApp>;
  const templates = templatesOf(app.synth().directory);

  /** What a container or a function is told of its refs, as the template has it. */
  function refsAt(variable: string, of: string): string[] {
    const found = resourcesOf(templates, of).map(({ properties }) => JSON.stringify(properties));
    return found.filter((text) => text.includes(variable));
  }

  test('the plan has no token and no id: unique texts stand for them, each with its ref', () => {
    const text = JSON.stringify(platform.plan);
    expect(text).not.toContain('Token[');
    expect(platform.plan.issuers['people']).toMatchObject({
      issuer: 'https://cognito.directory.invalid/staff',
      directory: {
        name: 'staff',
        standIns: {
          'https://cognito.directory.invalid/staff': { ref: 'issuers/people/issuer' },
          'https://cognito.directory.invalid/staff/.well-known/jwks.json': { ref: 'issuers/people/jwks' },
          'cognito.directory.invalid': { ref: 'directories/host' },
        },
      },
    });
    expect(platform.plan.issuers['guests']?.directory?.standIns).toMatchObject({
      'web.guests.directory.invalid': { ref: 'issuers/guests/clients/web' },
    });
  });

  test('the authorizer gets each value whole, from the pool that the same template makes', () => {
    const [authorizer] = platform.edges!.authorizers;
    const refs = authorizerRefs(authorizer!.data).filter((name) => !name.startsWith('services/'));
    expect(refs).toEqual([
      'issuers/guests/clients/web',
      'issuers/guests/issuer',
      'issuers/guests/jwks',
      'issuers/people/issuer',
      'issuers/people/jwks',
      'revocations/bucket',
    ]);
    const [told] = refsAt('issuers/people/issuer', 'AWS::Lambda::Function');
    for (const name of refs) expect(told).toContain(name);
    // In a nested stack a pool's id is a parameter.
    expect(told).toMatch(
      /issuers\/people\/issuer[^}]*cognito-idp\.[^}]*\}[^}]*referenceto\w*directoriesstaffDirectoryPool/,
    );
    expect(JSON.stringify(authorizer!.data)).not.toContain('directory.invalid');
  });

  test('gateway, sidecar and key tunnel get theirs, and a sidecar only those of its own service', () => {
    const tasks = refsAt('ZTP_REFS', 'AWS::ECS::TaskDefinition');
    const named = (name: string) => tasks.filter((text) => text.includes(name)).length;
    expect(tasks).toHaveLength(3);
    expect(named('issuers/people/issuer')).toBe(2);
    expect(named('issuers/guests/clients/web')).toBe(2);
    expect(named('directories/host')).toBe(3);
    for (const text of tasks) expect(text).not.toContain('directory.invalid');
  });

  test('an application can ask the pool for a token of one service, and only of those that take it', () => {
    const servers = resourcesOf(templates, 'AWS::Cognito::UserPoolResourceServer');
    expect(servers.map(({ properties }) => properties['Identifier'])).toEqual([
      'https://orders.people.example',
      expect.stringContaining('https://stock.'),
    ]);
  });

  test('the firewall stands before each sign-in, and pools outlive the stack', () => {
    const pools = resourcesOf(templates, 'AWS::Cognito::UserPool');
    expect(pools.map(({ resource }) => resource.DeletionPolicy)).toEqual(['Retain', 'Retain']);
    const before = resourcesOf(templates, 'AWS::WAFv2::WebACLAssociation').map(({ properties }) =>
      JSON.stringify(properties['ResourceArn']),
    );
    expect(before.filter((arn) => /DirectoriesStaff|DirectoriesGuests/.test(arn))).toHaveLength(2);
  });

  test("the pipeline's role pins audience and subject, within its boundary", () => {
    const [role] = resourcesOf(templates, 'AWS::IAM::Role').filter(
      ({ properties }) => properties['PermissionsBoundary'],
    );
    expect(JSON.stringify(role!.properties['AssumeRolePolicyDocument'])).toContain(
      'repo:shop/shop:environment:prod',
    );
    expect(platform.pipelines['deploy']!.role.roleArn).toBeDefined();
  });

  test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_, law) => {
    const mine = law.broken(templates).filter((finding) => !/People\/Orders/.test(finding));
    expect(mine).toEqual([]);
  });

  test('cdk-nag finds nothing that is not explained', () => {
    platform.acknowledgeTask('orders', task);
    expect(unexplainedFindings(app).filter((finding) => !finding.startsWith('People/Orders/'))).toEqual([]);
    for (const { reason } of acknowledgementsOf(app)) expect(reason.split(' ').length).toBeGreaterThan(8);
  });

  test(
    'cfn-lint finds nothing',
    async () => {
      // The other templates are of the kinds that the shop's are.
      expect(await cfnLint(templates.filter(({ name }) => name === 'People'))).toEqual([]);
    },
    PYTHON_TOOLS_TIMEOUT,
  );
});

test('a pool that exists takes the place of one that would be made', () => {
  const stack = stackOf();
  const pool = UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_AbCdEf123');
  const existing = UserDirectory.fromUserPool(stack, 'Guests', pool, { web: '1example23456789' });
  const given = directories(stack);
  platformOf(stack, {
    directories: { ...given, guests: existing },
    mesh: { unjoined: ['orders', 'stock'] },
  });
  const templates = templatesOf((stack.node.root as ReturnType<typeof testApp>).synth().directory);
  expect(resourcesOf(templates, 'AWS::Cognito::UserPool')).toHaveLength(1);
  const told = JSON.stringify(resourcesOf(templates, 'AWS::Lambda::Function'));
  expect(told).toContain('eu-west-1_AbCdEf123');
  expect(told).toContain('1example23456789');
});

const withoutMfa: ZeroTrustModel = {
  ...model,
  access: [...model.access!, allow(user({ issuer: 'people' })).to('orders', 'GET /news')] as never,
};
const besidePool: ZeroTrustModel = {
  ...model,
  identity: {
    providers: {
      ...model.identity!.providers,
      old: cognito({ region: TEST_ENVIRONMENT.region, userPoolId: 'x_1', clientIds: { orders: 'old' } }),
    },
    pipelines: model.identity!.pipelines!,
  },
};

const MISTAKES: readonly (readonly [
  what: string,
  make: (stack: Stack) => unknown,
  code: string,
  says: RegExp,
])[] = [
  [
    'no directory for one that the model leaves to the engine',
    (stack) => platformOf(stack, { directories: { guests } }),
    'directory-missing',
    /applications and its domain/,
  ],
  [
    'a directory that no provider is',
    (stack) => platformOf(stack, { directories: { ...directories(stack), customers: guests } }),
    'unknown-directory',
    /cognito\(\{ directory: 'customers' \}\)/,
  ],
  [
    'a directory without the application that a service accepts',
    (stack) =>
      platformOf(stack, {
        directories: { ...directories(stack), guests: { ...guests, clients: { app: web } } },
      }),
    'unknown-client',
    /in the model too/,
  ],
  [
    'federated users of whom nobody asks a second factor',
    (stack) => {
      const { staff } = directories(stack);
      const { federatedMfa: _, ...without } = staff as Exclude<typeof staff, undefined> & {
        federatedMfa?: object;
      };
      platformOf(stack, { directories: { staff: without as never, guests } });
    },
    'federated-mfa',
    /mfa\(\) in every rule/,
  ],
  [
    'a rule that admits federated users without a second factor',
    (stack) => platformOf(stack, {}, withoutMfa),
    'federated-mfa-rules',
    /\.when\(mfa\(\)\)/,
  ],
  [
    'a pool of the same region, by its ids',
    (stack) => platformOf(stack, {}, besidePool),
    'pool-beside-directory',
    /fromUserPool/,
  ],
  [
    'a role for a pipeline that the model does not have',
    (stack) =>
      platformOf(stack, {
        pipelines: { release: { permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'B', 'b') } },
      }),
    'unknown-pipeline',
    /pipeline of the model/,
  ],
];

test.each(MISTAKES)('%s is an error', (_, make, code, says) => {
  let found: unknown;
  try {
    make(stackOf());
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(ConstructError);
  expect((found as ConstructError).code).toBe(code);
  expect((found as ConstructError).message).toMatch(says);
});
