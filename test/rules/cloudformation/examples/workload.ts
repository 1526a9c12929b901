import { at, type Examples, it, parameter, ref, resource } from './example.js';

const HASH = 'a1'.repeat(32);
const task = (container: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  it('AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Name: 'app', ...container }], ...more });
const place = (...path: (string | number)[]) => at('ContainerDefinitions', 0, ...path);
const SAFE = { User: '65532', ReadonlyRootFilesystem: true };
const variable = (name: string, value: unknown) => task({ Environment: [{ Name: name, Value: value }] });
const KEY = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
/** More conditions than can be looked at together, of which none is about what matters here. */
const MANY = Array.from({ length: 10 }, (_, n) => `C${n}`);
const manyVariables = (container: Record<string, unknown>) => ({
  ...task({
    ...container,
    Environment: MANY.map((name) => ({ Name: `FEATURE_${name}`, Value: { 'Fn::If': [name, 'on', 'off'] } })),
  }),
  Conditions: Object.fromEntries(
    MANY.map((name) => [name, { 'Fn::Equals': [{ 'Fn::ImportValue': name }, 'x'] }]),
  ),
});
const lambda = (more: Record<string, unknown>) =>
  it('AWS::Lambda::Function', { Runtime: 'nodejs24.x', ...more });
const alias = (more: Record<string, unknown>) =>
  it('AWS::Lambda::Alias', { Name: 'live', FunctionName: 'f', ...more });
const PROVISIONED = { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } };

export const workload: Readonly<Record<string, Examples>> = {
  'container-image': {
    violating: [
      ['a tag', task({ Image: 'r.example/app:1' }), place('Image')],
      ['a tag beside many conditions', manyVariables({ Image: 'r.example/app:1' })],
      ['latest', task({ Image: 'r.example/app:latest' })],
      ['no tag', task({ Image: 'r.example:5000/app' })],
      [
        'a repository of the template',
        it(
          'AWS::ECS::TaskDefinition',
          {
            ContainerDefinitions: [
              { Image: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['R', 'RepositoryUri'] }, ':1']] } },
            ],
          },
          { R: resource('AWS::ECR::Repository') },
        ),
      ],
      [
        'a tag of Fn::Sub',
        task({ Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.eu-west-1.amazonaws.com/app:1' } }),
      ],
      [
        'one that stands for a list',
        it('AWS::ECS::TaskDefinition', { ContainerDefinitions: { Image: 'app:1' } }),
      ],
    ],
    compliant: [
      ['a digest', task({ Image: `r.example/app@sha256:${HASH}` }), place('Image')],
      ['a digest beside many conditions', manyVariables({ Image: `r.example/app@sha256:${HASH}` })],
      ['a tag and a digest', task({ Image: `r.example/app:1@sha256:${HASH}` })],
      [
        'an asset of the CDK',
        task({
          Image: {
            'Fn::Sub': `\${AWS::AccountId}.dkr.ecr.\${AWS::Region}.\${AWS::URLSuffix}/cdk-assets:${HASH}`,
          },
        }),
      ],
      [
        'a repository of the template',
        it(
          'AWS::ECS::TaskDefinition',
          {
            ContainerDefinitions: [
              { Image: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['R', 'RepositoryUri'] }, `@sha256:${HASH}`]] } },
            ],
          },
          { R: resource('AWS::ECR::Repository') },
        ),
      ],
      [
        'a digest of a parameter`s repository',
        { ...task({ Image: { 'Fn::Sub': `\${P}@sha256:${HASH}` } }), ...parameter({}) },
      ],
    ],
    undecided: [['a parameter without a default', { ...task({ Image: ref('P') }), ...parameter({}) }]],
  },
  'container-privilege': {
    violating: [
      ['no user', task({ ReadonlyRootFilesystem: true })],
      ['root', task({ ...SAFE, User: 'root' }), place('User')],
      ['root as a number with a group', task({ ...SAFE, User: '0:0' })],
      ['a root that can be written', task({ User: '65532' })],
      ['the same said', task({ ...SAFE, ReadonlyRootFilesystem: 'false' }), place('ReadonlyRootFilesystem')],
      ['privileged', task({ ...SAFE, Privileged: true }), place('Privileged')],
    ],
    compliant: [
      ['a number, read-only', task(SAFE), place('User')],
      ['the same beside many conditions', manyVariables(SAFE)],
      ['booleans as texts', task({ ...SAFE, ReadonlyRootFilesystem: 'true', Privileged: 'false' })],
      ['a name', task({ ...SAFE, User: 'node' })],
      ['a user and a group', task({ ...SAFE, User: '1000:1000' })],
      ['Windows', task({}, { RuntimePlatform: { OperatingSystemFamily: 'WINDOWS_SERVER_2025_CORE' } })],
    ],
  },
  'plaintext-secret': {
    violating: [
      [
        'a password',
        it('AWS::RDS::DBInstance', { MasterUserPassword: 'correct horse' }),
        at('MasterUserPassword'),
      ],
      ['a variable of a container', variable('DB_PASSWORD', 'correct horse')],
      ['a variable of a function', lambda({ Environment: { Variables: { STRIPE_API_KEY: 'sk_live_1' } } })],
      [
        'an access key under any name',
        it('AWS::SSM::Parameter', { Value: ['AKIA', 'IOSFODNN7EXAMPLE'].join('').replace(/[018]/g, '2') }),
      ],
      [
        'a private key that an instance is started with',
        it('AWS::EC2::Instance', { UserData: { 'Fn::Base64': `${KEY}\nabc` } }),
      ],
      ['a value that looks like no name of a secret', variable('DB_SECRET', 'hunter2')],
      ['a password that looks like a name', variable('DB_PASSWORD', 'prod/db')],
      ['a private key', it('AWS::SSM::Parameter', { Value: `${KEY}\nabc` })],
      ['the same with a hole', it('AWS::SSM::Parameter', { Value: { 'Fn::Sub': `${KEY}\${AWS::Region}` } })],
      [
        'a default of a parameter',
        {
          ...it('AWS::RDS::DBInstance', { MasterUserPassword: ref('P') }),
          ...parameter({ Default: 'correct horse', NoEcho: true }),
        },
      ],
      [
        'a client secret of a provider',
        it('AWS::Cognito::UserPoolIdentityProvider', { ProviderDetails: { client_secret: 'correct horse' } }),
      ],
    ],
    compliant: [
      [
        'a dynamic reference',
        it('AWS::RDS::DBInstance', {
          MasterUserPassword: '{{resolve:secretsmanager:db:SecretString:password}}',
        }),
      ],
      [
        'the same by Fn::Join',
        it(
          'AWS::RDS::DBInstance',
          {
            MasterUserPassword: {
              'Fn::Join': ['', ['{{resolve:secretsmanager:', ref('S'), ':SecretString:password::}}']],
            },
          },
          { S: resource('AWS::SecretsManager::Secret') },
        ),
      ],
      [
        'a parameter without a default',
        { ...it('AWS::RDS::DBInstance', { MasterUserPassword: ref('P') }), ...parameter({ NoEcho: true }) },
      ],
      [
        'an ARN of a secret',
        variable('DB_PASSWORD', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db'),
        ['Resources', 'It', 'Properties', 'ContainerDefinitions', 0, 'Environment', 0, 'Value'],
      ],
      [
        'an ARN under such a name',
        lambda({
          Environment: {
            Variables: { DB_PASSWORD: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db' },
          },
        }),
      ],
      ['a name of a secret', variable('DB_SECRET', 'prod/db')],
      [
        'a name of credentials',
        lambda({ Environment: { Variables: { DB_CREDENTIALS: 'orders-db-credentials' } } }),
      ],
      ['many conditions', manyVariables({})],
      ['a flag', it('AWS::Cognito::UserPoolClient', { GenerateSecret: true }), at('GenerateSecret')],
      [
        'a secret that a container reads',
        task({ Secrets: [{ Name: 'DB_PASSWORD', ValueFrom: 'arn:aws:secretsmanager:…' }] }),
      ],
    ],
  },
  'snap-start': {
    violating: [
      ['nodejs24.x', lambda({ SnapStart: { ApplyOn: 'PublishedVersions' } }), at('Runtime')],
      [
        'nodejs22.x',
        lambda({ Runtime: 'nodejs22.x', SnapStart: { ApplyOn: 'PublishedVersions' } }),
        at('SnapStart', 'ApplyOn'),
      ],
    ],
    compliant: [
      ['Java', lambda({ Runtime: 'java21', SnapStart: { ApplyOn: 'PublishedVersions' } }), at('Runtime')],
      ['none', lambda({})],
      ['turned off', lambda({ SnapStart: { ApplyOn: 'None' } }), at('SnapStart', 'ApplyOn')],
    ],
  },
  'provisioned-latest': {
    violating: [['an alias', alias({ FunctionVersion: '$LATEST', ...PROVISIONED }), at('FunctionVersion')]],
    compliant: [
      ['a version', alias({ FunctionVersion: '7', ...PROVISIONED }), at('FunctionVersion')],
      [
        'a version of the template',
        it(
          'AWS::Lambda::Alias',
          { FunctionVersion: { 'Fn::GetAtt': ['V', 'Version'] }, ...PROVISIONED },
          { V: resource('AWS::Lambda::Version') },
        ),
      ],
      ['nothing provisioned', alias({ FunctionVersion: '$LATEST' })],
    ],
  },
  'unread-resource': {
    violating: [],
    compliant: [
      ['a resource', it('AWS::S3::Bucket', {})],
      ['a custom resource', it('Custom::Thing', { A: 1 })],
      ['a type of your own', it('My::Own::Thing', {})],
      ['a function', lambda({})],
      ['code that only speaks of it', lambda({ Code: { ZipFile: '"Fn::Transform": 1' } })],
      ['no property', { Resources: { It: { Type: 'AWS::S3::Bucket' } } }],
    ],
    undecided: [
      ['a function of SAM', it('AWS::Serverless::Function', { Handler: 'h' })],
      ['an API of SAM', it('AWS::Serverless::HttpApi', {})],
      [
        'a nested stack that is elsewhere',
        it('AWS::CloudFormation::Stack', { TemplateURL: 'https://b/t.json' }),
      ],
      ['properties that are included', it('AWS::S3::Bucket', { 'Fn::Transform': { Name: 'AWS::Include' } })],
      [
        'a part of a property',
        it('AWS::EC2::SecurityGroup', {
          SecurityGroupEgress: [{ CidrIp: '10.0.0.0/8', 'Fn::Transform': { Name: 'AWS::Include' } }],
        }),
      ],
      [
        'a loop in a property',
        lambda({ Environment: { Variables: { A: '1', 'Fn::ForEach::V': ['x', ['B'], { '${x}': '1' }] } } }),
      ],
      [
        'paths of an API',
        it('AWS::ApiGateway::RestApi', { Body: { paths: { 'Fn::Transform': { Name: 'AWS::Include' } } } }),
      ],
      [
        'a transform beside the type',
        { Resources: { It: { Type: 'AWS::S3::Bucket', 'Fn::Transform': 'M' } } },
      ],
      ['a module', it('My::Own::Thing::MODULE', {})],
      ['a stack set', it('AWS::CloudFormation::StackSet', { TemplateBody: '{}' })],
      ['a table of SAM', it('AWS::Serverless::SimpleTable', {})],
    ],
  },
};
