import {
  CfnClientCertificate,
  CfnDeployment,
  CfnMethod,
  CfnRestApi,
  CfnStage,
} from 'aws-cdk-lib/aws-apigateway';
import { Port } from 'aws-cdk-lib/aws-ec2';
import type { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Template } from 'aws-cdk-lib/assertions';
import { GatewayService } from '../../../../constructs/aws-cdk/gateway/index.js';
import { Account, EVERYTHING } from '../authority/account.js';
import { world } from '../mesh/world.js';
import { ENV } from '../support/app.js';

const DEPLOYER = `arn:aws:iam::${ENV.account}:role/cdk-cfn-exec`;
const DEVELOPER = `arn:aws:iam::${ENV.account}:role/developer`;
const at = (path: string) => `arn:aws:apigateway:${ENV.region}::${path}`;

const { platform, mesh } = world();
const gateway = new GatewayService(platform, 'Gateway', {
  mesh,
  certificate: new Secret(platform, 'Secret'),
});
const statements = gateway.protectionStatements([DEPLOYER]);
const document = platform.resolve(new PolicyDocument({ statements })) as object;
const account = new Account(Template.fromStack(platform));
// Ids are only known at deployment.
const control = account.resolve(
  JSON.parse(JSON.stringify(document, (_, value: unknown) => (isJoin(value) ? joined(value) : value))),
) as object;

type Join = { readonly 'Fn::Join': readonly [string, readonly unknown[]] };

function isJoin(value: unknown): value is Join {
  return (
    typeof value === 'object' &&
    value !== null &&
    'Fn::Join' in value &&
    JSON.stringify(value).includes(':apigateway:')
  );
}

function joined({ 'Fn::Join': [separator, parts] }: Join): string {
  const text = (part: unknown): string => {
    if (typeof part === 'string') return part;
    const name = JSON.stringify(part);
    if (name.includes('AWS::Partition')) return 'aws';
    if (name.includes('AWS::Region')) return ENV.region;
    return name.includes('Certificate1') ? 'cert1' : name.includes('Certificate2') ? 'cert2' : 'link1';
  };
  return parts.map(text).join(separator);
}

describe('in the app an API of its own that leads to the gateway, or shows its certificate, stops synthesis', () => {
  const { link, clientCertificates } = gateway;
  const certificates = platform.node
    .findAll()
    .filter((node) => node instanceof CfnClientCertificate) as CfnClientCertificate[];
  const said = () => gateway.node.validate().map((text) => text.slice(0, text.indexOf(':')));
  const stage = (clientCertificateId: string) => ({
    restApiId: 'a1b2',
    deploymentId: 'd',
    clientCertificateId,
  });

  test.each<[string, (id: string) => unknown]>([
    ['the certificate that is shown', (id) => new CfnStage(platform, id, stage(gateway.clientCertificateId))],
    ['the next one', (id) => new CfnStage(platform, id, stage(clientCertificates.ids[1]!))],
    ['a certificate by Ref', (id) => new CfnStage(platform, id, stage(certificates[0]!.ref))],
    [
      'a deployment with a stage',
      (id) =>
        new CfnDeployment(platform, id, {
          restApiId: 'a1b2',
          stageName: 'live',
          stageDescription: { clientCertificateId: gateway.clientCertificateId },
        }),
    ],
    [
      'a method that leads through the link',
      (id) =>
        new CfnMethod(platform, id, {
          restApiId: 'a1b2',
          resourceId: 'r00t',
          httpMethod: 'GET',
          integration: { type: 'HTTP_PROXY', connectionType: 'VPC_LINK', connectionId: link.vpcLinkId },
        }),
    ],
    [
      'a document with such a method',
      (id) => new CfnRestApi(platform, id, { body: { integration: { connectionId: link.vpcLinkId } } }),
    ],
  ])('%s', (_, make) => {
    expect(said()).toEqual([]);
    make('Around');
    const found = said();
    platform.node.tryRemoveChild('Around');
    expect(found).toEqual(['way-beside-edge']);
  });

  test('a stage with a certificate of its own is none of ours', () => {
    new CfnStage(platform, 'Other', stage(new CfnClientCertificate(platform, 'Own', {}).ref));
    expect(said()).toEqual([]);
    for (const id of ['Other', 'Own']) platform.node.tryRemoveChild(id);
  });
});

describe('the network of the gateway', () => {
  const made = world();
  const opened = new GatewayService(made.platform, 'Gateway', {
    mesh: made.mesh,
    certificate: new Secret(made.platform, 'Secret'),
  });
  const balancer = opened.loadBalancer.loadBalancer.node.defaultChild as CfnLoadBalancer;
  const said = () => [
    ...new Set(
      [made.mesh, opened, opened.loadBalancer]
        .flatMap(({ node }) => node.validate())
        .map((text) => text.slice(0, text.indexOf(':')))
        .filter((code) => code !== 'service-not-joined'),
    ),
  ];

  test.each<[string, string, () => unknown]>([
    [
      'balancer-group-opened',
      'the load balancer',
      () => opened.loadBalancer.loadBalancer.connections.allowFromAnyIpv4(Port.tcp(443)),
    ],
    [
      'gateway-group-opened',
      'the gateway',
      () => opened.service.connections.allowFromAnyIpv4(Port.tcp(15_443)),
    ],
    ['not-as-made', 'the internet', () => balancer.addPropertyOverride('Scheme', 'internet-facing')],
  ])('synthesis stops by %s where somebody opens %s', (code, _, change) => {
    expect(said()).not.toContain(code);
    change();
    expect(said()).toContain(code);
  });
});

/**
 * A way around the authorizer: another API of the account whose stage shows the client certificate, and whose
 * integrations lead through the link. Nothing of the gateway can tell it from an edge.
 */
test.each([
  ['makes a REST API', 'apigateway:POST', '/restapis'],
  ['imports one', 'apigateway:PUT', '/restapis/a1b2c3d4e5'],
  [
    'leads a method to the link',
    'apigateway:PUT',
    '/restapis/a1b2c3d4e5/resources/r00t/methods/GET/integration',
  ],
  [
    'takes the authorizer from a method',
    'apigateway:PATCH',
    '/restapis/a1b2c3d4e5/resources/r00t/methods/GET',
  ],
  ['shows the certificate', 'apigateway:PATCH', '/restapis/a1b2c3d4e5/stages/open'],
  ['makes a stage that does', 'apigateway:PUT', '/restapis/a1b2c3d4e5/stages/open'],
  ['deletes the certificate in use', 'apigateway:DELETE', '/clientcertificates/cert1'],
  ['deletes the next one', 'apigateway:DELETE', '/clientcertificates/cert2'],
  ['changes the link', 'apigateway:PATCH', '/vpclinks/link1'],
])('whoever %s takes the protection to be refused', async (_, action, path) => {
  const call = { by: DEVELOPER, action, resource: at(path), policies: [EVERYTHING] };
  expect(await account.allows(call)).toBe(true);
  expect(await account.allows({ ...call, control })).toBe(false);
  expect(await account.allows({ ...call, by: DEPLOYER, control })).toBe(true);
});

test('whoever changes the function that says which hashes are pinned, or takes its role, likewise', async () => {
  const reader = account.arn('AWS::Lambda::Function', 'ClientCertificatesReader');
  const role = account.arn('AWS::IAM::Role', 'ClientCertificatesReaderRole');
  for (const [action, resource] of [
    ['lambda:UpdateFunctionCode', reader],
    ['lambda:UpdateFunctionConfiguration', reader],
    ['iam:UpdateAssumeRolePolicy', role],
    ['iam:DeleteRolePolicy', role],
  ] as const) {
    const call = { by: DEVELOPER, action, resource, policies: [EVERYTHING] };
    expect(await account.allows(call)).toBe(true);
    expect(await account.allows({ ...call, control })).toBe(false);
    expect(await account.allows({ ...call, by: DEPLOYER, control })).toBe(true);
  }
});

test('its role reads the certificates within that function alone', async () => {
  const reader = account.arn('AWS::Lambda::Function', 'ClientCertificatesReader');
  const by = account.arn('AWS::IAM::Role', 'ClientCertificatesReaderRole');
  const id = account.find('AWS::ApiGateway::ClientCertificate', 'Certificate1');
  const call = { by, action: 'apigateway:GET', resource: at(`/clientcertificates/${id}`) };
  const within = (arn: string) => ({ ...call, context: { 'lambda:SourceFunctionArn': arn } });
  expect(await account.allows(within(reader))).toBe(true);
  expect(await account.allows(within(`${reader}-other`))).toBe(false);
  expect(await account.allows(call)).toBe(false);
});

test('reading an API, and another certificate, is left alone', async () => {
  for (const [action, path] of [
    ['apigateway:GET', '/restapis/a1b2c3d4e5'],
    ['apigateway:DELETE', '/clientcertificates/other'],
  ] as const) {
    const call = { by: DEVELOPER, action, resource: at(path), policies: [EVERYTHING], control };
    expect(await account.allows(call)).toBe(true);
  }
});
