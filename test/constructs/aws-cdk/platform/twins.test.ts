import { type App, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import {
  allow,
  allowOut,
  anyone,
  defineZeroTrust,
  http,
  login,
  oidc,
  user,
  workload,
} from 'zero-trust-platform';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';

const modelOf = (environment: string) =>
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment,
    identity: {
      providers: {
        people: oidc({
          issuer: 'https://login.shop.example',
          jwksUri: 'https://keys.shop.example/jwks',
          endpoints: {
            authorization: 'https://login.shop.example/authorize',
            token: 'https://tokens.shop.example/token',
          },
        }),
      },
    },
    services: {
      desk: http({ host: 'desk.shop.example', login: login({ provider: 'people', clientId: 'desk' }) }),
      web: http({ host: 'www.shop.example' }),
    },
    access: [allow(user({ issuer: 'people' })).to('desk', 'GET /'), allow(anyone()).to('web', 'GET /')],
    egress: [allowOut(workload('web')).to('https://api.bank.example', 'POST /transfers')],
  });

/** Both environments of one class, each in a stack of its own, so that their logical IDs are the same. */
function twins(): { app: App; dev: ZeroTrustPlatform; prod: ZeroTrustPlatform } {
  const app = testApp();
  const { account, region } = TEST_ENVIRONMENT;
  const [dev, prod] = ['dev', 'prod'].map((environment) => {
    const stack = new Stack(app, environment, { env: TEST_ENVIRONMENT });
    return new ZeroTrustPlatform(stack, 'ZeroTrust', {
      model: modelOf(environment),
      mesh: { unjoined: ['desk', 'web'] },
      gateway: { certificate: new Secret(stack, 'Gateway') },
      edge: { loggingRole: 'existing' },
      visibility: 'none',
      login: {
        services: {
          desk: {
            clientSecret: new Secret(stack, 'Client'),
            certificate: Certificate.fromCertificateArn(
              stack,
              'Desk',
              `arn:aws:acm:${region}:${account}:certificate/desk`,
            ),
          },
        },
      },
    });
  });
  return { app, dev: dev!, prod: prod! };
}

function problems({ app }: { app: App }): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

test('two environments of one class stand in one app, and neither is taken for the other', () => {
  expect(problems(twins())).toBe('none');
});

test('what one environment really does to the other is seen across their stacks', () => {
  const made = twins();
  const { dev, prod } = made;
  const edge = dev.gateway!.loadBalancerEdge!;
  new CfnWebACLAssociation(prod, 'Second', {
    webAclArn: prod.firewall.webAclArn,
    resourceArn: edge.loadBalancer.loadBalancerArn,
  });
  new CfnSecurityGroupIngress(prod, 'Opened', {
    groupId: edge.securityGroup.securityGroupId,
    ipProtocol: 'tcp',
    fromPort: 80,
    toPort: 80,
    cidrIp: '192.0.2.0/24',
  });
  const found = problems(made);
  expect(found).toMatch(/second-firewall.*prod\/ZeroTrust\/Second/s);
  expect(found).toMatch(/way-past-browser-edge.*prod\/ZeroTrust\/Opened/s);
});
