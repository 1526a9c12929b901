import { Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerInsights,
  type ContainerImage,
  type ICluster,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { type IPrivateDnsNamespace, PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct, type IConstruct } from 'constructs';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { urlVariable } from '../../../lib/point/url-variable.js';
import type { ICertificateAuthority } from '../authority/index.js';
import type { IRevocationList } from '../revocations/index.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import { agentImage } from './agent-image.js';
import { prepareApplication } from './application.js';
import { checkTask, taskProblems } from './application-checks.js';
import { networkProblems } from './attachment.js';
import { checkApplicationPort, checkJoinOptions, checkMesh } from './checks.js';
import { certificateAge } from './certificate-age.js';
import { ConfigurationStore } from './configuration-store.js';
import { configurationsOf } from './configurations.js';
import { MeshEndpoints } from './endpoints.js';
import { KeyTunnel } from './key-tunnel.js';
import { MeshMember } from './member.js';
import { addPoint, type PointOptions } from './point.js';
import { PointNetwork } from './point-network.js';
import { PORTS, sidecarPorts } from './ports.js';
import type { JoinOptions, MeshPlacement, MeshProps } from './props.js';
import { sidecarRefs, upstreamUrls } from './refs.js';
import { allowConnection } from './security-rule.js';

/** A mesh that services join. */
export interface IMesh extends IConstruct {
  /** Give a service's task definition its sidecar. */
  join(service: string, taskDefinition: TaskDefinition, options: JoinOptions): MeshMember;
}

/**
 * Mutual TLS between services on ECS. Each service of the plan has a security group that its access rules
 * open, a name, and a log, before any task of it; `join` adds the sidecar to a task definition, in whatever
 * stack that is. Nothing of the mesh refers to those stacks.
 *
 * Throws `ConstructError`.
 */
export class Mesh extends Construct implements IMesh {
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
  readonly endpoints?: MeshEndpoints;
  /** Absent where no issuer's keys are fetched. */
  readonly keyTunnel?: KeyTunnel;
  /** How every log of the mesh is kept. */
  readonly logs: Required<Pick<LogProps, 'encryptionKey'>> & LogProps;
  private readonly props: MeshProps;
  private readonly placement: MeshPlacement;
  private readonly networks: ReadonlyMap<string, PointNetwork>;
  private readonly ages = new Map<string, Metric>();
  private readonly members = new Map<string, MeshMember>();

  constructor(scope: Construct, id: string, props: MeshProps) {
    super(scope, id);
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
      configurations: configurationsOf(this.plan),
      logGroup: encryptedLogGroup(this, 'ConfigurationsLog', logs),
      ...(props.accessLogBucket && { accessLogBucket: props.accessLogBucket }),
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
      this.keyTunnel = new KeyTunnel(this, 'KeyTunnel', { mesh: this, subnets: props.tunnelSubnets });
    this.node.addValidation({ validate: () => this.problems() });
  }

  /**
   * Give a service's task definition its sidecar, its identity and the URLs of its upstreams. Afterwards
   * `attach` the ECS service, or give it the member's group and name.
   */
  join(service: string, taskDefinition: TaskDefinition, options: JoinOptions): MeshMember {
    this.checkJoin(service, taskDefinition);
    checkTask(this, taskDefinition);
    checkJoinOptions(this, this.props, taskDefinition, options);
    const { applicationPort, sidecarMemoryMiB = 128, importedRole } = options;
    const { upstreams } = this.plan.services[service]!.sidecar;
    const ports = sidecarPorts(upstreams.length);
    checkApplicationPort(this, applicationPort, ports);
    const sidecar = this.addPoint(taskDefinition, {
      name: service,
      containerName: 'sidecar',
      port: PORTS.inbound,
      refs: sidecarRefs(this.plan, service, applicationPort, this.namespace.namespaceName),
      memoryMiB: sidecarMemoryMiB,
      ...(importedRole && { importedRole }),
    });
    const urls = Object.entries(upstreamUrls(this.plan, service));
    prepareApplication(this, taskDefinition, {
      sidecar,
      ports,
      environment: Object.fromEntries(urls.map(([upstream, url]) => [urlVariable(upstream), url])),
    });
    const { securityGroup, discovery } = this.network(service);
    const member = new MeshMember(this, service, taskDefinition, sidecar, securityGroup, discovery);
    this.members.set(service, member);
    return member;
  }

  /** Make a task definition one of the mesh's points: a service, the gateway, the key tunnel. */
  addPoint(taskDefinition: TaskDefinition, options: PointOptions) {
    return addPoint(this, taskDefinition, options);
  }

  /** Security group, name and log of a service, of `gateway` or of `key-tunnel`. */
  network(name: string): PointNetwork {
    const found = this.networks.get(name);
    if (found) return found;
    throw this.unknown(name);
  }

  /** Seconds since the oldest certificate of a point's tasks was issued. */
  metricCertificateAge(name: string): Metric {
    const { logGroup } = this.network(name);
    const known = this.ages.get(name);
    if (known) return known;
    const metric = certificateAge(this.network(name), {
      name,
      trustDomain: this.plan.trustDomain,
      leafLifetimeSeconds: this.plan.certificates.workload.lifetimeSeconds,
      logGroup,
      actions: this.props.alarmActions ?? [],
    });
    this.ages.set(name, metric);
    return metric;
  }

  /** What the mesh's own tasks run on. */
  get platform(): Platform | undefined {
    return this.props.platform;
  }

  /** What gateway and sidecars learn of while they run. */
  get revocations(): IRevocationList | undefined {
    return this.props.revocations;
  }

  get revocationOutageSeconds(): number {
    return this.props.revocationOutageSeconds ?? 300;
  }

  get drainSeconds(): number {
    return this.props.drainSeconds ?? 20;
  }

  /** Every point: the gateway's network is there whether or not it is, so that its coming changes no rule. */
  private points(): string[] {
    const { services, gateway, issuers } = this.plan;
    return [
      ...Object.keys(services),
      ...(gateway.services.length > 0 ? [gateway.key] : []),
      ...(Object.keys(issuers).length > 0 ? [KEY_TUNNEL] : []),
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
    for (const name of this.networks.keys()) {
      const place = Object.hasOwn(services, name) ? this.placement.rules(name) : this.network(name);
      allowConnection(place, 'Endpoints', {
        from: this.network(name).securityGroup,
        to: this.endpointSecurityGroup,
        port: 443,
        description: `${name} to the endpoints of AWS`,
      });
      if (name !== KEY_TUNNEL && this.networks.has(KEY_TUNNEL)) {
        this.open(place, name, KEY_TUNNEL, PORTS.tunnel, `${name} fetches keys`);
      }
    }
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

  private checkJoin(service: string, taskDefinition: TaskDefinition): void {
    if (!Object.hasOwn(this.plan.services, service)) throw this.unknown(service);
    const other = this.members.get(service);
    if (other) {
      throw new ConstructError(this, {
        code: 'service-joined-twice',
        message: `${service} has joined already`,
        prop: 'service',
        found: `${other.taskDefinition.node.path} and ${taskDefinition.node.path}`,
        expected: 'one task definition for each service',
        remedy: 'Remove one join, or make the second a service of the model: it would have the same rights.',
      });
    }
    const same = [...this.members.values()].find((member) => member.taskDefinition === taskDefinition);
    if (!same) return;
    throw new ConstructError(this, {
      code: 'task-of-two-services',
      message: 'a task has one identity, and would be two services',
      prop: 'taskDefinition',
      found: `${same.service} and ${service}: ${taskDefinition.node.path}`,
      expected: 'a task definition for each service',
      remedy: 'Give each service a task definition of its own.',
    });
  }

  private unknown(service: string): ConstructError {
    return new ConstructError(this, {
      code: 'unknown-service',
      message: 'the model has no such service',
      prop: 'service',
      found: JSON.stringify(service),
      expected: `one of ${Object.keys(this.plan.services).join(', ')}`,
      remedy: 'Correct the name, or declare the service in the model.',
    });
  }

  /** What is only known when everything has been declared. */
  private problems(): string[] {
    const members = [...this.members.values()];
    return [
      ...this.notJoined(),
      ...members.flatMap(({ taskDefinition, sidecar }) =>
        taskProblems(this, taskDefinition, sidecar.containerName),
      ),
      ...networkProblems(this, members),
    ];
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
