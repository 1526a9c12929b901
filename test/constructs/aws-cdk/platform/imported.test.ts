import { Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { IdentityRecord, ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import model from '../../../../examples/aws-cdk-existing/model.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

test('another app records an identity of a platform that it did not make, and may ask for its certificate', () => {
  const app = testApp();
  const stack = new Stack(app, 'Other', { env: TEST_ENVIRONMENT });
  const registrationArn = 'arn:aws:lambda:eu-central-1:000000000000:function:registration:live';
  const { plan, authority } = ZeroTrustPlatform.fromAttributes(stack, 'Platform', { model, registrationArn });
  const { taskRole } = new FargateTaskDefinition(stack, 'Stock');
  new IdentityRecord(stack, 'Identity', { plan, service: 'stock', role: taskRole });
  authority.grantRegister(taskRole);

  const templates = templatesOf(app.synth().directory);
  const [record] = resourcesOf(templates, 'AWS::SSM::Parameter');
  expect(JSON.stringify(record!.properties['Name'])).toContain('aws.prod.warehouse.example/identities');
  const [policy] = resourcesOf(templates, 'AWS::IAM::Policy');
  expect(policy!.properties['PolicyDocument']).toMatchObject({
    Statement: [{ Action: 'lambda:InvokeFunction', Resource: registrationArn }],
  });
  // Nothing of the platform itself is made here.
  expect(resourcesOf(templates, 'AWS::KMS::Key', 'AWS::Lambda::Function')).toEqual([]);
});
