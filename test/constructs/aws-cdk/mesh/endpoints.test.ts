import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  InterfaceVpcEndpointService,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { Secret as ContainerSecret } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { checkService } from '../../../../constructs/aws-cdk/mesh/endpoint-service.js';
import { MeshEndpoints } from '../../../../constructs/aws-cdk/mesh/endpoints.js';
import { GatewayService } from '../../../../constructs/aws-cdk/gateway/index.js';
import { warningsOf } from '../support/app.js';
import { application, world } from './world.js';

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

/** Every file that is imported from here on, with its text. */
function sourcesFrom(file: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  if (found.has(file)) return found;
  const text = readFileSync(file, 'utf8');
  found.set(file, text);
  for (const [, path] of text.matchAll(/^(?:import|export)[^;]*? from '(\.{1,2}\/[^']+)\.js';/gm)) {
    sourcesFrom(join(dirname(file), `${path}.ts`), found);
  }
  return found;
}

/** Services of AWS that a program calls: by a client of the SDK that has a command, or by `awsCall`. */
function calledFrom(file: string): Set<string> {
  const texts = [...sourcesFrom(file).values()];
  const clients = texts.flatMap((text) =>
    [...text.matchAll(/\w+Command\b[^;]*from '@aws-sdk\/client-([\w-]+)'/g)].map(([, name]) => name!),
  );
  const calls = texts.flatMap((text) =>
    [...text.matchAll(/awsCall\(\{\s*service: '(\w+)'/g)].map(([, name]) => name!),
  );
  return new Set([...clients, ...calls]);
}

/** What Fargate itself does for a task by its network interface: pull the image, write the log. */
const FARGATE = ['ecr.api', 'ecr.dkr', 'logs'];

test('each service that a task calls has an endpoint, and each endpoint is of one that is called', () => {
  const called = calledFrom('gateway/agent/index.ts');
  expect([...called].sort()).toEqual(['lambda', 's3', 'secretsmanager']);
  const { platform, mesh } = world();
  new GatewayService(platform, 'Gateway', { mesh, certificate: new Secret(platform, 'Certificate') });
  for (const service of [...called, ...FARGATE])
    expect([service, mesh.endpoints!.has(service)]).toEqual([service, true]);
  Template.fromStack(platform).resourceCountIs('AWS::EC2::VPCEndpoint', called.size + FARGATE.length);
});

test('functions that run in no VPC call what they may without one', () => {
  expect([...calledFrom('gateway/client-certificates/index.ts')]).toEqual(['apigateway']);
});

test('behind endpoints of your own the gateway says that it needs Secrets Manager', () => {
  const { platform, mesh } = world({}, undefined, (stack, vpc) => ({
    endpointSecurityGroup: new SecurityGroup(stack, 'Own', { vpc }),
  }));
  new GatewayService(platform, 'Gateway', { mesh, certificate: new Secret(platform, 'Certificate') });
  Template.fromStack(platform).resourceCountIs('AWS::EC2::VPCEndpoint', 0);
  Annotations.fromStack(platform).hasInfo('*', Match.stringLikeRegexp('endpoint for secretsmanager'));
});

test('an application with secrets needs an endpoint for them, and one that is added is enough', () => {
  const joined = (prepare: (mesh: ReturnType<typeof world>['mesh']) => void) => {
    const { shop, mesh } = world({ unjoined: ['web', 'payments'] });
    prepare(mesh);
    const task = application(shop, 'orders');
    const secret = ContainerSecret.fromSecretsManager(Secret.fromSecretNameV2(shop, 'Secret', 'database'));
    task.findContainer('app')!.addSecret('DATABASE', secret);
    mesh.join('orders', task, { applicationPort: 8080 });
    Template.fromStack(shop);
    return warningsOf(shop).join();
  };
  expect(joined(() => {})).toContain('no endpoint of the mesh leads to where they are');
  const { SECRETS_MANAGER } = InterfaceVpcEndpointAwsService;
  expect(joined(({ endpoints }) => endpoints!.add('SecretsManager', SECRETS_MANAGER))).not.toContain(
    'endpoint',
  );
});

test('an endpoint leads where it was made for, whatever overrides say, and may have tags of yours', () => {
  const changes: Readonly<Record<string, unknown>> = {
    ServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-0123',
    ServiceRegion: 'us-east-1',
    VpcEndpointType: 'ServiceNetwork',
    ServiceNetworkArn: 'arn:aws:vpc-lattice:eu-west-1:999999999999:servicenetwork/sn-1',
    ResourceConfigurationArn: 'arn:aws:vpc-lattice:eu-west-1:999999999999:resourceconfiguration/r-1',
    Tags: [{ Key: 'team', Value: 'shop' }],
  };
  const { app, mesh } = world();
  const [endpoint] = mesh.endpoints!.resources;
  for (const [name, value] of Object.entries(changes)) endpoint!.addPropertyOverride(name, value);
  let message = '';
  try {
    app.synth();
  } catch (error) {
    ({ message } = error as Error);
  }
  const found = [...message.matchAll(/not-as-made: .*found (\w+) of /g)].map(([, name]) => name!);
  expect(found.sort()).toEqual(
    Object.keys(changes)
      .filter((name) => name !== 'Tags')
      .sort(),
  );
});

const service = (name: string, prefix?: string) => new InterfaceVpcEndpointAwsService(name, prefix);

const platform = new Stack(new App({ analyticsReporting: false }), 'Platform');
const parameter = new CfnParameter(platform, 'Parameter').valueAsString;

test.each<[string, unknown]>([
  ["a stranger's service", service('vpce-svc-0123', 'com.amazonaws.vpce')],
  ['one whose prefix ends late', service('vpce-svc-0123', 'com.amazonaws')],
  ["a partner's own name", service('api', 'com.example')],
  ['one that a parameter names', service('x', parameter)],
  ['one that a parameter ends', service('x', `com.amazonaws.${parameter}`)],
  ['a service that is not of AWS', new InterfaceVpcEndpointService('com.amazonaws.eu-west-1.sqs')],
  ['one of gateways', GatewayVpcEndpointAwsService.DYNAMODB],
  ['its name alone', 'sqs'],
  ['nothing', undefined],
  ['null', null],
])('%s gets no endpoint of the mesh', (_what, given) => {
  const add = () => MeshEndpoints.prototype.add.call(platform as never, 'Added', given as never);
  expect(add).toThrow(expect.objectContaining({ code: 'no-aws-service' }));
});

test('every service that the CDK knows gets one, in every partition and wherever', () => {
  const services = Object.values(InterfaceVpcEndpointAwsService).filter(
    (item) => item instanceof InterfaceVpcEndpointAwsService,
  );
  expect(services.length).toBeGreaterThan(100);
  for (const region of [
    'eu-west-1',
    'cn-north-1',
    'eusc-de-east-1',
    'us-iso-east-1',
    'eu-isoe-west-1',
    undefined,
  ]) {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Platform', { env: { region: region! } });
    for (const item of services) checkService(stack, item);
  }
});
