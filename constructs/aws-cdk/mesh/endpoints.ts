import {
  type CfnVPCEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

const SERVICES = {
  Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  S3: InterfaceVpcEndpointAwsService.S3,
} as const;

/**
 * How points reach AWS without a way out: interface endpoints, in a group that only points may connect to.
 * S3 has one too, so that a security group can name it; a gateway endpoint has only a prefix list, whose id
 * CloudFormation does not tell.
 */
export class MeshEndpoints extends Construct {
  readonly securityGroup: SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    readonly vpc: IVpc,
  ) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'AWS services, for points of the mesh',
      allowAllOutbound: false,
    });
    for (const [name, service] of Object.entries(SERVICES)) this.add(name, service);
  }

  add(name: string, service: InterfaceVpcEndpointAwsService): void {
    const endpoint = new InterfaceVpcEndpoint(this, name, {
      vpc: this.vpc,
      service,
      privateDnsEnabled: true,
      securityGroups: [this.securityGroup],
      // The groups of points open it, and no range of addresses does.
      open: false,
    });
    if (service !== InterfaceVpcEndpointAwsService.S3) return;
    // Without it private names of S3 need a gateway endpoint as well ("Private DNS", AWS PrivateLink for S3).
    (endpoint.node.defaultChild as CfnVPCEndpoint).addPropertyOverride('DnsOptions', {
      PrivateDnsOnlyForInboundResolverEndpoint: 'AllResolvers',
    });
  }
}
