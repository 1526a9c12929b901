import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { ContainerImage, FargateService } from 'aws-cdk-lib/aws-ecs';
import { configurationsOf } from '../../../../constructs/aws-cdk/mesh/configurations.js';
import { gatewayRefs, keyTunnelRefs, sidecarRefs } from '../../../../constructs/aws-cdk/mesh/refs.js';
import { configurationHash, configurationText } from '../../../../lib/point/configuration.js';
import { compileRules } from '../../../../lib/point/rules.js';
import { refsOf, type RefValues } from '../../../../lib/plan/refs.js';
import { expectGolden } from '../../../golden.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import type { Template } from '../../../support/aws/template.js';
import { application, container, DIGEST, environment, plan, templateOf, world } from './world.js';

test('no logical ID of a mesh without ways out has changed: a change would replace what is deployed', () => {
  const resources = templateOf(world().platform).toJSON()['Resources'] as Template['resources'];
  const ledger = ledgerOf([{ name: 'Mesh', resources } as Template]);
  expectGolden('aws/mesh-logical-ids.txt', `${ledger.join('\n')}\n`);
});

const joinedOrders = () => {
  const made = world();
  const task = application(made.shop);
  const member = made.mesh.join('orders', task, { applicationPort: 8080 });
  return { ...made, task, member };
};

test('the sidecar runs as nobody, with one folder to write to and no capability, and checks itself', () => {
  const { shop } = joinedOrders();
  const sidecar = container(templateOf(shop), 'sidecar');
  expect(sidecar).toMatchObject({
    User: '20901:20901',
    ReadonlyRootFilesystem: true,
    Privileged: false,
    LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
    MountPoints: [{ ContainerPath: '/var/lib/zero-trust', ReadOnly: false, SourceVolume: 'zero-trust' }],
    PortMappings: [{ ContainerPort: 15006, Protocol: 'tcp' }],
    HealthCheck: { Command: ['CMD', '/usr/local/bin/node', '/agent/index.js', 'health'] },
    Essential: true,
    Image: `images.example/agent@${DIGEST}`,
    StopTimeout: 120,
  });
  const dockerfile = readFileSync(join(__dirname, '../../../../gateway/Dockerfile'), 'utf8');
  expect(dockerfile).toContain('USER 20901:20901');
  expect(dockerfile).toContain('VOLUME ["/var/lib/zero-trust"]');
});

test('nothing of the application changes but what it is told: where its upstreams are', () => {
  const before = world();
  application(before.shop);
  const { shop } = joinedOrders();
  const { Environment, ...now } = container(templateOf(shop), 'app');
  expect(now).toEqual(container(templateOf(before.shop), 'app'));
  expect(Environment).toEqual([{ Name: 'ZTP_PAYMENTS_URL', Value: 'http://127.0.0.1:15101' }]);
});

test('a container that is added after the join is told too, and the sidecar drains before it stops', () => {
  const { shop, task } = joinedOrders();
  task.addContainer('late', { image: ContainerImage.fromRegistry('x'), memoryLimitMiB: 64 });
  const template = templateOf(shop);
  expect(environment(container(template, 'late'))).toEqual({ ZTP_PAYMENTS_URL: 'http://127.0.0.1:15101' });
  expect(container(template, 'sidecar')['DependsOn']).toEqual([
    { Condition: 'START', ContainerName: 'app' },
    { Condition: 'START', ContainerName: 'late' },
  ]);
});

test('security groups let in and out what the rules allow, and nothing else', () => {
  const { platform, mesh } = world();
  const template = templateOf(platform);
  const names = new Map(
    ['web', 'orders', 'payments', 'gateway', 'key-tunnel'].map((name) => [
      JSON.stringify(platform.resolve(mesh.network(name).securityGroup.securityGroupId)),
      name,
    ]),
  );
  names.set(JSON.stringify(platform.resolve(mesh.endpointSecurityGroup.securityGroupId)), 'endpoints');
  const nameOf = (id: unknown) => names.get(JSON.stringify(id)) ?? JSON.stringify(id);
  const ends = (type: string, from: string, to: string) =>
    Object.values(template.findResources(type))
      .map(({ Properties: rule }) => `${nameOf(rule[from])} → ${nameOf(rule[to])}:${rule.FromPort}`)
      .sort();
  const all = [
    ...['gateway', 'key-tunnel', 'orders', 'payments', 'web'].map((name) => `${name} → endpoints:443`),
    ...['gateway', 'orders', 'payments', 'web'].map((name) => `${name} → key-tunnel:15010`),
    'gateway → web:15006',
    'orders → payments:15006',
    'web → orders:15006',
  ].sort();
  expect(ends('AWS::EC2::SecurityGroupIngress', 'SourceSecurityGroupId', 'GroupId')).toEqual(all);
  expect(ends('AWS::EC2::SecurityGroupEgress', 'GroupId', 'DestinationSecurityGroupId')).toEqual(all);
  // Of ranges of addresses there is one: the key tunnel's, to port 443.
  const ranges = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(
    ({ Properties }) => [
      ...(Properties.SecurityGroupIngress ?? []),
      ...(Properties.SecurityGroupEgress ?? []).filter(
        ({ CidrIp }: { CidrIp: string }) => CidrIp !== '255.255.255.255/32',
      ),
    ],
  );
  expect(ranges).toEqual([
    {
      CidrIp: '0.0.0.0/0',
      Description: "key tunnel: the issuers' key servers",
      FromPort: 443,
      IpProtocol: 'tcp',
      ToPort: 443,
    },
  ]);
});

test('a task role may ask for its certificate and read its own configurations, and nothing more', () => {
  const { shop, task } = joinedOrders();
  const roleId = shop.getLogicalId(task.taskRole.node.defaultChild as never);
  const policies = Object.values(templateOf(shop).findResources('AWS::IAM::Policy')).filter(
    ({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === roleId),
  );
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      Effect: 'Allow',
      Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:registration:live',
    },
    {
      Sid: 'OwnConfiguration',
      Action: 's3:GetObject',
      Effect: 'Allow',
      Resource: { 'Fn::Join': ['', [expect.objectContaining({}), '/orders/*']] },
    },
  ]);
});

test("the identity is on record in the user's stack before the task is, and the platform refers to neither", () => {
  const { shop, platform } = joinedOrders();
  const template = templateOf(shop);
  template.hasResourceProperties('AWS::SSM::Parameter', {
    Value: Match.objectLike({ 'Fn::Join': Match.anyValue() }),
  });
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const [record] = Object.keys(template.findResources('AWS::SSM::Parameter'));
  expect(task?.['DependsOn']).toContain(record);
  expect(platform.dependencies).toEqual([]);
  expect(shop.dependencies).toEqual([platform]);
});

test('a task definition names the configuration that is stored, and has a value for each of its refs', () => {
  const { shop } = joinedOrders();
  const told = environment(container(templateOf(shop), 'sidecar'));
  const text = configurationText(configurationsOf(plan)['orders']!);
  expect(told['ZTP_CONFIGURATION_KEY']).toBe(`orders/${configurationHash(text)}`);

  const names = 'mesh.internal';
  const values: Record<string, RefValues> = {
    ...Object.fromEntries(
      Object.keys(plan.services).map((name) => [name, sidecarRefs(plan, name, 8080, names)] as const),
    ),
    gateway: gatewayRefs(plan, names, { current: 'a', next: 'b' }),
    'key-tunnel': keyTunnelRefs(plan, new Map()),
  };
  for (const [name, configuration] of Object.entries(configurationsOf(plan))) {
    const { point, bootstrap, rules } = configuration;
    const routes = rules ? compileRules(point, rules, plan.revocation.document) : {};
    const own = ['admin', 'keys', 'routes', 'secrets'].map((part) => `${point}/${part}/`);
    const wanted = [...refsOf(bootstrap), ...refsOf(routes)].filter(
      (ref) => !own.some((start) => ref.startsWith(start)),
    );
    // All of them and no others: one that nothing reads would be a change of the task for nothing.
    expect(Object.keys(values[name] ?? {}).sort()).toEqual([...new Set(wanted)].sort());
  }
});

test('configurations are the function’s own bundle, and no other role writes to the bucket', () => {
  const { platform } = world();
  const template = templateOf(platform);
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Sid: 'OnlyItsWriterWrites',
          Effect: 'Deny',
          Action: [
            's3:PutObject',
            's3:DeleteObject',
            's3:DeleteObjectVersion',
            's3:ReplicateObject',
            's3:ReplicateDelete',
            's3:ReplicateTags',
          ],
        }),
      ]),
    },
  });
  const [stored] = Object.values(template.findResources('Custom::ZeroTrustConfigurations'));
  expect(Object.keys(stored?.['Properties'] as object).sort()).toEqual(['Contents', 'ServiceToken']);
});

test('attach gives an ECS service this group alone, and its name', () => {
  const { shop, member, mesh, task } = joinedOrders();
  const service = new FargateService(shop, 'Service', {
    cluster: mesh.cluster,
    taskDefinition: task,
    assignPublicIp: false,
  });
  member.attach(service);
  const [found] = Object.values(templateOf(shop).findResources('AWS::ECS::Service'));
  const { NetworkConfiguration, ServiceRegistries } = found!['Properties'] as Record<string, never>;
  expect(NetworkConfiguration).toMatchObject({
    AwsvpcConfiguration: { SecurityGroups: [shop.resolve(member.securityGroup.securityGroupId)] },
  });
  expect(ServiceRegistries).toHaveLength(1);
});

test('every point has an alarm on the age of its certificate, before the certificate ends', () => {
  const { platform, shop, mesh } = world({ unjoined: ['web', 'payments'] });
  mesh.join('orders', application(shop), { applicationPort: 8080 });
  // To name a metric makes nothing.
  mesh.metricCertificateAge('payments');
  const { lifetimeSeconds } = plan.certificates.workload;
  const alarms = Object.values(templateOf(platform).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );
  expect(alarms.map(({ MetricName }) => String(MetricName)).sort((a, b) => a.localeCompare(b))).toEqual([
    'CertificateAge-key-tunnel',
    'CertificateAge-orders',
  ]);
  for (const { Threshold } of alarms) {
    expect(Threshold).toBeGreaterThan((lifetimeSeconds * 2) / 3);
    expect(Threshold).toBeLessThan(lifetimeSeconds);
  }
});

test('the key tunnel is as large as it is wanted, if Fargate has that', () => {
  const { platform } = world({ tunnelCpu: 1024, tunnelMemoryMiB: 4096, tunnelTasks: 4 });
  const template = templateOf(platform);
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '1024', Memory: '4096' });
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 4 });
  expect(() => world({ tunnelCpu: 1024, tunnelMemoryMiB: 1024 })).toThrow(
    /tunnelMemoryMiB.*2048 to 8192 MiB/s,
  );
  expect(() => world({ tunnelTasks: 0 })).toThrow(/tunnelTasks/);
});
