import { App, Aspects, Stack, Token } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Capability,
  ContainerImage,
  Ec2TaskDefinition,
  FargateTaskDefinition,
  LinuxParameters,
  OperatingSystemFamily,
  PidMode,
  type ContainerDefinitionOptions,
} from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { ENV } from '../support/app.js';
import { application, templateOf, world } from './world.js';

/** The code of the error that this ends in; it must name a construct and say what to do. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    expect((error as ConstructError).message).toMatch(/^\[Platform\/Mesh.*\] .+\. .+/s);
    return (error as ConstructError).code;
  }
  return 'none';
}

/** The codes of what synthesis is stopped for. */
function codesOf(stack: Stack): string[] {
  try {
    templateOf(stack);
    return [];
  } catch (error) {
    return [...String(error).matchAll(/([a-z-]+): \[Platform\/Mesh.*?\] .+\. .+/g)].map(([, code]) => code!);
  }
}

const APP = { image: ContainerImage.fromRegistry('images.example/app'), memoryLimitMiB: 64 };
const options = { applicationPort: 8080 };

type Bad = [code: string, make: (scope: Construct) => Partial<ContainerDefinitionOptions>];
const capability = (scope: Construct) => {
  const linuxParameters = new LinuxParameters(scope, 'Linux');
  linuxParameters.addCapabilities(Capability.SYS_PTRACE);
  return { linuxParameters };
};
const containers: Record<string, Bad> = {
  "that runs with the sidecar's UID": ['runs-as-sidecar', () => ({ user: '20901' })],
  "that runs with the sidecar's UID and another group": ['runs-as-sidecar', () => ({ user: '20901:0' })],
  'that adds a capability': ['adds-capabilities', capability],
  "that declares the sidecar's port": [
    'declares-sidecar-port',
    () => ({ portMappings: [{ containerPort: 15_006 }] }),
  ],
  "that declares an upstream's port": [
    'declares-sidecar-port',
    () => ({ portMappings: [{ containerPort: 15_101 }] }),
  ],
};

describe.each(Object.entries(containers))('a container %s', (_what, [code, make]) => {
  test('is refused where it is there before', () => {
    const { shop, mesh } = world();
    const task = new FargateTaskDefinition(shop, 'Task');
    task.addContainer('bad', { ...APP, ...make(task) });
    expect(codeOf(() => mesh.join('orders', task, options))).toBe(code);
  });

  test('is refused where it comes after', () => {
    const { shop, mesh } = world();
    const task = application(shop);
    mesh.join('orders', task, options);
    task.addContainer('bad', { ...APP, ...make(task) });
    expect(codesOf(shop)).toEqual([code]);
  });
});

test("a container that mounts the sidecar's volume is refused, by name or from the sidecar", () => {
  for (const mount of ['volume', 'sidecar']) {
    const { shop, mesh } = world();
    const task = application(shop);
    mesh.join('orders', task, options);
    const bad = task.addContainer('bad', APP);
    if (mount === 'volume') {
      bad.addMountPoints({ sourceVolume: 'zero-trust', containerPath: '/x', readOnly: true });
    } else {
      bad.addVolumesFrom({ sourceContainer: 'sidecar', readOnly: true });
    }
    expect(codesOf(shop)).toEqual(['mounts-sidecar-volume']);
  }
});

test('shared processes, and tasks without a network of their own, are refused', () => {
  const { shop, mesh } = world();
  const shared = new FargateTaskDefinition(shop, 'Shared', {
    pidMode: PidMode.TASK,
    runtimePlatform: { operatingSystemFamily: OperatingSystemFamily.LINUX },
  });
  expect(codeOf(() => mesh.join('orders', shared, options))).toBe('shared-processes');
  const bridged = new Ec2TaskDefinition(shop, 'Bridged');
  expect(codeOf(() => mesh.join('payments', bridged, options))).toBe('not-on-fargate');
});

test('joining twice, joining what is no service, and a port of the sidecar are refused', () => {
  const { shop, mesh } = world();
  mesh.join('orders', application(shop, 'One'), options);
  expect(codeOf(() => mesh.join('orders', application(shop, 'Two'), options))).toBe('service-joined-twice');
  expect(codeOf(() => mesh.join('order', application(shop, 'Three'), options))).toBe('unknown-service');
  expect(codeOf(() => mesh.join('web', application(shop, 'Four'), { applicationPort: 15_006 }))).toBe(
    'declares-sidecar-port',
  );
  expect(codeOf(() => mesh.join('web', application(shop, 'Five'), { applicationPort: 0 }))).toBe(
    'out-of-range',
  );
});

test('a service that nothing joins is an error at synthesis, unless it is named', () => {
  const { app, shop, mesh } = world({ unjoined: ['web'] });
  mesh.join('orders', application(shop), options);
  expect(() => app.synth()).toThrow(/service-not-joined: nothing joined payments/);
  const named = world({ unjoined: ['web', 'orders', 'payments'] });
  expect(() => named.app.synth()).not.toThrow();
});

test('a VPC without private subnets, or without a way to the keys, is refused', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Imported', { env: ENV });
  const attributes = { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'] };
  const onlyPublic = Vpc.fromVpcAttributes(stack, 'Public', {
    ...attributes,
    publicSubnetIds: ['subnet-1', 'subnet-2'],
  });
  const isolated = Vpc.fromVpcAttributes(stack, 'Isolated', {
    ...attributes,
    isolatedSubnetIds: ['subnet-1', 'subnet-2'],
  });
  expect(codeOf(() => world({ vpc: onlyPublic }))).toBe('no-private-subnets');
  expect(codeOf(() => world({ vpc: isolated }))).toBe('no-egress-subnets');
});

test('an image by its tag is refused, and pins of other images too', () => {
  const image = ContainerImage.fromRegistry('images.example/agent:v1');
  expect(codeOf(() => world({ image }))).toBe('image-without-digest');
  const stale = { envoy: `envoyproxy/envoy:v0@sha256:${'a'.repeat(64)}` };
  expect(() => world({ image: undefined as never, pinnedImages: stale })).toThrow(
    expect.objectContaining({ code: 'stale-images' }),
  );
});

test('a drain that Fargate would cut off is refused', () => {
  expect(codeOf(() => world({ drainSeconds: 60 }))).toBe('out-of-range');
});

test('what is worked with at synthesis must be a literal', () => {
  const unknown = Token.asNumber({ Ref: 'Number' });
  for (const prop of ['drainSeconds', 'revocationOutageSeconds', 'tunnelMemoryMiB'] as const)
    expect(() => world({ [prop]: unknown })).toThrow(
      expect.objectContaining({
        code: 'literal-needed',
        message: expect.stringContaining(`[Platform/Mesh, ${prop}]`),
      }) as Error,
    );
});

test('the checks do not depend on the order of aspects', () => {
  const { shop, mesh } = world();
  const task = application(shop);
  Aspects.of(task).add({
    visit: (node) => {
      if (node === task && !task.findContainer('aspect'))
        task.addContainer('aspect', { ...APP, user: '20901' });
    },
  });
  mesh.join('orders', task, options);
  expect(codesOf(shop)).toEqual(['runs-as-sidecar']);
});
