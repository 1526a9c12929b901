import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  DnsRecordType,
  type IPrivateDnsNamespace,
  type IService,
  PrivateDnsNamespace,
  RoutingPolicy,
  Service,
} from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { configurationHash, configurationText } from '../../../lib/point/configuration.js';
import { CertificateAuthority, type ICertificateAuthority } from '../authority/index.js';
import { type AgentImageProps, agentImage } from './agent-image.js';
import { certificateAge } from './certificate-age.js';
import { checkPoints } from './checks.js';
import { readConfigurations } from './configuration-store.js';
import { configurationsOf } from './configurations.js';
import { type Configurations, MeshBase, type Network } from './mesh-base.js';
import type { PointProps } from './props.js';
import { type Published, published } from './published.js';

/** A mesh of another app of this account and region, which names the services that join here in `unjoined`. */
export interface MeshAttributes extends AgentImageProps, PointProps {
  /** From the same model: a task finds its configuration by the hash of what its app makes of it. */
  readonly plan: Plan;
  /** The VPC of the mesh. */
  readonly vpc: IVpc;
}

/** Services join it as they do the mesh itself; what it needs to know the other app has published. */
export class ImportedMesh extends MeshBase {
  readonly plan: Plan;
  readonly vpc: IVpc;
  readonly authority: ICertificateAuthority;
  /** The mesh's own, which only its app sees. */
  readonly endpoints = undefined;
  readonly image: ContainerImage;
  readonly store: Configurations;
  protected readonly names: string;
  private readonly namespace: IPrivateDnsNamespace;
  private readonly networks = new Map<string, Network>();

  constructor(scope: Construct, id: string, attributes: MeshAttributes) {
    super(scope, id, attributes);
    const { plan, vpc } = attributes;
    checkPoints(this, plan, attributes);
    this.plan = plan;
    this.vpc = vpc;
    const told = published(this, 'mesh', plan);
    this.authority = CertificateAuthority.fromAttributes(this, 'Authority', {
      platform: plan.trustDomain,
      registrationArn: told.registration,
    });
    this.image = agentImage(this, attributes);
    this.store = new ImportedConfigurations(this, 'Configurations', plan, told.configurations);
    this.namespace = PrivateDnsNamespace.fromPrivateDnsNamespaceAttributes(this, 'Namespace', {
      namespaceName: told.namespace,
      namespaceId: told.namespaceId,
      namespaceArn: told.namespaceArn,
    });
    this.names = told.namespace;
    this.node.addValidation({ validate: () => this.memberProblems() });
  }

  /** The gateways and the key tunnel have an age as well, although nothing of their networks is told here. */
  override metricCertificateAge(name: string, options?: MetricOptions): Metric {
    const { gateway, egress, trustDomain } = this.plan;
    if (![gateway.key, egress?.key, KEY_TUNNEL].includes(name)) this.network(name);
    return certificateAge(trustDomain, name, options);
  }

  network(name: string): Network {
    if (!Object.hasOwn(this.plan.services, name)) throw this.unknown(name);
    const known = this.networks.get(name);
    if (known) return known;
    const { trustDomain } = this.plan;
    const told = published(this, 'member', { trustDomain, service: name });
    const made = new ImportedNetwork(this, name, told, this.namespace);
    this.networks.set(name, made);
    return made;
  }
}

class ImportedNetwork extends Construct implements Network {
  readonly securityGroup: ISecurityGroup;
  readonly discovery: IService;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, told: Published<'member'>, namespace: IPrivateDnsNamespace) {
    super(scope, id);
    // As it is: with the default a rule that lets the tasks out would be taken for granted and not be made.
    this.securityGroup = SecurityGroup.fromSecurityGroupId(this, 'SecurityGroup', told.securityGroup, {
      allowAllOutbound: false,
    });
    this.discovery = Service.fromServiceAttributes(this, 'Discovery', {
      namespace,
      serviceName: id,
      serviceId: told.discovery,
      serviceArn: told.discoveryArn,
      dnsRecordType: DnsRecordType.A,
      routingPolicy: RoutingPolicy.MULTIVALUE,
    });
    this.logGroup = LogGroup.fromLogGroupName(this, 'Log', told.logGroup);
  }
}

class ImportedConfigurations extends Construct implements Configurations {
  constructor(
    scope: Construct,
    id: string,
    private readonly plan: Plan,
    readonly bucketName: string,
  ) {
    super(scope, id);
  }

  keyOf(name: string): string {
    return `${name}/${configurationHash(configurationText(configurationsOf(this.plan)[name]!))}`;
  }

  readStatement(name: string): PolicyStatement {
    const bucket = this.node.tryFindChild('Bucket') ?? Bucket.fromBucketName(this, 'Bucket', this.bucketName);
    return readConfigurations(bucket as Bucket, name);
  }
}
