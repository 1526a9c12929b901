import { Token } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { CfnTaskDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import { checkDirectories } from '../identity/directory-values.js';
import { ConstructError } from '../support/error.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { checkGroupQuota, RULES_PER_GROUP } from './group-quota.js';
import type { JoinOptions, MeshProps, PointProps } from './props.js';

/** Throws for props that no mesh can be made from. */
export function checkMesh(scope: Construct, props: MeshProps): void {
  const { plan, authority, vpc } = props;
  checkGroupQuota(scope, props.rulesPerSecurityGroup ?? RULES_PER_GROUP);
  checkPoints(scope, plan, props);
  if (plan.engine !== 'aws' || authority.platform !== plan.trustDomain) {
    throw new ConstructError(scope, {
      code: 'other-platform',
      message: 'plan and authority are not of one platform on AWS',
      prop: plan.engine === 'aws' ? 'authority' : 'plan',
      found: plan.engine === 'aws' ? authority.platform : `the engine ${plan.engine}`,
      expected: plan.engine === 'aws' ? plan.trustDomain : "resolve(model, { engine: 'aws' })",
      remedy: 'Make both from the same plan.',
    });
  }
  if (Object.hasOwn(plan.services, KEY_TUNNEL)) {
    throw new ConstructError(scope, {
      code: 'reserved-name',
      message: 'a point of the platform has this name',
      prop: 'plan',
      found: KEY_TUNNEL,
      remedy: 'Rename the service.',
    });
  }
  checkTunnel(scope, props);
  checkDirectories(scope, plan, props.directories);
  checkUnjoined(scope, props);
  if (vpc.privateSubnets.length + vpc.isolatedSubnets.length > 0) return;
  throw new ConstructError(scope, {
    code: 'no-private-subnets',
    message: 'tasks of the mesh have no public address, and this VPC has only public subnets',
    prop: 'vpc',
    found: `${vpc.publicSubnets.length} public subnets`,
    expected: 'private or isolated subnets',
    remedy: 'Add some; an imported VPC must be told of them (privateSubnetIds of fromVpcAttributes).',
  });
}

/** Throws for times by which no point could run. They are written into texts and doubled, so each must be a literal. */
export function checkPoints(
  scope: Construct,
  plan: MeshProps['plan'],
  { drainSeconds = 20, revocationOutageSeconds = 300 }: PointProps,
): void {
  checkLiteral(scope, 'drainSeconds', drainSeconds);
  checkRange(scope, drainSeconds, {
    prop: 'drainSeconds',
    min: 1,
    max: 55,
    unit: 'seconds',
    remedy: 'Fargate gives a container 120 seconds to end, and both halves of the drain must fit.',
  });
  checkLiteral(scope, 'revocationOutageSeconds', revocationOutageSeconds);
  checkRange(scope, revocationOutageSeconds, {
    prop: 'revocationOutageSeconds',
    min: plan.revocation.withinSeconds,
    max: 86_400,
    unit: 'seconds',
    remedy:
      'Leave it out for five minutes; a shorter time than one look takes would close services at random.',
  });
}

/** Throws for a size or a place of a key tunnel that there is not. */
function checkTunnel(scope: Construct, props: MeshProps): void {
  const given = (['tunnelSubnets', 'tunnelCpu', 'tunnelMemoryMiB', 'tunnelTasks'] as const).find(
    (prop) => props[prop] !== undefined,
  );
  if (given === undefined || !props.plan.egress) return;
  throw new ConstructError(scope, {
    code: 'no-key-tunnel',
    message: 'the egress gateway carries the keys of issuers, and there is no tunnel beside it',
    prop: given,
    remedy:
      'Say it of the egress gateway: `subnets`, `cpu`, `memoryMiB`, `minTasks` (`egress` of the platform).',
  });
}

/** Throws unless an application can listen there. */
export function checkApplicationPort(scope: Construct, port: number, ports: readonly number[]): void {
  const remedy = 'Give the port on which the application listens.';
  checkRange(scope, port, { prop: 'applicationPort', min: 1, max: 65_535, unit: '(a TCP port)', remedy });
  if (!ports.includes(port)) return;
  throw new ConstructError(scope, {
    code: 'declares-sidecar-port',
    message: 'the port is a door of the sidecar',
    prop: 'applicationPort',
    found: String(port),
    remedy: 'Listen on another port, below 15000.',
  });
}

/** Throws for what a task definition and its sidecar cannot be together. */
export function checkJoinOptions(
  scope: Construct,
  { image, platform = image ? undefined : Platform.LINUX_AMD64 }: PointProps,
  taskDefinition: TaskDefinition,
  options: JoinOptions,
  defaultMemoryMiB: number,
): void {
  // From JavaScript it may be left out.
  if ((options as JoinOptions | undefined)?.applicationPort === undefined) {
    throw new ConstructError(scope, {
      code: 'application-port-missing',
      message: 'the sidecar must know where the application listens',
      prop: 'options.applicationPort',
      found: 'nothing',
      remedy: `Name the port: join('orders', taskDefinition, { applicationPort: 8080 }).`,
    });
  }
  const { sidecarMemoryMiB = defaultMemoryMiB } = options;
  const { memory, runtimePlatform } = taskDefinition.node.defaultChild as CfnTaskDefinition;
  const most = Number(memory);
  checkRange(scope, sidecarMemoryMiB, {
    prop: 'sidecarMemoryMiB',
    min: 64,
    // The application is in the same task.
    max: Number.isNaN(most) ? 122_880 : most - 1,
    unit: 'MiB',
    remedy: `The task has ${Number.isNaN(most) ? 'up to 120 GB' : `${most} MiB`} for all of its containers.`,
  });
  const architecture = (runtimePlatform as CfnTaskDefinition.RuntimePlatformProperty | undefined)
    ?.cpuArchitecture;
  if (platform === undefined || Token.isUnresolved(architecture)) return;
  const [found, expected] = [
    architecture ?? 'X86_64',
    platform.platform === Platform.LINUX_ARM64.platform ? 'ARM64' : 'X86_64',
  ];
  if (found === expected) return;
  throw new ConstructError(scope, {
    code: 'other-architecture',
    message: "the sidecar's image is for another processor than the task",
    prop: 'platform',
    found,
    expected,
    remedy:
      'Give the mesh the platform of the tasks (mesh.platform), or an image for both by its digest (mesh.image).',
  });
}

/** Throws for a name that is no service of the plan: it would hide a service that was forgotten. */
function checkUnjoined(scope: Construct, { plan, unjoined = [] }: MeshProps): void {
  const unknown = unjoined.find((service) => !Object.hasOwn(plan.services, service));
  if (unknown === undefined) return;
  throw new ConstructError(scope, {
    code: 'unknown-service',
    message: 'the model has no such service',
    prop: 'unjoined',
    found: JSON.stringify(unknown),
    expected: Object.keys(plan.services).join(', '),
    remedy: 'Correct the name, or remove it.',
  });
}
