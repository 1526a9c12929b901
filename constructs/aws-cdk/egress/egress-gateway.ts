import { Peer, Port, type SubnetSelection, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { EGRESS } from '../../../lib/plan/names.js';
import { runtimePlatform } from '../mesh/agent-image.js';
import { PORTS } from '../mesh/ports.js';
import { egressRefs, outsidePorts } from '../mesh/refs.js';
import { checkScaling, isOpen, scaledService } from '../mesh/scaled-service.js';
import { ConstructError } from '../support/error.js';
import { checkFargateSize } from '../support/fargate-size.js';
import type { EgressGatewayProps } from './props.js';

/** A task's size, if nobody says another. */
const CPU = 256;
const MEMORY_MIB = 2048;

/**
 * The one way out of a mesh: Envoy on Fargate, which workloads reach over mutual TLS and which leads to the hosts of the
 * model's egress rules and to no other. It knows callers by their SPIFFE IDs, begins TLS itself and verifies who answers,
 * lets no name lead to an address inside, and carries the bytes of key fetches, which it cannot read. Its security group is
 * the only one of the mesh that lets out to everybody, at the ports of those hosts.
 *
 * Throws `ConstructError`.
 */
export class EgressGateway extends Construct {
  readonly taskDefinition: FargateTaskDefinition;
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: EgressGatewayProps) {
    super(scope, id);
    const { mesh, cpu = CPU, memoryMiB = MEMORY_MIB } = props;
    const subnets = props.subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS };
    this.check(props, subnets);
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu,
      memoryLimitMiB: memoryMiB,
      runtimePlatform: runtimePlatform(mesh.platform),
    });
    mesh.addPoint(
      this.taskDefinition,
      {
        name: EGRESS,
        containerName: 'egress',
        port: PORTS.inbound,
        refs: { ...egressRefs(mesh.plan, mesh.keyHosts) },
        memoryMiB: Math.floor(memoryMiB / 2),
      },
      [PORTS.inbound, PORTS.tunnel, PORTS.health, PORTS.ready],
    );
    const { securityGroup, discovery } = mesh.network(EGRESS);
    // Hosts behind content networks have no fixed addresses; Envoy's list of hosts is what is fixed.
    for (const port of outsidePorts(mesh.plan)) {
      securityGroup.addEgressRule(
        Peer.anyIpv4(),
        Port.tcp(port),
        'egress gateway: the hosts that the model names',
      );
    }
    const { taskDefinition } = this;
    this.service = scaledService(this, 'Service', {
      cluster: mesh.cluster,
      taskDefinition,
      subnets,
      securityGroup,
      scaling: props,
    });
    this.service.associateCloudMapService({ service: discovery });
  }

  private check(props: EgressGatewayProps, subnets: SubnetSelection): void {
    const { mesh, cpu = CPU, memoryMiB = MEMORY_MIB } = props;
    const { egress } = mesh.plan;
    if (!egress) {
      throw new ConstructError(this, {
        code: 'no-egress',
        message: 'the model has no way out, so there is nothing for an egress gateway to do',
        prop: 'mesh',
        remedy: 'Give the model egress rules, or leave the gateway out: nothing may leave then.',
      });
    }
    if (mesh.hasPoint(egress.key)) {
      throw new ConstructError(this, {
        code: 'egress-twice',
        message: 'the mesh has an egress gateway already, and there is one way out',
        prop: 'mesh',
        remedy: 'Remove one of the two; more tasks of one are minTasks and maxTasks.',
      });
    }
    if (!props.subnets && mesh.vpc.privateSubnets.length === 0) {
      throw new ConstructError(this, {
        code: 'no-egress-subnets',
        message: 'hosts outside are reached through the internet, and no private subnet has a way there',
        prop: 'subnets',
        found: Object.keys(egress.destinations).join(', '),
        expected: 'a private subnet with egress',
        remedy: 'Give the VPC a NAT gateway, or name subnets.',
      });
    }
    if (isOpen(mesh.vpc, subnets)) {
      throw new ConstructError(this, {
        code: 'public-subnets',
        message: 'the egress gateway has no public address, and would stand where the internet has a way in',
        prop: 'subnets',
        found: 'a public subnet',
        expected: 'private subnets with a way out',
        remedy: 'Leave it out for the private subnets of the VPC.',
      });
    }
    checkScaling(this, props);
    checkFargateSize(this, { cpu: ['cpu', cpu], memoryMiB: ['memoryMiB', memoryMiB] });
  }
}
