import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  CertificateAuthority,
  type CertificateAuthorityProps,
} from '../../../../constructs/aws-cdk/authority/index.js';
import { monthlyCost } from '../../../../constructs/aws-cdk/authority/cost.js';
import { identitiesOf } from '../../../../lib/authority/index.js';
import { resolve } from '../../../../lib/index.js';
import { shop } from '../../../model/shop.js';
import { ENV, mistake, testStack } from '../support/app.js';

const plan = resolve(shop(), { engine: 'aws' });

function deployed(props: Partial<CertificateAuthorityProps> = {}) {
  const stack = testStack();
  const authority = new CertificateAuthority(stack, 'Authority', { plan, ...props });
  return { stack, authority, template: Template.fromStack(stack) };
}

type Resources = Record<
  string,
  { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string }
>;
const resourcesOf = (template: Template) => template.toJSON()['Resources'] as Resources;
const idsOf = (template: Template, type: string) => Object.keys(template.findResources(type));

describe('signing by KMS', () => {
  const { stack, authority, template } = deployed();

  test('root and issuing key are two P-256 keys, and only the root is kept by destroy', () => {
    const keys = Object.entries(resourcesOf(template)).filter(([, { Properties }]) => Properties['KeySpec']);
    expect(
      keys.map(([id, { Properties, DeletionPolicy }]) => [
        id.includes('Root'),
        Properties['KeySpec'],
        DeletionPolicy,
      ]),
    ).toEqual([
      [true, 'ECC_NIST_P256', 'Retain'],
      [false, 'ECC_NIST_P256', 'Delete'],
    ]);
    const [info] = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('root key .* kept'));
    expect(info?.entry.data).toContain('cdk destroy');
  });

  test('the bucket is versioned, encrypted, private and kept', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      },
    });
  });

  test('both functions run on arm64 and Node 24, log encrypted and for a year', () => {
    const functions = template.findResources('AWS::Lambda::Function');
    expect(Object.keys(functions)).toHaveLength(2);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogGroup: Match.anyValue() },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', {
      RetentionInDays: 365,
      KmsKeyId: Match.anyValue(),
    });
  });

  test('what decides who is who is part of the code, not of the environment', () => {
    for (const { Properties } of Object.values(resourcesOf(template)).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    )) {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      for (const [name, value] of Object.entries(Variables)) {
        expect(name).toMatch(/^(ROOT_KEYS?|ISSUING_KEY|AUTHORITY_BUCKET)$/);
        // A reference to a resource of this very stack.
        expect(Object.keys(value as object)).toEqual([expect.stringMatching(/^(Ref|Fn::GetAtt)$/)]);
      }
    }
  });

  test('the code carries the identities of the plan and no more', () => {
    const assembly = (Stack.of(authority).node.root as App).synth().directory;
    const id = idsOf(template, 'AWS::Lambda::Function').find((name) => name.includes('Registration'))!;
    const { Code } = resourcesOf(template)[id]!.Properties as { Code: { S3Key: string } };
    const file = join(assembly, `asset.${Code.S3Key.replace('.zip', '')}`, 'authority.json');
    const configuration = JSON.parse(readFileSync(file, 'utf8')) as { identities: object; platform: string };
    expect(configuration.identities).toEqual(Object.fromEntries(identitiesOf(plan)));
    expect(configuration.platform).toBe(plan.trustDomain);
  });

  test('the function goes live after the policy that keeps its rights within it', () => {
    const [alias] = Object.values(template.findResources('AWS::Lambda::Alias'));
    const guard = idsOf(template, 'AWS::IAM::Policy').find((id) => id.includes('RegistrationGuard'));
    expect((alias as { DependsOn: string[] }).DependsOn).toContain(guard);
  });

  test('so many instances are set aside for it, unless the account has too few', () => {
    const reserved = (props: Partial<CertificateAuthorityProps>) =>
      Object.entries(deployed(props).template.findResources('AWS::Lambda::Function'))
        .filter(([id]) => id.includes('Registration'))
        .map(([, { Properties }]) => (Properties as Record<string, unknown>)['ReservedConcurrentExecutions']);
    expect(reserved({})).toEqual([20]);
    expect(reserved({ reservedConcurrency: 'none' })).toEqual([undefined]);
  });

  test('the function goes live after the bundle is there', () => {
    const [alias] = Object.values(template.findResources('AWS::Lambda::Alias'));
    expect((alias as { DependsOn: string[] }).DependsOn).toContain(
      idsOf(template, 'AWS::CloudFormation::CustomResource')[0],
    );
  });

  test('alarms watch every use of the root key, the pace of issuance, refusals and the end of the issuing certificate', () => {
    const names = idsOf(template, 'AWS::CloudWatch::Alarm').join(' ');
    for (const alarm of ['RootKeyUsed', 'KeyCalled', 'IssuanceSpike', 'Refusals', 'IssuingCertificateEnds']) {
      expect(names).toContain(alarm);
    }
    template.hasResourceProperties('AWS::Events::Rule', {
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: { source: ['aws.kms'], detail: { $or: Match.anyValue() } },
    });
  });

  test('the same props make the same template', () => {
    expect(deployed().template.toJSON()).toEqual(template.toJSON());
  });
});

describe('a change of a key', () => {
  test('keeps every earlier root key known, so that what it signed still counts', () => {
    const changed = deployed({ signing: { kind: 'kms', rootGeneration: 3 } }).template;
    const roots = idsOf(changed, 'AWS::KMS::Key').filter((id) => id.includes('RootKey'));
    expect(roots).toHaveLength(3);
    const known = Object.values(changed.findResources('AWS::Lambda::Function')).map(({ Properties }) =>
      JSON.stringify((Properties as { Environment: { Variables: object } }).Environment.Variables),
    );
    for (const variables of known) for (const id of roots) expect(variables).toContain(`"${id}"`);
  });

  test('of the root adds a key, and moves nothing else', () => {
    const before = new Set(Object.keys(resourcesOf(deployed().template)));
    const after = Object.keys(
      resourcesOf(deployed({ signing: { kind: 'kms', rootGeneration: 2 } }).template),
    );
    expect(after.filter((id) => !before.has(id) && !id.includes('CurrentVersion'))).toEqual([
      expect.stringContaining('KmsRootKey2'),
    ]);
  });

  test('of the renewal changes the resource by which CloudFormation calls the root function', () => {
    const properties = (renewal: string) =>
      Object.values(
        deployed({ signing: { kind: 'kms', renewal } }).template.findResources(
          'AWS::CloudFormation::CustomResource',
        ),
      );
    expect(properties('2')).not.toEqual(properties('1'));
  });
});

describe('signing by AWS Private CA', () => {
  const { template, authority } = deployed({ signing: { kind: 'privateCa' } });

  test('one root in short-lived mode, and no key of our own that signs', () => {
    template.hasResource('AWS::ACMPCA::CertificateAuthority', {
      DeletionPolicy: 'Retain',
      Properties: { UsageMode: 'SHORT_LIVED_CERTIFICATE', KeyAlgorithm: 'EC_prime256v1', Type: 'ROOT' },
    });
    expect(JSON.stringify(template.toJSON())).not.toContain('ECC_NIST_P256');
    expect(authority.kms).toBeUndefined();
  });

  test('the function issues from the blank template alone', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'acm-pca:IssueCertificate',
            Condition: {
              StringEquals: {
                'acm-pca:TemplateArn': {
                  'Fn::Join': [
                    '',
                    Match.arrayWith([Match.stringLikeRegexp('BlankEndEntityCertificate_APIPassthrough/V1')]),
                  ],
                },
              },
            },
          }),
        ]),
      },
    });
  });

  test('alarms watch who else issues by it, what is changed, and when its root ends', () => {
    const names = idsOf(template, 'AWS::CloudWatch::Alarm').join(' ');
    for (const alarm of ['PrivateCaCalled', 'IssuingCertificateEnds']) expect(names).toContain(alarm);
    template.hasResourceProperties('AWS::Events::Rule', {
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: {
        source: ['aws.acm-pca'],
        detail: {
          $or: Match.arrayWith([
            Match.objectLike({
              eventName: ['IssueCertificate'],
              userIdentity: {
                sessionContext: {
                  sessionIssuer: {
                    arn: [
                      {
                        'anything-but': [
                          { 'Fn::GetAtt': [Match.stringLikeRegexp('RegistrationRole'), 'Arn'] },
                        ],
                      },
                    ],
                  },
                },
              },
            }),
          ]),
        },
      },
    });
  });

  test('an authority that exists is used as it is', () => {
    const arn = `arn:aws:acm-pca:${ENV.region}:${ENV.account}:certificate-authority/1`;
    const existing = deployed({ signing: { kind: 'privateCa', arn } }).template;
    existing.resourceCountIs('AWS::ACMPCA::CertificateAuthority', 0);
    expect(JSON.stringify(existing.toJSON())).toContain(arn);
  });
});

describe('the cost of a month', () => {
  const basis = { tasks: 20, leafLifetimeSeconds: 4 * 3600, ownEncryptionKey: true } as const;

  test('follows tasks and the life of a certificate, and every part has its source', () => {
    const cost = monthlyCost({ ...basis, kind: 'privateCa' });
    // 730 h, a renewal every 7/12 of 4 h, 20 tasks.
    expect(cost.certificates).toBe(Math.ceil((20 * 730) / ((4 * 7) / 12)));
    expect(monthlyCost({ ...basis, kind: 'privateCa', tasks: 40 }).certificates).toBe(
      2 * cost.certificates - 1,
    );
    for (const { source } of cost.parts)
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\/$/);
    expect(cost.usd).toBeCloseTo(cost.parts.reduce((sum, { usd }) => sum + usd, 0));
  });

  test('is what makes KMS the default', () => {
    const [kms, privateCa] = (['kms', 'privateCa'] as const).map(
      (kind) => monthlyCost({ ...basis, kind }).usd,
    );
    expect(kms).toBeLessThan(4);
    expect(privateCa).toBeGreaterThan(400);
  });

  test('is shown at synthesis', () => {
    const { stack, authority } = deployed({ signing: { kind: 'privateCa' }, tasksPerService: 10 });
    const [info] = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('a month'));
    expect(info?.entry.data).toContain(`$${authority.monthlyCost.usd.toFixed(2)}`);
  });
});

describe("a user's own", () => {
  test('key, alarm actions, concurrency and limits are taken', () => {
    const stack = testStack();
    const encryptionKey = new Key(stack, 'Own');
    const topic = new Topic(stack, 'Alarms');
    const authority = new CertificateAuthority(stack, 'Authority', {
      plan,
      encryptionKey,
      alarmActions: [new SnsAction(topic)],
      provisionedConcurrency: 1,
      reservedConcurrency: 20,
    });
    const template = Template.fromStack(stack);
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [Match.anyValue()] });
    template.hasResourceProperties('AWS::Lambda::Alias', {
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 20 });
    // The user's, the root and the issuing key.
    template.resourceCountIs('AWS::KMS::Key', 3);
    expect(authority.metricIssued({ period: Duration.hours(1) }).toMetricConfig().metricStat).toMatchObject({
      namespace: `ZeroTrustPlatform/${plan.trustDomain}`,
      metricName: 'CertificatesIssued',
    });
  });

  test('authority of another stack can be asked', () => {
    const stack = testStack();
    const registrationArn = `arn:aws:lambda:${ENV.region}:${ENV.account}:function:x:live`;
    const authority = CertificateAuthority.fromAttributes(stack, 'Authority', {
      platform: plan.trustDomain,
      registrationArn,
    });
    expect(authority.metricRefused().metricName).toBe('CertificatesRefused');
    expect(authority.registrationArn).toBe(registrationArn);
  });

  test.each<[string, Partial<CertificateAuthorityProps>]>([
    ['issuancesPerTask', { issuancesPerTask: 0 }],
    ['issuancesPerService', { issuancesPerService: 5000 }],
    ['signing.rootGeneration', { signing: { kind: 'kms', rootGeneration: 0 } }],
    ['tasksPerService', { tasksPerService: -5 }],
    ['reservedConcurrency', { reservedConcurrency: 0 }],
    ['provisionedConcurrency', { provisionedConcurrency: 21 }],
    ['issuanceRetentionDays', { issuanceRetentionDays: 0 }],
    ['signing.issuingGeneration', { signing: { kind: 'kms', issuingGeneration: 1.5 } }],
  ])('%s out of range is an error that says so', (prop, props) => {
    const error = mistake((scope) => new CertificateAuthority(scope, 'Authority', { plan, ...props }));
    expect(error.code).toBe('out-of-range');
    expect(error.message).toContain(prop);
  });

  test.each(['tasksPerService', 'issuancesPerTask', 'issuancesPerService'] as const)(
    '%s that only a deployment knows is an error that says so',
    (prop) => {
      const props = { plan, [prop]: Token.asNumber({ Ref: 'Number' }) };
      const error = mistake((scope) => new CertificateAuthority(scope, 'Authority', props));
      expect(error.code).toBe('literal-needed');
      expect(error.message).toContain(`Authority, ${prop}]`);
    },
  );

  test.each<[string, CertificateAuthorityProps['signing'], string]>([
    ['an ARN that is none', { kind: 'privateCa', arn: 'my-ca' }, 'malformed-arn'],
    ['a trusted ARN that is none', { kind: 'privateCa', alsoTrusted: ['my-ca'] }, 'malformed-arn'],
    ['a signer that there is not', { kind: 'KMS' as 'kms' }, 'unknown-signing'],
  ])('%s is an error', (_, signing, code) => {
    const props = { plan, ...(signing && { signing }) };
    expect(mistake((scope) => new CertificateAuthority(scope, 'Authority', props)).code).toBe(code);
  });
});
