import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { allow, defineZeroTrust, http, login, oidc, user } from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { noCircle } from '../../../support/aws/laws/circles.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, type Template, templatesOf } from '../../../support/aws/template.js';

const model = defineZeroTrust({
  trustDomain: 'desk.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.desk.example',
        jwksUri: 'https://login.desk.example/jwks',
        endpoints: {
          authorization: 'https://login.desk.example/authorize',
          token: 'https://login.desk.example/token',
        },
      }),
    },
  },
  services: {
    desk: http({ host: 'www.desk.example', login: login({ provider: 'people', clientId: 'desk' }) }),
  },
  access: [allow(user({ issuer: 'people' })).to('desk', 'GET /')],
});

/** A platform that reads two secrets, as their stack makes them. */
function templatesWith(secretOf: (secrets: Stack, id: string) => ISecret, isElsewhere = false): Template[] {
  const app = testApp();
  const stack = new Stack(app, 'Stack', { env: TEST_ENVIRONMENT });
  const secrets = isElsewhere ? new Stack(app, 'Secrets', { env: TEST_ENVIRONMENT }) : stack;
  const { account, region } = TEST_ENVIRONMENT;
  const arn = `arn:aws:acm:${region}:${account}:certificate/desk`;
  new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    mesh: { unjoined: ['desk'] },
    gateway: { certificate: secretOf(secrets, 'Gateway') },
    login: {
      services: {
        desk: {
          certificate: Certificate.fromCertificateArn(stack, 'Desk', arn),
          clientSecret: secretOf(secrets, 'Client'),
        },
      },
    },
    visibility: 'none',
  });
  return templatesOf(app.synth().directory);
}

const withKey = (secrets: Stack, id: string) =>
  new Secret(secrets, id, { encryptionKey: new Key(secrets, `${id}Key`, { enableKeyRotation: true }) });

/** The statements of the gateway's role by which it reads secrets of the user. */
function rightsOf(templates: readonly Template[]): { Action: unknown; Condition?: unknown }[] {
  return resourcesOf(templates, 'AWS::IAM::Policy')
    .filter(({ at }) => at.includes('gateway') && at.includes('TaskRole'))
    .flatMap(({ properties }) => (properties['PolicyDocument'] as { Statement: [] }).Statement)
    .filter((statement) => JSON.stringify(statement).match(/kms:Decrypt|GetSecretValue/)) as never;
}

test.each([
  ['of the same stack', false],
  ['of another stack', true],
])(
  'secrets %s may have keys of their own: nothing waits for itself, and the role alone has the right',
  (_, isElsewhere) => {
    const templates = templatesWith(withKey, isElsewhere);
    expect(noCircle.broken(templates)).toEqual([]);
    const decrypts = rightsOf(templates).filter(({ Action }) => Action === 'kms:Decrypt');
    const { region } = TEST_ENVIRONMENT;
    const viaSecretsManager = {
      StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` },
    };
    expect(
      decrypts.filter(({ Condition }) => Condition !== undefined).map(({ Condition }) => Condition),
    ).toEqual([viaSecretsManager, viaSecretsManager]);
  },
);

test.each(['shop/desk-client', 'gateway-1a2b3c'])(
  'a secret by the name %s, which reads as a complete ARN, is an error',
  (name) => {
    expect(() => templatesWith((secrets, id) => Secret.fromSecretNameV2(secrets, id, name))).toThrow(
      expect.objectContaining({
        code: 'secret-name-like-arn',
        message: expect.stringMatching(/, certificate\].*fromSecretCompleteArn/s),
      }),
    );
  },
);

test('another name, and a complete ARN, are none', () => {
  const { account, region } = TEST_ENVIRONMENT;
  const arn = (name: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;
  const named = templatesWith((secrets, id) => Secret.fromSecretNameV2(secrets, id, `desk/${id}`));
  expect(JSON.stringify(rightsOf(named))).toContain(':secret:desk/Gateway-??????');
  const complete = templatesWith((secrets, id) =>
    Secret.fromSecretCompleteArn(secrets, id, arn('shop/desk-client')),
  );
  expect(rightsOf(complete)).toContainEqual(expect.objectContaining({ Resource: arn('shop/desk-client') }));
});

test('a secret without such a key takes no right to a key', () => {
  const decrypts = rightsOf(templatesWith((secrets, id) => new Secret(secrets, id))).filter(
    ({ Action, Condition }) => Action === 'kms:Decrypt' && Condition !== undefined,
  );
  expect(decrypts).toEqual([]);
});
