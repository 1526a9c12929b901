import type { Connections, IConnectable, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { CfnService, ContainerDefinition, FargateService, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IService } from 'aws-cdk-lib/aws-servicediscovery';
import { checkAttached } from './attachment.js';
import type { MeshBase } from './mesh-base.js';

/** A service that has joined: its task definition has a sidecar, and this is what its ECS service needs. */
export class MeshMember implements IConnectable {
  private attached: FargateService | undefined;

  constructor(
    private readonly mesh: MeshBase,
    readonly service: string,
    readonly taskDefinition: TaskDefinition,
    readonly sidecar: ContainerDefinition,
    /** Open to permitted callers only; it must be the service's only group, because groups add up. */
    readonly securityGroup: ISecurityGroup,
    /** Its name for its callers. */
    readonly discovery: IService,
  ) {}

  /** For what else the application reaches: `database.connections.allowDefaultPortFrom(member)`. */
  get connections(): Connections {
    return this.securityGroup.connections;
  }

  /**
   * Give an ECS service this network: its security group alone, and its name. What else the application
   * needs to reach, such as a database, is opened to `securityGroup`.
   *
   * Throws `ConstructError` for a service of another task definition or another VPC, and at the second time.
   */
  attach(service: FargateService): void {
    checkAttached(this.mesh, this, service, this.attached);
    this.attached = service;
    const resource = service.node.defaultChild as CfnService;
    const groups = 'NetworkConfiguration.AwsvpcConfiguration.SecurityGroups';
    resource.addPropertyOverride(groups, [this.securityGroup.securityGroupId]);
    service.associateCloudMapService({ service: this.discovery });
  }
}
