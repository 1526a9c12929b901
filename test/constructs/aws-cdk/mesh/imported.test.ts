import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, FargateService } from 'aws-cdk-lib/aws-ecs';
import { Mesh } from '../../../../constructs/aws-cdk/mesh/index.js';
import { RevocationList } from '../../../../constructs/aws-cdk/revocations/index.js';
import { ENV } from '../support/app.js';
import { application, container, DIGEST, environment, plan, templateOf, world } from './world.js';

const BASE = `/zero-trust/${plan.trustDomain}/mesh`;
const options = { applicationPort: 8080 };

/** Another app of the same account, in which orders runs. */
function elsewhere() {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Orders', { env: ENV });
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
  });
  const mesh = Mesh.fromAttributes(stack, 'Mesh', {
    plan,
    vpc,
    image: ContainerImage.fromRegistry(`images.example/agent@${DIGEST}`),
    revocations: RevocationList.fromBucketName(stack, 'Revocations', 'shop-revocations'),
  });
  return { app, stack, vpc, mesh };
}

/** The place of a value in a list that another app publishes. */
const at = (index: number, parameter: string) => ({
  'Fn::Select': [index, { Ref: Match.stringLikeRegexp(parameter) }],
});

test('a mesh publishes what services need that join in another app, and of no other service', () => {
  const { platform, shop, mesh } = world({ unjoined: ['orders'] });
  for (const name of ['web', 'payments']) mesh.join(name, application(shop, name), options);
  const template = Template.fromStack(platform);
  const names = Object.values(template.findResources('AWS::SSM::Parameter'))
    .map((resource) => String((resource as { Properties: { Name: unknown } }).Properties.Name))
    .filter((name) => name.startsWith(BASE));
  expect(names.sort()).toEqual([BASE, `${BASE}/services/orders`]);
  const everybody = world({ unjoined: [] });
  const published = JSON.stringify(everybody.mesh.node.findAll().map(({ node }) => node.path));
  expect(published).not.toContain('Published');
});

test('a service joins there as it would join here', () => {
  const { stack, vpc, mesh } = elsewhere();
  const task = application(stack);
  const member = mesh.join('orders', task, options);
  const cluster = new Cluster(stack, 'Cluster', { vpc });
  member.attach(new FargateService(stack, 'Service', { cluster, taskDefinition: task }));
  const template = templateOf(stack);

  const told = environment(container(template, 'sidecar'));
  const { mesh: home } = world();
  expect(told).toMatchObject({
    ZTP_CONFIGURATION_KEY: home.store.keyOf('orders'),
    ZTP_REVOCATIONS_BUCKET: 'shop-revocations',
  });
  expect(environment(container(template, 'app'))).toHaveProperty('ZTP_PAYMENTS_URL');
  template.hasResourceProperties('AWS::ECS::Service', {
    NetworkConfiguration: { AwsvpcConfiguration: { SecurityGroups: [at(0, 'meshservicesorders')] } },
    ServiceRegistries: [Match.objectLike({ RegistryArn: at(2, 'meshservicesorders') })],
  });
  // Its own configurations, the registration alias, the one object of revocations: no other right.
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: 'lambda:InvokeFunction', Resource: at(1, 'mesh') }),
        Match.objectLike({ Sid: 'OwnConfiguration', Action: 's3:GetObject' }),
        Match.objectLike({ Sid: 'Revocations', Action: 's3:GetObject' }),
      ]),
    },
  });
  template.resourceCountIs('AWS::SSM::Parameter', 1);
  // The values are those of the deployment before: parameters of the template, read by CloudFormation.
  const parameters = Object.values(template.findParameters('*')) as { Type: string; Default?: string }[];
  const lists = parameters.filter(({ Type }) => Type === 'AWS::SSM::Parameter::Value<List<String>>');
  expect(lists.map(({ Default }) => String(Default)).sort()).toEqual([BASE, `${BASE}/services/orders`]);
});

test('its mistakes are the same', () => {
  const { app, stack, vpc, mesh } = elsewhere();
  const code = (found: string) => expect.objectContaining({ code: found }) as Error;
  for (const point of ['gateway', 'key-tunnel', 'orders'])
    expect(mesh.metricCertificateAge(point).metricName).toBe(`CertificateAge-${point}`);
  expect(() => mesh.metricCertificateAge('order')).toThrow(code('unknown-service'));
  expect(() => mesh.join('order', application(stack, 'One'), options)).toThrow(code('unknown-service'));
  const task = application(stack);
  mesh.join('orders', task, options);
  expect(() => mesh.join('orders', application(stack, 'Two'), options)).toThrow(code('service-joined-twice'));
  const cluster = new Cluster(stack, 'Cluster', { vpc });
  new FargateService(stack, 'Service', { cluster, taskDefinition: task });
  expect(() => app.synth()).toThrow('the tasks have another network');
});
