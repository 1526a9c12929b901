import { Stack } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  allow,
  anyone,
  defineZeroTrust,
  grpc,
  http,
  rpc,
  workload,
  type ZeroTrustModel,
} from 'zero-trust-platform';
import { ConstructError, WebFirewall, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, type testApp } from '../../../support/aws/synth.js';
import { FURTHER_MISTAKES } from './further-mistakes.js';
import { type Mistake, model, platform, stackOf, task, unverified, withContainer } from './mistaken.js';

const elsewhere = { account: TEST_ENVIRONMENT.account, region: 'us-east-1' };

/** Each: what somebody does, and the code and the advice that the error has. */
const MISTAKES: readonly Mistake[] = [
  ...FURTHER_MISTAKES,
  [
    'a model with a rule for a service that is not there',
    (stack) =>
      platform(stack, { model: { ...model, access: [allow(anyone()).to('shop' as never, 'GET /')] } }),
    'invalid-model',
    /ztp check/,
  ],
  [
    'a second platform of the same model',
    (stack) => [platform(stack), platform(stack, {}, 'Again')],
    'platform-twice',
    /environment of its own|fromAttributes/,
  ],
  [
    'a key of another region',
    (stack) =>
      platform(stack, {
        encryptionKey: Key.fromKeyArn(
          stack,
          'Key',
          `arn:aws:kms:us-east-1:${TEST_ENVIRONMENT.account}:key/x`,
        ),
      }),
    'other-environment',
    /this account and region/,
  ],
  ...elsewhereGiven(),
  [
    'a network of another region',
    (stack) =>
      platform(stack, {
        vpc: new Vpc(new Stack(stack.node.root as never, 'There', { env: elsewhere }), 'Vpc'),
      }),
    'other-environment',
    /platform of its own/,
  ],
  [
    'a network without private subnets',
    (stack) =>
      platform(stack, {
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
          vpcId: 'vpc-1',
          availabilityZones: ['a'],
          publicSubnetIds: ['s-1'],
        }),
      }),
    'no-private-subnets',
    /privateSubnetIds/,
  ],
  [
    'no certificate for the gateway',
    (stack) => platform(stack, { gateway: {} }),
    'no-server-certificate',
    /secret/,
  ],
  [
    'a service that is not exposed and does not exist',
    (stack) => platform(stack, { notExposed: ['www'] }),
    'unknown-service',
    /name that the model has/,
  ],
  [
    'a domain for a service without a host',
    (stack) => platform(stack, { domains: { store: { certificate: {} as never } } }),
    'unknown-service',
    /`host`/,
  ],
  [
    'a domain without a certificate',
    (stack) => platform(stack, { domains: { web: {} as never } }),
    'missing',
    /domains\.web\.certificate.*Give it/,
  ],
  [
    'joining a service that does not exist',
    (stack) => platform(stack).mesh.join('shop', task(stack), { applicationPort: 8080 }),
    'unknown-service',
    /Correct the name/,
  ],
  [
    'joining twice',
    (stack) => {
      const { mesh } = platform(stack);
      mesh.join('web', withContainer(task(stack, 'One')), { applicationPort: 8080 });
      mesh.join('web', withContainer(task(stack, 'Two')), { applicationPort: 8080 });
    },
    'service-joined-twice',
    /Remove one join/,
  ],
  [
    'a port of the sidecar for the application',
    (stack) => platform(stack).mesh.join('web', withContainer(task(stack)), { applicationPort: 15_006 }),
    'declares-sidecar-port',
    /below 15000/,
  ],
  [
    'gRPC through a REST API',
    (stack) => platform(stack, { model: withGrpc(), mesh: { unjoined: ['rpc', 'web'] } }),
    'edge-protocol',
    /notExposed/,
  ],
  [
    'gRPC that clients may call',
    (stack) => platform(stack, { model: withGrpc(true), mesh: { unjoined: ['rpc', 'web'] } }),
    'invalid-model',
    /not-expressible.*reference says allow, authorizer would say forbidden/s,
  ],
  [
    'an API of a stack that the platform does not stand in',
    (stack) => {
      const other = new Stack(stack.node.root as never, 'Other', { env: TEST_ENVIRONMENT });
      platform(stack, { apis: [{ service: 'web', api: apiIn(other) }] });
    },
    'api-in-another-stack',
    /stack of the API/,
  ],
  [
    'an API for a service that nobody reaches',
    (stack) => platform(stack, { apis: [{ service: 'store', api: apiIn(stack) }] }),
    'unknown-service',
    /`host`/,
  ],
  [
    'a firewall of a window that AWS does not have',
    (stack) => platform(stack, { firewall: { rate: { limit: 100, windowSeconds: 90 } } }),
    'rate-window',
    /60|300/,
  ],
  [
    'a certificate that may live without anybody saying until when',
    (stack) => platform(stack, { gateway: { unverifiedCertificate: { reason: 'later', expires: 'never' } } }),
    'weakening-expired',
    /date/,
  ],
  [
    'a gateway with one task',
    (stack) => platform(stack, { gateway: { ...unverified, minTasks: 1 } }),
    'out-of-range',
    /Two tasks/,
  ],
];

/** What a user may give that is of another region, by its ARN. */
function elsewhereGiven(): Mistake[] {
  const arn = (service: string, rest: string) =>
    `arn:aws:${service}:us-east-1:${TEST_ENVIRONMENT.account}:${rest}`;
  const given: Readonly<Record<string, (stack: Stack) => Partial<ZeroTrustPlatformProps>>> = {
    'a topic': (stack) => ({ alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'alarms')) }),
    'a certificate': (stack) => ({
      domains: {
        web: { certificate: Certificate.fromCertificateArn(stack, 'C', arn('acm', 'certificate/1a2b')) },
      },
    }),
    'a secret': (stack) => ({
      gateway: {
        certificate: Secret.fromSecretCompleteArn(stack, 'S', arn('secretsmanager', 'secret:gateway-aBcDeF')),
      },
    }),
    'a list of the firewall': (stack) => ({
      firewall: WebFirewall.fromWebAclArn(stack, 'F', arn('wafv2', 'regional/webacl/shop/1a2b')),
    }),
    'a private CA': () => ({
      authority: {
        signing: { kind: 'privateCa', arn: arn('acm-pca', 'certificate-authority/1a2b') },
      },
    }),
  };
  return Object.entries(given).map(([what, props]) => [
    `${what} of another region`,
    (stack) => platform(stack, props(stack)),
    'other-environment',
    /this account and region/,
  ]);
}

function withGrpc(fromClients = false): ZeroTrustModel {
  return defineZeroTrust({
    trustDomain: 'mistaken.example',
    environment: 'test',
    identity: { providers: {} },
    services: { rpc: grpc({ host: 'rpc.mistaken.example' }), web: http() },
    access: [allow(fromClients ? anyone() : workload('web')).to('rpc', rpc('a.B/C'))],
  }) as ZeroTrustModel;
}

function apiIn(stack: Stack): RestApi {
  const api = new RestApi(stack, 'Api');
  api.root.addMethod('GET', new HttpIntegration('https://web.example'));
  return api;
}

test.each(MISTAKES)('%s ends in an error that says what to do', (_, make, code, says) => {
  const stack = stackOf();
  let found: unknown;
  try {
    make(stack);
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(ConstructError);
  const { message, code: actual, constructPath } = found as ConstructError;
  expect(actual).toBe(code);
  expect(message).toMatch(says);
  expect(message).toContain(constructPath);
});

test('at least thirty likely mistakes are in the table, of twenty kinds', () => {
  expect(MISTAKES.length).toBeGreaterThanOrEqual(30);
  expect(new Set(MISTAKES.map(([what]) => what)).size).toBe(MISTAKES.length);
  expect(new Set(MISTAKES.map(([, , code]) => code)).size).toBeGreaterThanOrEqual(20);
});

test('a rename of something that is not there is an error at synthesis', () => {
  const stack = stackOf();
  platform(stack, { renames: { ServicesShopApi00000000: 'ServicesStoreApi00000000' } });
  expect(() => (stack.node.root as ReturnType<typeof testApp>).synth()).toThrow(
    /unknown-rename.*ServicesShopApi00000000.*cdk diff/s,
  );
});

test('a service that nothing joined is an error at synthesis', () => {
  const stack = stackOf();
  platform(stack, { mesh: { unjoined: ['store'] } });
  expect(() => (stack.node.root as ReturnType<typeof testApp>).synth()).toThrow(
    /service-not-joined.*web.*unjoined/s,
  );
});
