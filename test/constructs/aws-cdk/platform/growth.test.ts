import { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import {
  allow,
  anyone,
  defineZeroTrust,
  http,
  oidc,
  user,
  workload,
  type ZeroTrustModel,
} from 'zero-trust-platform';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { type Template, templatesOf } from '../../../support/aws/template.js';

/** Resources, parameters and outputs of one template ("AWS CloudFormation quotas"). */
const LIMITS = [500, 200, 200] as const;
/** The gateway's group lets out to 200 services, the endpoints and the key tunnel, and has the rule of a group without one. */
const RAISED = 203;

function modelOf(names: readonly string[]): ZeroTrustModel {
  return defineZeroTrust({
    trustDomain: 'growing.example',
    environment: 'test',
    identity: {
      providers: {
        people: oidc({
          issuer: 'https://login.growing.example',
          jwksUri: 'https://keys.growing.example/jwks',
        }),
      },
    },
    services: Object.fromEntries(names.map((name) => [name, http({ host: `${name}.growing.example` })])),
    access: names.flatMap((name, index) => [
      allow(anyone()).to(name, 'GET /'),
      allow(user({ groups: ['staff'] })).to(name, 'GET /admin'),
      // Each calls the one before it.
      ...(index > 0 ? [allow(workload(name)).to(names[index - 1]!, 'GET /items')] : []),
    ]),
  } as ZeroTrustModel);
}

function synthesized(names: readonly string[], props: Partial<ZeroTrustPlatformProps> = {}): Template[] {
  const app = testApp();
  const stack = new Stack(app, 'Growing', { env: TEST_ENVIRONMENT });
  const vpc = new Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1 });
  new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model: modelOf(names),
    vpc,
    gateway: { unverifiedCertificate: { reason: 'a test', expires: '2099-01-01' } },
    mesh: { unjoined: names, rulesPerSecurityGroup: RAISED },
    ...props,
  });
  return templatesOf(app.synth().directory);
}

const first = 'checkout';
const later = Array.from({ length: 199 }, (_, index) => `service-${index}`);

test('from 1 service to 200 no logical ID moves, and no template outgrows CloudFormation', () => {
  const [one, many] = [synthesized([first]), synthesized([first, ...later])];
  const present = new Set(ledgerOf(many));
  expect(ledgerOf(one).filter((line) => !present.has(line))).toEqual([]);
  expect(present.size).toBeGreaterThan(199 * 20);
  for (const { name, resources, parameters, outputs } of many) {
    const sizes = [resources, parameters, outputs].map((part) => Object.keys(part).length);
    const within = sizes.every((size, index) => size <= LIMITS[index]!);
    expect(within ? [] : [name, ...sizes]).toEqual([]);
  }
});

test('a renamed service keeps what is deployed, if the table of renames says so', () => {
  const before = synthesized([first]);
  const after = synthesized(['payment']);
  const ids = (templates: readonly Template[], type: string) =>
    templates.flatMap(({ resources }) => Object.keys(resources).filter((id) => resources[id]!.Type === type));
  const [deployed] = ids(before, 'AWS::ApiGateway::RestApi');
  const [made] = ids(after, 'AWS::ApiGateway::RestApi');
  expect(made).not.toBe(deployed);
  const kept = synthesized(['payment'], { renames: { [made!]: deployed! } });
  expect(ids(kept, 'AWS::ApiGateway::RestApi')).toEqual([deployed]);
});
