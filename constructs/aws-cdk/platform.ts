import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { Plan } from '../../lib/plan/plan.js';
import { CertificateAuthority } from './authority/index.js';
import { TokenAuthorizer } from './authorizer/index.js';
import { authorizerProtection } from './authorizer/protection.js';
import { type DnsFirewall, EgressGateway, type NetworkFirewall } from './egress/index.js';
import { type IWebFirewall, WebFirewall } from './firewall/index.js';
import { firewallProtection } from './firewall/protection.js';
import { PlanRecord } from './plan-record/index.js';
import type { GatewayService, GatewayServiceProps } from './gateway/index.js';
import type { IUserDirectory, PipelineRole } from './identity/index.js';
import { loadBalancedServices } from './load-balancer/led-in.js';
import { Mesh } from './mesh/index.js';
import {
  acknowledge,
  acknowledgeConfigurations,
  acknowledgeMember,
  acknowledgeRegistration,
} from './platform/acknowledgements.js';
import { protectStages } from './platform/adopted-stages.js';
import { accessLogBucket } from './platform/access-log-bucket.js';
import { claimTrustDomain, givenTo } from './platform/environment.js';
import {
  ImportedPlatform,
  type IZeroTrustPlatform,
  type ZeroTrustPlatformAttributes,
} from './platform/imported.js';
import { platformDirectories, platformPipelines } from './platform/identities.js';
import { checkNoGateway, platformGateway } from './platform/gateway.js';
import { platformNetwork } from './platform/network.js';
import { tellOthers } from './platform/outputs.js';
import { planFor } from './platform/plan.js';
import type { ZeroTrustPlatformProps } from './platform/props.js';
import { ownServices, ServiceEdges } from './platform/service-edges.js';
import { PlatformStacks } from './platform/stacks.js';
import { watchRules } from './platform/watched-rules.js';
import { checkEgress, platformDnsFirewall, platformNetworkFirewall } from './platform/ways-out.js';
import { type PlatformVisibility, platformVisibility, visibilityProtection } from './platform/visibility.js';
import { type IRevocationList, RevocationList } from './revocations/index.js';
import { AlarmTopic, SecurityAlarms } from './visibility/index.js';
import type { BucketKeyProps } from './support/bucket-key.js';
import { acceptInstrumentation } from './support/instrumentation.js';
import { logicalId } from './support/logical-id.js';
import { logKey } from './support/encrypted-log-group.js';
import { checkEnvironment } from './support/same-environment.js';

/**
 * The zero trust stack of a model on AWS. What has state stands in the stack of `scope`; the rest in one nested
 * stack for each part and for each bucket of services.
 *
 * Throws `ConstructError` for a model with an error, for resources of another account or region, and for a second
 * platform with the same trust domain.
 */
export class ZeroTrustPlatform extends Construct implements IZeroTrustPlatform {
  /** A platform that another app deployed in this account and region. */
  static fromAttributes(
    scope: Construct,
    id: string,
    attributes: ZeroTrustPlatformAttributes,
  ): IZeroTrustPlatform {
    return new ImportedPlatform(scope, id, attributes);
  }

  /** Everything that the model comes to. */
  readonly plan: Plan;
  /** Encrypts every log of the platform. */
  readonly logKey: IKey;
  /** Where everything runs. */
  readonly vpc: IVpc;
  /** Who reads which object of the platform's buckets is logged here. */
  readonly accessLogs: Bucket;
  /** What security must hear of. */
  readonly alarmTopic: ITopic;
  /** Gives each workload its certificate. */
  readonly authority: CertificateAuthority;
  /** Where people sign in, by the name that the model has for it. */
  readonly directories: Readonly<Record<string, IUserDirectory>>;
  /** The roles of pipelines, by their names in the model. */
  readonly pipelines: Readonly<Record<string, PipelineRole>>;
  /** What is revoked: `ztp revoke --in s3://<bucket>/revocations.json` adds to it. */
  readonly revocations: IRevocationList;
  /** Services join it: `platform.mesh.join('orders', taskDefinition, { applicationPort: 8080 })`. */
  readonly mesh: Mesh;
  /** Where the deployed plan is: for `ztp diff`. */
  readonly planRecord: PlanRecord;
  readonly firewall: IWebFirewall;
  /** Judges the requests of the adopted APIs; absent if none is. */
  readonly authorizer?: TokenAuthorizer;
  /** Between API Gateway and the services; absent if no API leads there. */
  readonly gateway?: GatewayService;
  /** The one way out; absent where the model has none. */
  readonly egress?: EgressGateway;
  /** Judges which names are looked up in the network; absent where nothing may leave, and where it is not wanted. */
  readonly dnsFirewall?: DnsFirewall;
  /** On the way out as well, where it is asked for. */
  readonly networkFirewall?: NetworkFirewall;
  /** Users' ways to the public services that had none; absent without a gateway. */
  readonly edges?: ServiceEdges;
  /** What happened, and how to ask about it; absent for 'none'. */
  readonly visibility?: PlatformVisibility;
  private readonly stacks: PlatformStacks;
  /** Logical ID of the bucket of configurations. */
  private readonly configurations: string;

  constructor(scope: Construct, id: string, props: ZeroTrustPlatformProps) {
    super(scope, id);
    const { apis = [], encryptionKey } = props;
    this.plan = planFor(this, props.model);
    claimTrustDomain(this, this.plan.trustDomain);
    checkEnvironment(this, givenTo(this, props));
    checkEgress(this, this.plan, props);
    const { renames = {} } = props;
    this.stacks = new PlatformStacks(this, renames);
    const configurations = logicalId('mesh', ['Mesh', 'Configurations', 'Bucket']);
    this.configurations = renames[configurations] ?? configurations;
    if (props.instrumentation) acceptInstrumentation(this, 'instrumentation', props.instrumentation);
    this.logKey = encryptionKey ?? logKey(this.stacks.stateful('logs'), 'Key');
    this.accessLogs = accessLogBucket(this.place('access-logs'), 'Bucket');
    this.vpc = props.vpc ?? this.network(props);
    this.alarmTopic = props.alarmTopic ?? new AlarmTopic(this.place('alarms'), 'Alarms').topic;
    this.authority = this.certificateAuthority(props);
    new CfnOutput(this.place('authority'), 'Registration', {
      value: this.authority.registrationArn,
      description: 'What agents invoke for their certificates; for ZeroTrustPlatform.fromAttributes',
    });
    this.revocations = props.revocations ?? this.revocationList(props);
    this.firewall = this.edgeFirewall(props);
    const place = (key: string, part: string) => this.place(key, part);
    this.directories = platformDirectories(this, props.directories ?? {}, {
      plan: this.plan,
      logs: this.logs(props),
      firewall: this.firewall,
      place,
    });
    this.pipelines = platformPipelines(props.pipelines ?? {}, { plan: this.plan, place });
    this.mesh = this.serviceMesh(props);
    if (this.plan.egress) {
      this.egress = this.egressGateway(props);
      const logs = { ...this.logs(props), mesh: this.mesh };
      const dnsFirewall = platformDnsFirewall(this, () => this.place('dns-firewall'), props, {
        ...logs,
        alarmActions: [new SnsAction(this.alarmTopic)],
      });
      if (dnsFirewall) this.dnsFirewall = dnsFirewall;
      const below = platformNetworkFirewall(() => this.place('network-firewall'), props, logs);
      if (below) this.networkFirewall = below;
    }
    watchRules(this.mesh, props, {
      place: (service) => this.stacks.service(service, 'mesh'),
      actions: [new SnsAction(this.alarmTopic)],
    });
    this.planRecord = new PlanRecord(this.place('plan'), 'Plan', { plan: this.plan, mesh: this.mesh });
    if (apis.length > 0) this.authorizer = this.adopt(props, apis);
    const services = ownServices(this, { ...props, plan: this.plan });
    const { gateway = {} } = props;
    if (gateway === 'none') checkNoGateway(this, this.plan, props);
    else if (services.length > 0 || loadBalancedServices(this.plan).length > 0) {
      this.gateway = this.edgeGateway(gateway, props);
      if (services.length > 0) this.edges = this.serviceEdges(props, this.gateway);
    }
    if (props.visibility !== 'none') this.visibility = this.visible(props);
    tellOthers(this);
  }

  /**
   * Record for cdk-nag and for auditors why what `mesh.join` added to a task definition is meant: what it may read
   * ends in `*`, and its environment says where things are.
   */
  acknowledgeTask(service: string, taskDefinition: TaskDefinition): void {
    acknowledgeMember(taskDefinition, service, this.configurations);
  }

  /**
   * Statements for a service control policy, or for the permissions boundary of everyone in the account: what would
   * make somebody the authority or a service, write the document of revocations, lead a REST API to the gateway, change
   * what judges requests, take the firewall away, replace a configuration or touch the record is denied to all but the
   * deployers. They are more than one policy of 5,120 bytes takes: attach each part by itself.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { revocations, firewall } = this;
    const stack = Stack.of(this);
    const judges = this.judges();
    const authorizers = {
      stack,
      functions: judges.flatMap((judge) => judge.protected.functions),
      roles: judges.flatMap((judge) => judge.protected.roles),
      apis: judges.flatMap((judge) => judge.protected.apis),
    };
    return [
      ...this.authority.protectionStatements(deployers),
      ...this.mesh.protectionStatements(deployers),
      ...this.planRecord.protectionStatements(deployers),
      ...(revocations instanceof RevocationList ? revocations.protectionStatements(deployers) : []),
      ...(judges.length > 0 ? authorizerProtection(authorizers, deployers) : []),
      ...firewallProtection(stack, firewall.webAclArn, deployers),
      ...(this.gateway?.protectionStatements(deployers) ?? []),
      ...(this.visibility ? visibilityProtection(this.visibility, deployers) : []),
    ];
  }

  private network(props: ZeroTrustPlatformProps): IVpc {
    const hasFirewall = props.egress?.networkFirewall !== undefined;
    return platformNetwork(this.place('network'), 'Network', { ...this.logs(props), hasFirewall });
  }

  private judges(): TokenAuthorizer[] {
    return [...(this.authorizer ? [this.authorizer] : []), ...(this.edges?.authorizers ?? [])];
  }

  /** The record of what the rest does, so it comes last. */
  private visible(props: ZeroTrustPlatformProps): PlatformVisibility {
    const { revocations, firewall } = this;
    return platformVisibility(props.visibility === 'none' ? {} : (props.visibility ?? {}), {
      plan: this.plan,
      stacks: this.stacks,
      ...(props.renames && { renames: props.renames }),
      topic: this.alarmTopic,
      ...(props.retention !== undefined && { retention: props.retention }),
      accessLogs: this.accessLogs,
      vpc: this.vpc,
      isOwnVpc: props.vpc === undefined,
      mesh: this.mesh,
      authorizers: this.judges(),
      edges: this.edges?.edges ?? {},
      ...(this.gateway?.loadBalancerEdge && { loadBalancer: this.gateway.loadBalancerEdge }),
      ...(!isFirewall(props.firewall) && firewall instanceof WebFirewall && { firewall }),
      watchedBuckets: [
        this.authority.bucket,
        this.mesh.store.bucket,
        ...(revocations instanceof RevocationList ? [revocations.bucket] : []),
      ],
    });
  }

  /** In the stack itself: keys and the bucket of issued serials outlive everything else. */
  private certificateAuthority({
    authority,
    retention,
    renames,
  }: ZeroTrustPlatformProps): CertificateAuthority {
    const made = new CertificateAuthority(this.place('authority'), 'Authority', {
      alarmActions: [new SnsAction(this.alarmTopic)],
      ...authority,
      plan: this.plan,
      encryptionKey: this.logKey,
      accessLogBucket: this.accessLogs,
      ...(retention !== undefined && { logRetention: retention }),
    });
    const bucket = logicalId('authority', ['Authority', 'Bucket']);
    acknowledgeRegistration(made, renames?.[bucket] ?? bucket);
    return made;
  }

  /**
   * In the stack itself too: names, endpoints and the bucket of configurations, whose number no service changes.
   * What a service has stands in its bucket; rules name two services, so they stand behind both.
   */
  private serviceMesh(props: ZeroTrustPlatformProps): Mesh {
    const place = this.place('mesh');
    acknowledgeConfigurations(place, `${this.configurations}.Arn`);
    return new Mesh(place, 'Mesh', {
      alarmActions: [new SnsAction(this.alarmTopic)],
      ...props.mesh,
      ...this.logs(props),
      ...bucketKey(props),
      plan: this.plan,
      authority: this.authority,
      vpc: this.vpc,
      accessLogBucket: this.accessLogs,
      revocations: this.revocations,
      directories: this.directories,
      placement: {
        service: (service) => this.stacks.service(service, 'mesh'),
        rules: (service) => this.stacks.service(service, 'rules'),
      },
    });
  }

  /** In the stack itself: what was revoked outlives everything that reads it. */
  private revocationList(props: ZeroTrustPlatformProps): RevocationList {
    const made = new RevocationList(this.place('revocations'), 'Revocations', {
      ...this.logs(props),
      ...bucketKey(props),
      plan: this.plan,
      accessLogBucket: this.accessLogs,
      alarmActions: [new SnsAction(this.alarmTopic)],
    });
    new CfnOutput(this.place('revocations'), 'Document', {
      value: `s3://${made.bucketName}/${made.objectKey}`,
      description: 'What is revoked; for ztp revoke --in, and for RevocationList.fromBucketName',
    });
    return made;
  }

  private logs({ retention }: ZeroTrustPlatformProps): { encryptionKey: IKey; retention?: RetentionDays } {
    return { encryptionKey: this.logKey, ...(retention !== undefined && { retention }) };
  }

  /** A place in the stack itself, with what is meant to be there explained. */
  private place(key: string, part = key): Construct {
    const place = this.stacks.stateful(key);
    acknowledge(place, part);
    return place;
  }

  private edgeGateway(
    given: Omit<GatewayServiceProps, 'mesh' | 'login' | 'loadBalancer'>,
    props: ZeroTrustPlatformProps,
  ): GatewayService {
    const place = this.stacks.part('gateway');
    for (const part of ['mesh', 'gateway']) acknowledge(place, part);
    acknowledgeConfigurations(place, this.configurationsElsewhere);
    const { mesh, firewall, alarmTopic: topic } = this;
    return platformGateway(place, given, props, { mesh, firewall, topic });
  }

  private egressGateway({ egress = {} }: ZeroTrustPlatformProps): EgressGateway {
    const { dnsFirewall: _, withoutDnsFirewall: _given, networkFirewall: _below, ...props } = egress;
    const place = this.stacks.part('egress');
    acknowledge(place, 'mesh');
    acknowledgeConfigurations(place, this.configurationsElsewhere, ['egress']);
    return new EgressGateway(place, 'Gateway', { ...props, mesh: this.mesh });
  }

  /** The bucket of configurations, as a nested stack calls it. */
  private get configurationsElsewhere(): string {
    const bucket = this.mesh.store.bucket.node.defaultChild as CfnBucket;
    return `referenceto${Names.nodeUniqueId(bucket.node)}Arn`;
  }

  private serviceEdges(props: ZeroTrustPlatformProps, gateway: GatewayService): ServiceEdges {
    return new ServiceEdges(this, 'edges', {
      ...props,
      plan: this.plan,
      stacks: this.stacks,
      gateway,
      topic: this.alarmTopic,
      encryptionKey: this.logKey,
      edgeFirewall: this.firewall,
      revocations: this.revocations,
      userDirectories: this.directories,
    });
  }

  private edgeFirewall(props: ZeroTrustPlatformProps): IWebFirewall {
    const { firewall } = props;
    if (isFirewall(firewall)) return firewall;
    return new WebFirewall(this.stacks.part('firewall'), 'List', { ...this.logs(props), ...firewall });
  }

  private adopt(
    { authorizer, retention }: ZeroTrustPlatformProps,
    apis: NonNullable<ZeroTrustPlatformProps['apis']>,
  ): TokenAuthorizer {
    const place = this.stacks.part('authorizer');
    acknowledge(place, 'authorizer');
    const made = new TokenAuthorizer(place, 'Authorizer', {
      encryptionKey: this.logKey,
      ...(retention !== undefined && { retention }),
      ...authorizer,
      plan: this.plan,
      revocations: this.revocations,
      directories: this.directories,
      apis,
    });
    // Of others the authorizer has a reason and an end.
    const own = [...new Set(apis.map(({ api }) => api))].filter((api) => api instanceof RestApi);
    for (const api of own) {
      made.protect(api);
      protectStages(this, api, this.firewall);
    }
    new SecurityAlarms(place, 'Alarms', {
      topic: this.alarmTopic,
      authorizer: made,
      apis: Object.fromEntries(own.map((api) => [api.node.addr, api])),
    });
    return made;
  }
}

function bucketKey({ bucketEncryptionKey }: ZeroTrustPlatformProps): BucketKeyProps {
  return bucketEncryptionKey ? { bucketEncryptionKey } : {};
}

function isFirewall(firewall: ZeroTrustPlatformProps['firewall']): firewall is IWebFirewall {
  return firewall !== undefined && 'webAclArn' in firewall;
}
