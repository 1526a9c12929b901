import {
  Capability,
  type CfnTaskDefinition,
  type ContainerDefinition,
  Secret as EcsSecret,
} from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { application, world } from './world.js';

type Override = readonly [what: string, path: string, value: unknown, code: string];

const APP = 'ContainerDefinitions.0';
const SIDECAR = 'ContainerDefinitions.1';
const PORT = { ContainerPort: 15_101 };

/** What an override can make of a finished task definition; L1 props show none of it. */
const OVERRIDES: readonly Override[] = [
  ['shares processes', 'PidMode', 'task', 'shared-processes'],
  ['shares memory', 'IpcMode', 'task', 'shared-processes'],
  ['has the network of the host', 'NetworkMode', 'host', 'not-on-fargate'],
  ['connects by another proxy', 'ProxyConfiguration', { ContainerName: 'app' }, 'other-proxy'],
  ['runs on hosts', 'RequiresCompatibilities', ['EC2'], 'not-on-fargate'],
  [
    'puts the volume on a file system',
    'Volumes.0.EFSVolumeConfiguration',
    { FilesystemId: 'fs-1' },
    'sidecar-volume-changed',
  ],
  ['has the volume no more', 'Volumes', [], 'sidecar-volume-changed'],
  [
    'whose application mounts the volume',
    `${APP}.MountPoints`,
    [{ SourceVolume: 'zero-trust', ContainerPath: '/x' }],
    'mounts-sidecar-volume',
  ],
  [
    'whose application mounts an unknown volume',
    `${APP}.MountPoints`,
    [{ SourceVolume: { Ref: 'Name' } }],
    'mounts-sidecar-volume',
  ],
  [
    "whose application has the sidecar's volumes",
    `${APP}.VolumesFrom`,
    [{ SourceContainer: 'sidecar' }],
    'mounts-sidecar-volume',
  ],
  ['whose application runs as the sidecar', `${APP}.User`, '020901:0', 'runs-as-sidecar'],
  ['whose application runs as nobody knows whom', `${APP}.User`, { Ref: 'User' }, 'runs-as-sidecar'],
  [
    'whose application adds a capability',
    `${APP}.LinuxParameters.Capabilities.Add`,
    ['SYS_PTRACE'],
    'adds-capabilities',
  ],
  ['whose application is privileged', `${APP}.Privileged`, true, 'adds-capabilities'],
  [
    "whose application declares the sidecar's port",
    `${APP}.PortMappings.0.ContainerPort`,
    15_006,
    'declares-sidecar-port',
  ],
  ["whose application declares an upstream's port", `${APP}.PortMappings`, [PORT], 'declares-sidecar-port'],
  [
    'whose application declares a range with it',
    `${APP}.PortMappings`,
    [{ ContainerPortRange: '15000-15200' }],
    'declares-sidecar-port',
  ],
  ['whose application takes its name', `${APP}.Name`, 'sidecar', 'sidecar-changed'],
  ['whose sidecar has another name', `${SIDECAR}.Name`, 'aside', 'sidecar-changed'],
  ['whose sidecar runs as root', `${SIDECAR}.User`, '0', 'sidecar-changed'],
  ['whose sidecar may write its root', `${SIDECAR}.ReadonlyRootFilesystem`, false, 'sidecar-changed'],
  ['whose sidecar keeps capabilities', `${SIDECAR}.LinuxParameters.Capabilities.Drop`, [], 'sidecar-changed'],
  [
    'whose sidecar adds one',
    `${SIDECAR}.LinuxParameters.Capabilities.Add`,
    ['SYS_PTRACE'],
    'sidecar-changed',
  ],
  ['whose sidecar is another image', `${SIDECAR}.Image`, 'images.example/other', 'sidecar-changed'],
  ['whose sidecar runs another command', `${SIDECAR}.Command`, ['sh'], 'sidecar-changed'],
  ['whose sidecar has another entry point', `${SIDECAR}.EntryPoint`, ['sh'], 'sidecar-changed'],
  ['whose sidecar is told something else', `${SIDECAR}.Environment.1.Value`, 'other', 'sidecar-changed'],
  [
    'whose sidecar mounts something else',
    `${SIDECAR}.MountPoints.0.SourceVolume`,
    'other',
    'sidecar-changed',
  ],
  [
    "whose sidecar has the application's volumes",
    `${SIDECAR}.VolumesFrom`,
    [{ SourceContainer: 'app' }],
    'sidecar-changed',
  ],
  ['whose sidecar listens elsewhere', `${SIDECAR}.PortMappings.0.ContainerPort`, 8080, 'sidecar-changed'],
  ['that lives without its sidecar', `${SIDECAR}.Essential`, false, 'sidecar-changed'],
  [
    "whose sidecar's health is any command",
    `${SIDECAR}.HealthCheck.Command`,
    ['CMD', 'x'],
    'sidecar-changed',
  ],
];

const IF = { 'Fn::If': ['Sometimes', [], { Ref: 'AWS::NoValue' }] };

/** What a condition of the template could make of a container, list by list. */
const UNKNOWN: readonly Override[] = [
  ['has a container by a condition', 'ContainerDefinitions.2', IF, 'container-unknown'],
  ['has capabilities by one', `${APP}.LinuxParameters.Capabilities`, IF, 'container-unknown'],
  ['has parameters by one', `${APP}.LinuxParameters`, IF, 'container-unknown'],
  ['has mounts by one', `${APP}.MountPoints`, IF, 'container-unknown'],
  ['has a mount by one', `${APP}.MountPoints`, [IF], 'container-unknown'],
  ['has a port by one', `${APP}.PortMappings`, [IF], 'container-unknown'],
  ["has others' volumes by one", `${APP}.VolumesFrom`, [IF], 'container-unknown'],
];

/** The codes of problems of a mesh. */
const codes = (problems: readonly string[]) =>
  problems.map((text) => /^([a-z-]+): \[Platform\/Mesh/.exec(text)?.[1]);

// One mesh sees every one of them: nothing but the override differs.
const { shop, mesh } = world();
const task = application(shop, 'Orders');
mesh.join('orders', task, { applicationPort: 8080 });
const resource = task.node.defaultChild as CfnTaskDefinition;

afterEach(() => {
  (resource as unknown as { rawOverrides: object }).rawOverrides = {};
});

test.each([...OVERRIDES, ...UNKNOWN])(
  'by an override, at synthesis, a task that %s is refused',
  (_what, path, value, code) => {
    expect(mesh.node.validate()).toEqual([]);
    resource.addPropertyOverride(path, value);
    expect(codes(mesh.node.validate())).toContain(code);
  },
);

test.each<[string, (sidecar: ContainerDefinition, construct: Construct) => void]>([
  ['another value', (sidecar) => sidecar.addEnvironment('ZTP_REGISTRATION', 'arn:aws:lambda:x')],
  ['a variable', (sidecar) => sidecar.addEnvironment('NODE_OPTIONS', '--require /x')],
  [
    'a folder of the code',
    (sidecar) => sidecar.addMountPoints({ sourceVolume: 'own', containerPath: '/agent', readOnly: false }),
  ],
  [
    "the application's volumes",
    (sidecar) => sidecar.addVolumesFrom({ sourceContainer: 'app', readOnly: true }),
  ],
  ['a capability', (sidecar) => sidecar.linuxParameters?.addCapabilities(Capability.SYS_PTRACE)],
  [
    'a secret',
    (sidecar, scope) => sidecar.addSecret('X', EcsSecret.fromSecretsManager(new Secret(scope, 'Secret'))),
  ],
])("%s that the construct's own methods give to the sidecar is refused", (_what, change) => {
  const made = world();
  const joined = application(made.shop, 'Orders');
  joined.addVolume({ name: 'own' });
  made.mesh.join('orders', joined, { applicationPort: 8080 });
  // What is rendered once stays as it is, so nothing is asked before.
  change(joined.findContainer('sidecar')!, made.shop);
  expect(codes(made.mesh.node.validate())).toEqual(['sidecar-changed']);
});

test('sizes, times and logs of the sidecar may be overridden, and all of the application that is its own', () => {
  resource.addPropertyOverride(`${SIDECAR}.Memory`, 256);
  resource.addPropertyOverride(`${SIDECAR}.StopTimeout`, 60);
  resource.addPropertyOverride(`${SIDECAR}.LogConfiguration`, { LogDriver: 'awsfirelens' });
  resource.addPropertyOverride(`${APP}.User`, '1001');
  resource.addPropertyOverride(`${APP}.ReadonlyRootFilesystem`, true);
  resource.addPropertyOverride(`${APP}.PortMappings`, [{ ContainerPort: 9090 }]);
  resource.addPropertyOverride('Volumes.1', { Name: 'own' });
  resource.addPropertyOverride(`${APP}.MountPoints`, [{ SourceVolume: 'own', ContainerPath: '/own' }]);
  expect(mesh.node.validate()).toEqual([]);
});

test("the mesh's own points are guarded as well", () => {
  const made = world();
  const { taskDefinition } = made.mesh.keyTunnel!.service;
  (taskDefinition.node.defaultChild as CfnTaskDefinition).addPropertyOverride(`${APP}.User`, '0');
  expect(codes(made.mesh.node.validate())).toEqual(['sidecar-changed']);
});
