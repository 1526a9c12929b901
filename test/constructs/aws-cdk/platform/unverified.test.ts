import { Aspects, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { allow, anyone, defineZeroTrust, http } from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

const model = defineZeroTrust({
  trustDomain: 'unverified.example',
  environment: 'test',
  identity: { providers: {} },
  services: { web: http({ host: 'www.unverified.example' }) },
  access: [allow(anyone()).to('web', 'GET /')],
});

const LAYER = 'arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension-Arm64:20';

test('a gateway that API Gateway cannot verify is not verified: else it would refuse every request; an aspect adds the layer and the variable that the platform accepts', () => {
  const app = testApp();
  Aspects.of(app).add({
    visit: (node) => {
      if (!(node instanceof CfnFunction)) return;
      node.addPropertyOverride('Layers', [LAYER]);
      node.addPropertyOverride('Environment.Variables.TRACED', 'yes');
    },
  });
  new ZeroTrustPlatform(new Stack(app, 'Stack', { env: TEST_ENVIRONMENT }), 'ZeroTrust', {
    model,
    mesh: { unjoined: ['web'] },
    instrumentation: {
      layers: [LAYER],
      variables: { TRACED: 'yes' },
      reason: 'Lambda Insights',
      expires: '2099-01-01',
    },
    gateway: { unverifiedCertificate: { reason: 'on order', expires: '2099-01-01' } },
  });
  const methods = resourcesOf(templatesOf(app.synth().directory), 'AWS::ApiGateway::Method');
  expect(methods).toHaveLength(2);
  for (const { properties } of methods) {
    expect(properties['Integration']).toMatchObject({ TlsConfig: { InsecureSkipVerification: true } });
  }
});
