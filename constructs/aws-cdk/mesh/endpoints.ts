import { Stack } from 'aws-cdk-lib';
import {
  type CfnVPCEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  SecurityGroup,
  VpcEndpointType,
} from 'aws-cdk-lib/aws-ec2';
import {
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  type PolicyStatementProps,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { checkService } from './endpoint-service.js';

const SERVICES = {
  Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  S3: InterfaceVpcEndpointAwsService.S3,
} as const;

export interface MeshEndpointsProps {
  readonly vpc: IVpc;
  /** @default this account alone */
  readonly organizationId?: string;
}

/**
 * How points reach AWS without a way out: interface endpoints, in a group that only points may connect to.
 * S3 has one too, so that a security group can name it; a gateway endpoint has only a prefix list, whose id
 * CloudFormation does not tell. Each is for principals and resources of this account, or organization, alone.
 */
export class MeshEndpoints extends Construct {
  readonly securityGroup: SecurityGroup;
  private readonly added = new Map<string, CfnVPCEndpoint>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MeshEndpointsProps,
  ) {
    super(scope, id);
    const { vpc } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'AWS services, for points of the mesh',
      allowAllOutbound: false,
    });
    for (const [name, service] of Object.entries(SERVICES)) this.add(name, service);
  }

  /**
   * One more service that tasks of the mesh reach: what an application itself calls, or what its secrets come from
   * (`mesh.endpoints?.add('Ssm', InterfaceVpcEndpointAwsService.SSM)`). Once for each service.
   */
  add(name: string, service: InterfaceVpcEndpointAwsService): void {
    checkService(this, service);
    if (this.added.has(service.shortName)) return;
    const endpoint = new InterfaceVpcEndpoint(this, name, {
      vpc: this.props.vpc,
      service,
      privateDnsEnabled: true,
      securityGroups: [this.securityGroup],
      // The groups of points open it, and no range of addresses does.
      open: false,
    });
    const statements = this.perimeter(name);
    for (const statement of statements) endpoint.addToPolicy(statement);
    const resource = endpoint.node.defaultChild as CfnVPCEndpoint;
    this.added.set(service.shortName, resource);
    keepAsMade(
      endpoint,
      asMade(resource, {
        PolicyDocument: new PolicyDocument({ statements }),
        SecurityGroupIds: [this.securityGroup.securityGroupId],
        VpcEndpointType: VpcEndpointType.INTERFACE,
        ServiceName: service.name,
        // What else an endpoint may lead to than a service of this region.
        ServiceRegion: undefined,
        ResourceConfigurationArn: undefined,
        ServiceNetworkArn: undefined,
      }),
    );
    if (service !== InterfaceVpcEndpointAwsService.S3) return;
    // Without it private names of S3 need a gateway endpoint as well ("Private DNS", AWS PrivateLink for S3).
    resource.addPropertyOverride('DnsOptions', {
      PrivateDnsOnlyForInboundResolverEndpoint: 'AllResolvers',
    });
  }

  /** All of them. */
  get resources(): readonly CfnVPCEndpoint[] {
    return [...this.added.values()];
  }

  /** Whether tasks reach a service, by the short name that AWS has for it, such as `secretsmanager`. */
  has(shortName: string): boolean {
    return this.added.has(shortName);
  }

  /**
   * Without it a taken task could write to a stranger's bucket, or call a stranger's function, by the stranger's
   * credentials: the endpoint is a way to all of AWS.
   */
  private perimeter(name: string): PolicyStatement[] {
    const { organizationId } = this.props;
    const { account, partition, region } = Stack.of(this);
    const [principal, resource, value] =
      organizationId === undefined
        ? ['aws:PrincipalAccount', 'aws:ResourceAccount', account]
        : ['aws:PrincipalOrgID', 'aws:ResourceOrgID', organizationId];
    const allow = (sid: string, statement: PolicyStatementProps) =>
      new PolicyStatement({ sid, effect: Effect.ALLOW, principals: [new AnyPrincipal()], ...statement });
    return [
      allow('OwnResources', {
        actions: ['*'],
        resources: ['*'],
        conditions: { StringEquals: { [principal]: value, [resource]: value } },
      }),
      // The one action of a pull that has no resource.
      ...(name === 'EcrApi'
        ? [
            allow('RegistryToken', {
              actions: ['ecr:GetAuthorizationToken'],
              resources: ['*'],
              conditions: { StringEquals: { [principal]: value } },
            }),
          ]
        : []),
      // ECR keeps layers in a bucket of its own and signs the requests ("Amazon ECR interface VPC endpoints").
      ...(name === 'S3'
        ? [
            allow('ImageLayers', {
              actions: ['s3:GetObject'],
              resources: [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
              conditions: { Bool: { 'aws:SecureTransport': 'true' } },
            }),
          ]
        : []),
    ];
  }
}
