import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { PlanRecord } from '../../../../constructs/aws-cdk/plan-record/index.js';
import { planText } from '../../../../lib/index.js';
import { configurationHash } from '../../../../lib/point/configuration.js';
import { ENV } from '../support/app.js';
import { plan, planFor } from '../support/plan.js';

function recorded(of = plan) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Platform', { env: ENV });
  const record = new PlanRecord(stack, 'Record', { plan: of });
  const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  record.grantRead(reader);
  return { stack, record, template: Template.fromStack(stack) };
}

const HASH = configurationHash(planText(plan));
const { template, record, stack } = recorded();

test('a parameter holds where the plan is, once it is stored, and its hash', () => {
  template.hasResourceProperties('AWS::SSM::Parameter', {
    Name: `/zero-trust/${plan.trustDomain}/plan`,
    Value: {
      'Fn::Join': [
        '',
        [
          '{"bucket":"',
          { 'Fn::GetAtt': [Match.stringLikeRegexp('Stored'), 'Bucket'] },
          `","key":"_plan/${HASH}","sha256":"${HASH}"}`,
        ],
      ],
    },
  });
});

test('another plan is another parameter value and another object', () => {
  const values = [template, recorded(planFor({ access: [] })).template].map((one) =>
    JSON.stringify(one.findResources('AWS::SSM::Parameter')),
  );
  expect(values[0]).not.toBe(values[1]);
});

test('only its writer writes the bucket, which keeps versions', () => {
  template.hasResourceProperties('AWS::S3::Bucket', { VersioningConfiguration: { Status: 'Enabled' } });
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Sid: 'OnlyItsWriterWrites',
          Effect: 'Deny',
          Condition: {
            ArnNotEquals: {
              'aws:PrincipalArn': { 'Fn::GetAtt': [Match.stringLikeRegexp('WriterRole'), 'Arn'] },
            },
          },
        }),
      ]),
    },
  });
});

test('a reader reads that parameter and the plans, and nothing else', () => {
  const [policy] = Object.values(template.findResources('AWS::IAM::Policy')).filter((one) =>
    JSON.stringify(one).includes('ReaderDefaultPolicy'),
  );
  const { Statement } = (
    policy as { Properties: { PolicyDocument: { Statement: { Action: string; Resource: unknown }[] } } }
  ).Properties.PolicyDocument;
  expect(Statement.map(({ Action }) => Action)).toEqual(['ssm:GetParameter', 's3:GetObject']);
  expect(JSON.stringify(Statement[1]!.Resource)).toContain('/_plan/*');
});

test('the same rights by the record of another app', () => {
  const elsewhere = new Stack(new App({ analyticsReporting: false }), 'Elsewhere', { env: ENV });
  const imported = PlanRecord.fromAttributes(elsewhere, 'Record', {
    trustDomain: plan.trustDomain,
    bucketName: 'plans',
  });
  const role = new Role(elsewhere, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  imported.grantRead(role);
  expect(imported.parameterName).toBe(record.parameterName);
  Template.fromStack(elsewhere).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Action: 'ssm:GetParameter', Resource: Match.anyValue() }),
        Match.objectLike({
          Action: 's3:GetObject',
          Resource: { 'Fn::Join': ['', Match.arrayWith([':s3:::plans/_plan/*'])] },
        }),
      ],
    },
  });
});

test('what would put another plan in its place is for the deployers alone', () => {
  const statements = record.protectionStatements(['arn:aws:iam::*:role/cdk-*']);
  expect(statements.map((one) => (stack.resolve(one.toStatementJson()) as { Sid: string }).Sid)).toEqual([
    'PlanRecord',
    'PlanBucket',
    'PlanWriterCode',
    'PlanWriterRoles',
  ]);
});
