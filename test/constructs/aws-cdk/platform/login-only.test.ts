import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { allow, defineZeroTrust, http, login, oidc, user } from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

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

test('a platform where browsers sign in to every service has one way to its gateway, with alarms, and none of APIs', () => {
  const app = testApp();
  const stack = new Stack(app, 'Stack', { env: TEST_ENVIRONMENT });
  const { account, region } = TEST_ENVIRONMENT;
  const arn = `arn:aws:acm:${region}:${account}:certificate/desk`;
  new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    mesh: { unjoined: ['desk'] },
    gateway: { certificate: Secret.fromSecretNameV2(stack, 'Gateway', 'desk/gateway') },
    login: {
      services: {
        desk: {
          certificate: Certificate.fromCertificateArn(stack, 'Desk', arn),
          clientSecret: Secret.fromSecretNameV2(stack, 'Client', 'desk/login'),
        },
      },
    },
  });
  const templates = templatesOf(app.synth().directory);
  const of = (type: string) => resourcesOf(templates, type).map(({ properties }) => properties);
  expect(of('AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject([{ Type: 'application' }]);
  expect([...of('AWS::ApiGateway::VpcLink'), ...of('AWS::ApiGateway::RestApi')]).toEqual([]);
  const watched = of('AWS::CloudWatch::Alarm').filter((alarm) => alarm['Namespace'] === 'AWS/ApplicationELB');
  expect(watched).toHaveLength(7);
  expect(JSON.stringify(of('AWS::CloudWatch::Dashboard'))).toContain('HTTPCode_ELB_5XX_Count');
});
