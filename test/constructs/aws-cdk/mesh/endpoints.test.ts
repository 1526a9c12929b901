import { Template } from 'aws-cdk-lib/assertions';
import { world } from './world.js';

interface Statement {
  readonly Sid: string;
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function policies(props: Parameters<typeof world>[0] = {}): Record<string, Statement[]> {
  const found = Template.fromStack(world(props).platform).findResources('AWS::EC2::VPCEndpoint');
  return Object.fromEntries(
    Object.values(found).map((resource) => {
      const { ServiceName, PolicyDocument } = (
        resource as { Properties: { ServiceName: string; PolicyDocument: { Statement: Statement[] } } }
      ).Properties;
      return [ServiceName.split('eu-west-1.')[1] ?? ServiceName, PolicyDocument.Statement];
    }),
  );
}

test('an endpoint is a way to this account and for this account alone', () => {
  const found = policies();
  expect(Object.keys(found).sort()).toEqual(['ecr.api', 'ecr.dkr', 'lambda', 'logs', 's3']);
  for (const statements of Object.values(found)) {
    expect(statements[0]).toMatchObject({
      Sid: 'OwnResources',
      Condition: {
        StringEquals: { 'aws:PrincipalAccount': '111122223333', 'aws:ResourceAccount': '111122223333' },
      },
    });
  }
  // What else: the token of a pull, which has no resource, and the layers, which are in a bucket of ECR.
  expect(found['lambda']).toHaveLength(1);
  expect(found['logs']).toHaveLength(1);
  expect(found['ecr.dkr']).toHaveLength(1);
  expect(found['ecr.api']?.[1]).toMatchObject({
    Action: 'ecr:GetAuthorizationToken',
    Condition: { StringEquals: { 'aws:PrincipalAccount': '111122223333' } },
  });
  expect(found['s3']?.[1]).toMatchObject({
    Action: 's3:GetObject',
    Resource: {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::prod-eu-west-1-starport-layer-bucket/*']],
    },
  });
});

test('or to those of an organization that is named', () => {
  for (const [own] of Object.values(policies({ organizationId: 'o-shop' }))) {
    expect(own?.Condition).toEqual({
      StringEquals: { 'aws:PrincipalOrgID': 'o-shop', 'aws:ResourceOrgID': 'o-shop' },
    });
  }
});
