import { Stack } from 'aws-cdk-lib';
import { Port, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  OperatingSystemFamily,
  type FargateServiceProps,
} from 'aws-cdk-lib/aws-ecs';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { JoinOptions } from '../../../../constructs/aws-cdk/mesh/index.js';
import { ENV } from '../support/app.js';
import { ALL, application, DIGEST, world, type World } from './world.js';

const options = { applicationPort: 8080 };

/** An ECS service of a task definition that has joined as `orders`. */
function joined(props: Partial<FargateServiceProps> = {}, made: World = world()) {
  const task = application(made.shop);
  const member = made.mesh.join('orders', task, options);
  const cluster = new Cluster(made.shop, 'Cluster', { vpc: made.vpc });
  const service = () => new FargateService(made.shop, 'Orders', { cluster, taskDefinition: task, ...props });
  return { ...made, task, member, cluster, service };
}

const problems = ({ app }: Pick<World, 'app'>): string => {
  try {
    app.synth();
    return '';
  } catch (error) {
    return String(error);
  }
};
const thrown = (code: string) => expect.objectContaining({ code }) as Error;

describe('an ECS service of a task that has joined', () => {
  test('is an error without attach: its group would let out to everywhere', () => {
    const made = joined();
    made.service();
    expect(problems(made)).toContain('the tasks have another network');
  });

  test('is right with attach, and as right if it was made with the group of the member', () => {
    const attached = joined();
    attached.member.attach(attached.service());
    expect(problems(attached)).toBe('');
    const made = world();
    const task = application(made.shop);
    const { securityGroup } = made.mesh.join('orders', task, options);
    const cluster = new Cluster(made.shop, 'Cluster', { vpc: made.vpc });
    new FargateService(made.shop, 'Orders', {
      cluster,
      taskDefinition: task,
      securityGroups: [securityGroup],
    });
    expect(problems(made)).toBe('');
  });

  test('is an error with another group beside that of the member: groups add up', () => {
    const made = joined();
    const other = new SecurityGroup(made.shop, 'Other', { vpc: made.vpc });
    const cluster = new Cluster(made.shop, 'Second', { vpc: made.vpc });
    const securityGroups = [made.member.securityGroup, other];
    new FargateService(made.shop, 'Orders', { cluster, taskDefinition: made.task, securityGroups });
    expect(problems(made)).toContain('the tasks have another network');
  });

  test('is an error with a public address', () => {
    const made = joined({ assignPublicIp: true, vpcSubnets: { subnetType: SubnetType.PUBLIC } });
    made.member.attach(made.service());
    expect(problems(made)).toContain('have a public address');
  });

  test.each(['before', 'after'])('whose dropped group a rule names %s attach is an error', (when) => {
    const made = joined();
    const database = new SecurityGroup(made.shop, 'Database', { vpc: made.vpc });
    const service = made.service();
    const open = () => database.connections.allowFrom(service, Port.tcp(5432));
    if (when === 'before') open();
    made.member.attach(service);
    if (when === 'after') open();
    expect(problems(made)).toContain('a rule names a security group that the tasks do not have');
  });

  test('whose dropped group lets a load balancer in past the sidecar is an error', () => {
    const made = joined();
    const balancer = new SecurityGroup(made.shop, 'Balancer', { vpc: made.vpc });
    const service = made.service();
    made.member.attach(service);
    service.connections.allowFrom(balancer, Port.tcp(8080));
    expect(problems(made)).toContain('a rule names a security group that the tasks do not have');
  });

  test('reaches a database by a rule for the group of the member', () => {
    const made = joined();
    const database = new SecurityGroup(made.shop, 'Database', { vpc: made.vpc });
    made.member.attach(made.service());
    database.connections.allowFrom(made.member.securityGroup, Port.tcp(5432));
    expect(problems(made)).toBe('');
  });
});

describe('attach refuses', () => {
  test('a second time, and a service of another task definition', () => {
    const made = joined();
    const service = made.service();
    made.member.attach(service);
    expect(() => made.member.attach(service)).toThrow(thrown('attached-twice'));
    const other = made.mesh.join('payments', application(made.shop, 'Other'), options);
    expect(() => other.attach(service)).toThrow(thrown('other-task-definition'));
  });

  test('a service in another VPC', () => {
    const made = world();
    const task = application(made.shop);
    const member = made.mesh.join('orders', task, options);
    const cluster = new Cluster(made.shop, 'Elsewhere', { vpc: new Vpc(made.shop, 'OtherVpc') });
    const service = new FargateService(made.shop, 'Orders', { cluster, taskDefinition: task });
    expect(() => member.attach(service)).toThrow(thrown('other-vpc'));
  });
});

describe('join refuses', () => {
  test('nothing for options, and a task definition that is a service already', () => {
    const { shop, mesh } = world();
    const task = application(shop);
    expect(() => mesh.join('orders', task, undefined as unknown as JoinOptions)).toThrow(
      thrown('application-port-missing'),
    );
    mesh.join('orders', task, options);
    expect(() => mesh.join('payments', task, options)).toThrow(thrown('task-of-two-services'));
  });

  test.each([4000, 1024, 0])('%d MiB for the sidecar of a task with 1024', (sidecarMemoryMiB) => {
    const { shop, mesh } = world();
    const task = new FargateTaskDefinition(shop, 'Task', { memoryLimitMiB: 1024 });
    expect(() => mesh.join('orders', task, { ...options, sidecarMemoryMiB })).toThrow(thrown('out-of-range'));
  });

  test("a task for another processor than the sidecar's image, where that is known", () => {
    const on = (cpuArchitecture: CpuArchitecture, made: World) => {
      const operatingSystemFamily = OperatingSystemFamily.LINUX;
      const runtimePlatform = { cpuArchitecture, operatingSystemFamily };
      const task = new FargateTaskDefinition(made.shop, 'Task', { runtimePlatform });
      return () => made.mesh.join('orders', task, options);
    };
    const image = ContainerImage.fromRegistry(`images.example/agent@${DIGEST}`);
    const built = { image: undefined as never };
    const refused = thrown('other-architecture');
    expect(on(CpuArchitecture.ARM64, world(built))).toThrow(refused);
    expect(on(CpuArchitecture.ARM64, world({ image, platform: Platform.LINUX_AMD64 }))).toThrow(refused);
    expect(on(CpuArchitecture.X86_64, world({ ...built, platform: Platform.LINUX_ARM64 }))).toThrow(refused);
    expect(on(CpuArchitecture.ARM64, world({ ...built, platform: Platform.LINUX_ARM64 }))).not.toThrow();
    // An index of several platforms, for all that can be known.
    expect(on(CpuArchitecture.ARM64, world({ image }))).not.toThrow();
  });

  test.each(['020901', '20901', '0020901:0'])('a container as user %s', (user) => {
    const { shop, mesh } = world();
    const task = new FargateTaskDefinition(shop, 'Task');
    task.addContainer('bad', { image: ContainerImage.fromRegistry('images.example/app'), user });
    expect(() => mesh.join('orders', task, options)).toThrow(thrown('runs-as-sidecar'));
  });
});

test('a name in unjoined that is no service is refused', () => {
  expect(() => world({ unjoined: [...ALL, 'stroe'] })).toThrow(thrown('unknown-service'));
});

test('a mesh of an imported VPC takes its services', () => {
  const made = world();
  const imported = Vpc.fromVpcAttributes(new Stack(made.app, 'Imports', { env: ENV }), 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
  });
  const second = world({ vpc: imported });
  const task = application(second.shop);
  const member = second.mesh.join('orders', task, options);
  const same = Vpc.fromVpcAttributes(second.shop, 'Same', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
  });
  const cluster = new Cluster(second.shop, 'Cluster', { vpc: same });
  member.attach(new FargateService(second.shop, 'Orders', { cluster, taskDefinition: task }));
});
