import { Stack } from 'aws-cdk-lib';
import type { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights, type ContainerImage, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IPrivateDnsNamespace, PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { tunnelOf } from '../../../lib/envoy/index.js';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { ICertificateAuthority } from '../authority/index.js';
import { bucketProtection } from '../support/bucket-protection.js';
import { functionProtection } from '../support/function-protection.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { agentImage } from './agent-image.js';
import { checkMesh } from './checks.js';
import { ConfigurationStore } from './configuration-store.js';
import { configurationsOf } from './configurations.js';
import { MeshEndpoints } from './endpoints.js';
import { groupQuotaProblems, RULES_PER_GROUP } from './group-quota.js';
import { ImportedMesh, type MeshAttributes } from './imported-mesh.js';
import { KeyTunnel } from './key-tunnel.js';
import { type IMesh, MeshBase } from './mesh-base.js';
import { PointNetwork } from './point-network.js';
import { PORTS } from './ports.js';
import type { MeshPlacement, MeshProps } from './props.js';
import { publish } from './published.js';
import { allowConnection } from './security-rule.js';

/**
 * Mutual TLS between services on ECS. Each service of the plan has a security group that its access rules
 * open, a name, and a log, before any task of it; `join` adds the sidecar to a task definition, in whatever
 * stack that is. Nothing of the mesh refers to those stacks.
 *
 * Throws `ConstructError`.
 */
export class Mesh extends MeshBase {
  /**
   * The mesh of another app of this account and region. The services that join here are in `unjoined` there, which
   * has that app publish what is needed (parameters below `/zero-trust/<trust domain>/mesh`).
   */
  static fromAttributes(scope: Construct, id: string, attributes: MeshAttributes): IMesh {
    return new ImportedMesh(scope, id, attributes);
  }

  readonly plan: Plan;
  readonly authority: ICertificateAuthority;
  readonly vpc: IVpc;
  readonly cluster: ICluster;
  readonly namespace: IPrivateDnsNamespace;
  readonly image: ContainerImage;
  readonly store: ConfigurationStore;
  /** The group of the endpoints by which points reach AWS. */
  readonly endpointSecurityGroup: ISecurityGroup;
  /** Absent where `endpointSecurityGroup` was given. */
  readonly endpoints: MeshEndpoints | undefined;
  /** Absent where no issuer's keys are fetched, or the egress gateway carries them. */
  readonly keyTunnel?: KeyTunnel;
  /** How every log of the mesh is kept. */
  readonly logs: Required<Pick<LogProps, 'encryptionKey'>> & LogProps;
  private readonly props: MeshProps;
  private readonly placement: MeshPlacement;
  private readonly networks: ReadonlyMap<string, PointNetwork>;

  constructor(scope: Construct, id: string, props: MeshProps) {
    super(scope, id, props);
    this.props = props;
    checkMesh(this, props);
    this.plan = props.plan;
    this.authority = props.authority;
    this.vpc = props.vpc;
    this.placement = props.placement ?? this.ownPlacement();
    const { encryptionKey = logKey(this, 'Key'), retention } = props;
    grantToLogs(this, encryptionKey);
    this.logs = { encryptionKey, ...(retention !== undefined && { retention }) };
    const { logs } = this;
    this.cluster = props.cluster ?? this.makeCluster();
    this.namespace = props.namespace ?? this.makeNamespace();
    this.image = agentImage(this, props);
    this.store = new ConfigurationStore(this, 'Configurations', {
      plan: this.plan,
      configurations: configurationsOf(this.plan),
      logGroup: encryptedLogGroup(this, 'ConfigurationsLog', logs),
      ...(props.accessLogBucket && { accessLogBucket: props.accessLogBucket }),
      ...(props.bucketEncryptionKey && { bucketEncryptionKey: props.bucketEncryptionKey }),
    });
    if (!props.endpointSecurityGroup) {
      const { organizationId } = props;
      this.endpoints = new MeshEndpoints(this, 'Endpoints', {
        vpc: this.vpc,
        ...(organizationId !== undefined && { organizationId }),
      });
    }
    this.endpointSecurityGroup = props.endpointSecurityGroup ?? this.endpoints!.securityGroup;
    this.networks = new Map(
      this.points().map((name) => [
        name,
        new PointNetwork(this.placeOf(name), 'Network', { ...logs, mesh: this, name }),
      ]),
    );
    this.openByRules();
    if (this.networks.has(KEY_TUNNEL))
      this.keyTunnel = new KeyTunnel(this, 'KeyTunnel', { ...props, mesh: this });
    this.publish();
    this.node.addValidation({
      validate: () => [
        ...this.notJoined(),
        ...this.withoutEgress(),
        ...this.memberProblems(),
        ...this.tooManyRules(),
      ],
    });
  }

  /** Security group, name and log of a service, of `gateway`, of `egress` or of `key-tunnel`. */
  network(name: string): PointNetwork {
    const found = this.networks.get(name);
    if (found) return found;
    throw this.unknown(name);
  }

  /** The points of this mesh that decide, by the names that `network` takes; the key tunnel decides nothing. */
  get decidingPoints(): readonly string[] {
    return [...this.networks.keys()].filter((name) => name !== KEY_TUNNEL);
  }

  /**
   * Statements for a service control policy or a permissions boundary: those of the roles, and that bucket and writer
   * of the configurations stay as the deployers made them.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  override protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { bucket, writer } = this.store;
    return [
      ...super.protectionStatements(deployers),
      bucketProtection('ConfigurationBucket', [bucket.bucketArn], deployers),
      ...functionProtection('ConfigurationWriter', writer, deployers),
    ];
  }

  /** Rules that the account lets a security group have, in each direction. */
  get rulesPerSecurityGroup(): number {
    return this.props.rulesPerSecurityGroup ?? RULES_PER_GROUP;
  }

  /** What the mesh's own tasks run on. */
  get platform(): Platform | undefined {
    return this.props.platform;
  }

  /** Of services that join elsewhere too. */
  protected override get groups(): ReadonlyMap<string, ISecurityGroup> {
    return new Map([...this.networks].map(([name, { securityGroup }]) => [name, securityGroup]));
  }

  protected get names(): string {
    return this.namespace.namespaceName;
  }

  /** What apps need whose services join there. */
  private publish(): void {
    const { plan, props, namespace } = this;
    const { trustDomain } = plan;
    const unjoined = props.unjoined ?? [];
    if (unjoined.length === 0) return;
    publish(
      this,
      'Published',
      'mesh',
      {
        configurations: this.store.bucketName,
        registration: this.authority.registrationArn,
        namespace: namespace.namespaceName,
        namespaceId: namespace.namespaceId,
        namespaceArn: namespace.namespaceArn,
      },
      { trustDomain },
    );
    for (const service of unjoined) {
      const { securityGroup, discovery, logGroup } = this.network(service);
      publish(
        this.network(service),
        'Published',
        'member',
        {
          securityGroup: securityGroup.securityGroupId,
          discovery: discovery.serviceId,
          discoveryArn: discovery.serviceArn,
          logGroup: logGroup.logGroupName,
        },
        { trustDomain, service },
      );
    }
  }

  /** Every point: the networks of both gateways are there whether or not these are, so that their coming changes no rule. */
  private points(): string[] {
    const { services, gateway, egress, issuers } = this.plan;
    return [
      ...Object.keys(services),
      ...(gateway.services.length > 0 ? [gateway.key] : []),
      ...(egress ? [egress.key] : []),
      ...(Object.keys(issuers).length > 0 && !egress ? [KEY_TUNNEL] : []),
    ];
  }

  private placeOf(name: string): Construct {
    return Object.hasOwn(this.plan.services, name) ? this.placement.service(name) : new Construct(this, name);
  }

  private openByRules(): void {
    const { services, gateway } = this.plan;
    for (const [callee, { key }] of Object.entries(services)) {
      const callers = Object.values(services).filter(({ sidecar }) => sidecar.upstreams.includes(callee));
      const names = [
        ...callers.map(({ name }) => name),
        ...(gateway.services.includes(callee) ? [gateway.key] : []),
      ];
      const rules = this.placement.rules(callee);
      for (const caller of names)
        this.open(rules, caller, callee, PORTS.inbound, `${caller} may call ${key}`);
    }
    const { point: tunnel } = tunnelOf(this.plan);
    for (const name of this.networks.keys()) {
      const place = Object.hasOwn(services, name) ? this.placement.rules(name) : this.network(name);
      allowConnection(place, 'Endpoints', {
        from: this.network(name).securityGroup,
        to: this.endpointSecurityGroup,
        port: 443,
        description: `${name} to the endpoints of AWS`,
      });
      if (name !== tunnel && this.fetchesKeys(name)) {
        this.open(place, name, tunnel, PORTS.tunnel, `${name} fetches keys`);
      }
    }
    this.openWaysOut();
  }

  /** To the egress gateway, for services that some rule lets call a host outside. */
  private openWaysOut(): void {
    const { egress, services } = this.plan;
    if (!egress) return;
    for (const { name, sidecar } of Object.values(services)) {
      if (!sidecar.destinations) continue;
      allowConnection(this.placement.rules(name), `${name}-outside`, {
        from: this.network(name).securityGroup,
        to: this.network(egress.key).securityGroup,
        port: PORTS.inbound,
        description: `${name} calls hosts outside`,
      });
    }
  }

  /** Connections carry no token; the key tunnel alone has always let their services in too. */
  private fetchesKeys(name: string): boolean {
    const { egress, issuers, services } = this.plan;
    if (Object.keys(issuers).length === 0) return false;
    return !egress || services[name]?.protocol !== 'tcp';
  }

  private open(scope: Construct, from: string, to: string, port: number, description: string): void {
    const [caller, callee] = [this.network(from).securityGroup, this.network(to).securityGroup];
    allowConnection(scope, `${from}-${to}`, { from: caller, to: callee, port, description });
  }

  private ownPlacement(): MeshPlacement {
    const services = new Construct(this, 'Services');
    const rules = new Construct(this, 'Rules');
    const child = (parent: Construct, name: string) =>
      (parent.node.tryFindChild(name) as Construct | undefined) ?? new Construct(parent, name);
    return { service: (name) => child(services, name), rules: (name) => child(rules, name) };
  }

  private makeCluster(): Cluster {
    return new Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ContainerInsights.ENABLED });
  }

  private makeNamespace(): PrivateDnsNamespace {
    return new PrivateDnsNamespace(this, 'Namespace', {
      vpc: this.vpc,
      name: `${this.plan.trustDomain}.internal`,
    });
  }

  private withoutEgress(): string[] {
    const { egress } = this.plan;
    if (!egress || this.hasPoint(egress.key)) return [];
    return [
      `no-egress-gateway: the model has ways out, and nothing is there that leads them: ${Object.keys(egress.destinations).join(', ')}. Make an EgressGateway with this mesh at ${Stack.of(this).stackName}.`,
    ];
  }

  private tooManyRules(): string[] {
    const groups = new Map([['the endpoints of AWS', this.endpointSecurityGroup], ...this.groups]);
    return groupQuotaProblems(this, groups, this.rulesPerSecurityGroup).map(
      ({ code, message }) => `${code}: ${message}`,
    );
  }

  private notJoined(): string[] {
    const unjoined = this.props.unjoined ?? [];
    return Object.keys(this.plan.services)
      .filter((service) => !this.members.has(service) && !unjoined.includes(service))
      .map(
        (service) =>
          `service-not-joined: nothing joined ${service}. Call mesh.join('${service}', …), or name it in unjoined at ${Stack.of(this).stackName}.`,
      );
  }
}
