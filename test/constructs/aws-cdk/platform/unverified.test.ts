import { Stack } from 'aws-cdk-lib';
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

test('a gateway that API Gateway cannot verify is not verified: else it would refuse every request', () => {
  const app = testApp();
  new ZeroTrustPlatform(new Stack(app, 'Stack', { env: TEST_ENVIRONMENT }), 'ZeroTrust', {
    model,
    mesh: { unjoined: ['web'] },
    gateway: { unverifiedCertificate: { reason: 'on order', expires: '2099-01-01' } },
  });
  const methods = resourcesOf(templatesOf(app.synth().directory), 'AWS::ApiGateway::Method');
  expect(methods).toHaveLength(2);
  for (const { properties } of methods) {
    expect(properties['Integration']).toMatchObject({ TlsConfig: { InsecureSkipVerification: true } });
  }
});
