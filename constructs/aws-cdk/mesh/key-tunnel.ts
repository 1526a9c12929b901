import { Peer, Port, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { tunnelHosts } from '../../../lib/envoy/index.js';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import { ConstructError } from '../support/error.js';
import { checkFargateSize } from '../support/fargate-size.js';
import { checkRange } from '../support/literal.js';
import type { Mesh } from './mesh.js';
import { runtimePlatform } from './agent-image.js';
import { PORTS } from './ports.js';
import type { MeshProps } from './props.js';
import { keyTunnelRefs, outsidePorts } from './refs.js';

export interface KeyTunnelProps
  extends Pick<MeshProps, 'tunnelSubnets' | 'tunnelCpu' | 'tunnelMemoryMiB' | 'tunnelTasks'> {
  readonly mesh: Mesh;
}

/**
 * The only way out: a task that carries bytes to the hosts of the issuers' keys and to no other. It ends no
 * TLS of theirs, so whoever took it could stop keys and make none.
 */
export class KeyTunnel extends Construct {
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: KeyTunnelProps) {
    super(scope, id);
    const { mesh, tunnelSubnets: subnets, tunnelTasks = 2 } = props;
    const { tunnelCpu: cpu = 256, tunnelMemoryMiB: memoryMiB = 512 } = props;
    checkFargateSize(mesh, { cpu: ['tunnelCpu', cpu], memoryMiB: ['tunnelMemoryMiB', memoryMiB] });
    checkRange(mesh, tunnelTasks, {
      prop: 'tunnelTasks',
      min: 1,
      max: 1000,
      unit: 'tasks',
      remedy: 'Leave it out for two.',
    });
    const vpcSubnets = subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS };
    if (!subnets && mesh.vpc.privateSubnets.length === 0) {
      throw new ConstructError(mesh, {
        code: 'no-egress-subnets',
        message: "the issuers' keys are fetched from the internet, and no private subnet has a way there",
        prop: 'vpc',
        found: tunnelHosts(mesh.plan)
          .map(({ url }) => new URL(url).hostname)
          .join(', '),
        expected: 'a private subnet with egress',
        remedy: 'Give the VPC a NAT gateway, or name subnets in tunnelSubnets.',
      });
    }
    const taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu,
      memoryLimitMiB: memoryMiB,
      runtimePlatform: runtimePlatform(mesh.platform),
    });
    mesh.addPoint(taskDefinition, {
      name: KEY_TUNNEL,
      containerName: 'key-tunnel',
      port: PORTS.tunnel,
      refs: keyTunnelRefs(mesh.plan, mesh.keyHosts),
      memoryMiB: Math.floor(memoryMiB / 2),
    });
    const { securityGroup, discovery } = mesh.network(KEY_TUNNEL);
    // Hosts behind content networks have no fixed addresses; Envoy's list of hosts is what is fixed.
    for (const port of outsidePorts(mesh.plan)) {
      securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(port), "key tunnel: the issuers' key servers");
    }
    this.service = new FargateService(this, 'Service', {
      cluster: mesh.cluster,
      taskDefinition,
      vpcSubnets,
      securityGroups: [securityGroup],
      assignPublicIp: false,
      desiredCount: tunnelTasks,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      enableExecuteCommand: false,
    });
    this.service.associateCloudMapService({ service: discovery });
  }
}
