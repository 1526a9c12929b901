import { Duration, SecretValue, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import {
  type PoolFederation,
  UserDirectory,
  type UserDirectoryProps,
} from '../../../../constructs/aws-cdk/identity/index.js';
import { allow, mfa, oidc, type Plan, user } from '../../../../lib/index.js';
import { expectGolden } from '../../../golden.js';
import { mistake, onlyResource, templateOf, testStack, warningsOf } from '../support/app.js';
import { plan, planFor } from '../support/plan.js';

const web = { callbackUrls: ['https://www.shop.example/signed-in'] };
const base: UserDirectoryProps = { clients: { web }, domain: { prefix: 'shop-prod' } };
const accepted = {
  enforcedBy: 'nobody',
  accepted: { reason: 'two partners', expires: '2099-01-01' },
} as const;

const secret = (scope: Construct) => Secret.fromSecretNameV2(scope, 'Secret', 'providers');
const google = (scope: Construct) => ({
  clientId: 'google-id',
  clientSecret: secret(scope),
  field: 'google',
});
const trigger = (scope: Construct) =>
  LambdaFunction.fromFunctionArn(scope, 'Claims', 'arn:aws:lambda:eu-west-1:111122223333:function:claims');

function directory(stack: Stack, props: Partial<UserDirectoryProps> = {}): UserDirectory {
  return new UserDirectory(stack, 'People', { ...base, ...props });
}

/** Everybody who signs in through `people` must have shown a second factor. */
const strict: Plan = planFor({ access: [allow(user()).to('orders', 'GET /orders/{id}').when(mfa())] });
const withoutEvidence: Plan = planFor({
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.shop.example',
        jwksUri: 'https://login.shop.example/jwks',
        mfa: 'none',
      }),
    },
  },
  access: [allow(user()).to('orders', 'GET /orders/{id}')],
});

test('the pool and its client are in the template as they were reviewed', () => {
  const template = templateOf(directory);
  const types = ['UserPool', 'UserPoolClient', 'UserPoolRiskConfigurationAttachment'];
  const parts = types.map((type) => [type, onlyResource(template, `AWS::Cognito::${type}`)]);
  expectGolden('aws-cdk/user-directory.json', `${JSON.stringify(Object.fromEntries(parts), null, 2)}\n`);
});

test('codes only, tokens of minutes, refresh tokens that change and can be revoked', () => {
  expect(onlyResource(templateOf(directory), 'AWS::Cognito::UserPoolClient')).toMatchObject({
    AllowedOAuthFlows: ['code'],
    AccessTokenValidity: 15,
    IdTokenValidity: 15,
    RefreshTokenValidity: 720,
    TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
    EnableTokenRevocation: true,
    PreventUserExistenceErrors: 'ENABLED',
    GenerateSecret: false,
    ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
    SupportedIdentityProviders: ['COGNITO'],
  });
});

test('a second factor that is no text message, and a passkey that counts as two', () => {
  expect(onlyResource(templateOf(directory), 'AWS::Cognito::UserPool')).toMatchObject({
    MfaConfiguration: 'ON',
    EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    WebAuthnUserVerification: 'required',
    WebAuthnFactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION',
    WebAuthnRelyingPartyID: 'shop-prod.auth.eu-west-1.amazoncognito.com',
    UserPoolTier: 'PLUS',
    UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
    DeletionProtection: 'ACTIVE',
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  });
  templateOf(directory).hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Retain' });
});

test('secrets of providers are references, whatever the provider takes', () => {
  const template = templateOf((stack) => {
    const clientSecret = secret(stack);
    const of = (field: string) => ({ clientId: `${field}-id`, clientSecret, field });
    directory(stack, {
      providers: {
        google: of('google'),
        facebook: of('facebook'),
        oidc: { Partner: { ...of('partner'), issuer: 'https://id.partner.example' } },
      },
      federatedMfa: accepted,
    });
  });
  const providers = Object.values(template.findResources('AWS::Cognito::UserPoolIdentityProvider')) as {
    Properties: { ProviderType: string; ProviderDetails: Record<string, unknown> };
  }[];
  expect(providers.map(({ Properties }) => Properties.ProviderType).sort()).toEqual([
    'Facebook',
    'Google',
    'OIDC',
  ]);
  for (const { Properties } of providers) {
    expect(JSON.stringify(Properties.ProviderDetails['client_secret'])).toMatch(
      /\{\{resolve:secretsmanager:/,
    );
  }
  template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
    SupportedIdentityProviders: Match.arrayWith(['COGNITO']),
  });
  template.hasResource('AWS::Cognito::UserPoolClient', { DependsOn: Match.anyValue() });
});

test('no mapping lets a provider call an address verified', () => {
  const template = templateOf((stack) =>
    directory(stack, { providers: { google: google(stack) }, federatedMfa: accepted }),
  );
  const { AttributeMapping } = onlyResource(template, 'AWS::Cognito::UserPoolIdentityProvider');
  expect(Object.keys(AttributeMapping as object)).toEqual(['email']);
});

test('federated users are asked by the policy, when every rule asks and a trigger writes the claim', () => {
  const template = templateOf((stack) =>
    directory(stack, {
      providers: { google: google(stack) },
      federatedMfa: {
        enforcedBy: 'policy',
        plan: strict,
        issuer: 'people',
        preTokenGeneration: trigger(stack),
      },
    }),
  );
  expect(onlyResource(template, 'AWS::Cognito::UserPool')['LambdaConfig']).toMatchObject({
    PreTokenGenerationConfig: { LambdaVersion: 'V2_0' },
  });
});

test('that nobody asks federated users is said', () => {
  const stack = testStack();
  directory(stack, { providers: { google: google(stack) }, federatedMfa: accepted });
  expect(warningsOf(stack)).toEqual(
    expect.arrayContaining([expect.stringContaining('federatedMfa: two partners')]),
  );
});

test('sign-ins are logged with their risk, encrypted and kept', () => {
  const template = templateOf(directory);
  template.hasResourceProperties('AWS::Cognito::LogDeliveryConfiguration', {
    LogConfigurations: [Match.objectLike({ EventSource: 'userAuthEvents', LogLevel: 'INFO' })],
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365, KmsKeyId: Match.anyValue() });
  template.hasResourceProperties('AWS::Cognito::UserPoolRiskConfigurationAttachment', {
    CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'BLOCK' } },
  });
});

test('an application on a server has a secret, and Cognito alone knows it', () => {
  const template = templateOf((stack) => directory(stack, { clients: { web: { ...web, kind: 'server' } } }));
  expect(onlyResource(template, 'AWS::Cognito::UserPoolClient')['GenerateSecret']).toBe(true);
  expect(JSON.stringify(template.toJSON())).not.toContain('DescribeCognitoUserPoolClient');
});

test('what the model needs of the directory is there', () => {
  const stack = testStack();
  const people = directory(stack);
  expect(stack.resolve(people.issuer)).toEqual({
    'Fn::Join': [
      '',
      ['https://cognito-idp.eu-west-1.', { Ref: 'AWS::URLSuffix' }, '/', { Ref: expect.any(String) }],
    ],
  });
  expect(people.jwksUri).toBe(`${people.issuer}/.well-known/jwks.json`);
  expect(stack.resolve(people.clientId('web'))).toEqual({ Ref: expect.stringMatching(/^PeopleClientweb/) });
  const imported = UserDirectory.fromUserPool(
    stack,
    'Old',
    UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_Ab1'),
  );
  expect(stack.resolve(imported.jwksUri)).toMatchObject({ 'Fn::Join': expect.anything() });
});

describe('a pool that exists', () => {
  const existing = (federation?: PoolFederation) => {
    const stack = testStack();
    const pool = UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_Ab1');
    UserDirectory.fromUserPool(stack, 'Old', pool, { web: '1example' }, federation);
    return warningsOf(stack);
  };

  test('is asked by a warning who signs in there, until that is said', () => {
    expect(existing()).toEqual([
      expect.stringContaining("Old, federation] whether others than the pool's own users sign in"),
    ]);
    expect(existing('none')).toEqual([]);
    expect(existing({ enforcedBy: 'policy', plan: strict, issuer: 'people' })).toEqual([]);
    expect(existing(accepted)).toEqual([expect.stringContaining('federation: two partners')]);
  });

  test.each([
    [plan, 'federated-mfa-rules'],
    [withoutEvidence, 'federated-mfa-evidence'],
  ])('whose federated users the policy does not ask is an error', (used, code) => {
    expect(() => existing({ enforcedBy: 'policy', plan: used, issuer: 'people' })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('Old, federation') }) as Error,
    );
  });
});

test('a firewall stands before the sign-in', () => {
  const template = templateOf((stack) => directory(stack, { firewall: new WebFirewall(stack, 'Firewall') }));
  expect(JSON.stringify(onlyResource(template, 'AWS::WAFv2::WebACLAssociation')['ResourceArn'])).toContain(
    'People',
  );
});

const federated = (scope: Construct, federatedMfa?: UserDirectoryProps['federatedMfa']) => ({
  providers: { google: google(scope) },
  ...(federatedMfa && { federatedMfa }),
});
const byPolicy = (scope: Construct, used: Plan, issuer = 'people') =>
  federated(scope, { enforcedBy: 'policy', plan: used, issuer, preTokenGeneration: trigger(scope) });
const clients = (change: object) => ({ clients: { web: { ...web, ...change } } });

test.each<[string, string, (scope: Construct) => Partial<UserDirectoryProps>]>([
  ['no application', 'no-client', () => ({ clients: {} })],
  ['no callback', 'no-callback', () => clients({ callbackUrls: [] })],
  [
    'a callback in clear text',
    'malformed-value',
    () => clients({ callbackUrls: ['http://www.shop.example/'] }),
  ],
  [
    'a callback with a wildcard',
    'malformed-value',
    () => clients({ callbackUrls: ['https://*.shop.example/'] }),
  ],
  ['tokens of a day', 'out-of-range', () => clients({ accessToken: Duration.days(1) })],
  ['refresh tokens of a year', 'out-of-range', () => clients({ refreshToken: Duration.days(365) })],
  [
    'a secret by a name that reads as a complete ARN',
    'secret-name-like-arn',
    (scope) => ({
      ...federated(scope, { enforcedBy: 'nobody', accepted: { reason: 'partners', expires: '2099-01-01' } }),
      providers: {
        google: {
          clientId: 'g',
          clientSecret: Secret.fromSecretNameV2(scope, 'Named', 'shop/web-client'),
        },
      },
    }),
  ],
  ['a prefix with Cognito in it', 'malformed-value', () => ({ domain: { prefix: 'my-cognito' } })],
  [
    'a certificate of another region',
    'certificate-region',
    (scope) => ({
      domain: {
        host: 'login.shop.example',
        certificate: Certificate.fromCertificateArn(
          scope,
          'C',
          'arn:aws:acm:eu-west-1:111122223333:certificate/1',
        ),
      },
    }),
  ],
  ['federation without a word about MFA', 'federated-mfa', (scope) => federated(scope)],
  ['MFA by a policy that cannot tell', 'federated-mfa-evidence', (scope) => byPolicy(scope, withoutEvidence)],
  [
    'MFA by an issuer that is not there',
    'federated-mfa-evidence',
    (scope) => byPolicy(scope, strict, 'staff'),
  ],
  ['MFA by a policy with a rule that does not ask', 'federated-mfa-rules', (scope) => byPolicy(scope, plan)],
  [
    'an OIDC provider that calls itself Google',
    'malformed-value',
    (scope) => ({
      providers: { oidc: { Google: { ...google(scope), issuer: 'https://id.partner.example' } } },
      federatedMfa: accepted,
    }),
  ],
  [
    'an issuer in clear text',
    'malformed-value',
    (scope) => ({
      providers: { oidc: { Partner: { ...google(scope), issuer: 'http://id.partner.example' } } },
      federatedMfa: accepted,
    }),
  ],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => directory(scope as Stack, props(scope))).code).toBe(code);
});

test('an application that the directory does not have is an error', () => {
  expect(mistake((scope) => directory(scope as Stack).clientId('mobile')).code).toBe('unknown-client');
});

test('a secret in plain text is an error, where the compiler does not see it', () => {
  const error = mistake((scope) =>
    directory(scope as Stack, {
      providers: {
        // @ts-expect-error only a secret of Secrets Manager is taken
        google: { clientId: 'google-id', clientSecret: SecretValue.unsafePlainText('secret') },
      },
      federatedMfa: accepted,
    }),
  );
  expect(error.code).toBe('plaintext-secret');
  expect(error.message).not.toContain('"secret"');
});
