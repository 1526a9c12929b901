import { type CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ContainerDefinition, ContainerImage, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IService } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct, type IConstruct } from 'constructs';
import { asksDecisions } from '../../../lib/plan/delegation.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { destinationVariables, upstreamVariables } from '../../../lib/point/url-variable.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import type { ICertificateAuthority } from '../authority/index.js';
import { directoryHost, directoryValues } from '../identity/directory-values.js';
import type { IRevocationList } from '../revocations/index.js';
import { ConstructError } from '../support/error.js';
import { roleProtection } from '../support/function-protection.js';
import { prepareApplication } from './application.js';
import { checkTask, type PointTask, taskProblems } from './application-checks.js';
import { networkProblems } from './attachment.js';
import { certificateAge, watchCertificateAge } from './certificate-age.js';
import { checkApplicationPort, checkJoinOptions } from './checks.js';
import { decisionServiceEnds } from './decision-service-ends.js';
import type { MeshEndpoints } from './endpoints.js';
import { groupProblems } from './group-problems.js';
import { type KeptGroup, strangers } from './group-strangers.js';
import { MeshMember } from './member.js';
import { addPoint, type PointOptions } from './point.js';
import { type RunsByPoint, runsBeside, runsByPoint } from './point-runs.js';
import type { TaskRun } from './task-runs.js';
import { PORTS, pointPorts, sidecarPorts } from './ports.js';
import type { JoinOptions, PointProps } from './props.js';
import { destinationUrls, sidecarRefs, upstreamUrls } from './refs.js';
import { revocationAge, watchRevocationAge } from './revocation-age.js';

/** A mesh that services join. */
export interface IMesh extends IConstruct {
  readonly plan: Plan;
  /** Give a service's task definition its sidecar. */
  join(service: string, taskDefinition: TaskDefinition, options: JoinOptions): MeshMember;
  /** Seconds since the oldest certificate of a point's tasks was issued: a service's, `gateway`, `egress` or `key-tunnel`. */
  metricCertificateAge(name: string, options?: MetricOptions): Metric;
}

/** What a point has before any task of it. */
export interface Network extends IConstruct {
  readonly securityGroup: ISecurityGroup;
  readonly discovery: IService;
  readonly logGroup: ILogGroup;
}

/** Where tasks read their configuration. */
export interface Configurations {
  readonly bucketName: string;
  /** `<name>/<hash>`. */
  keyOf(name: string): string;
  readStatement(name: string): PolicyStatement;
}

/** What joins a mesh, whichever app made it. */
export abstract class MeshBase extends Construct implements IMesh {
  abstract readonly plan: Plan;
  abstract readonly authority: ICertificateAuthority;
  abstract readonly vpc: IVpc;
  abstract readonly image: ContainerImage;
  abstract readonly store: Configurations;
  /** By which tasks reach AWS; absent where they are the user's own, or another app's. */
  abstract readonly endpoints: MeshEndpoints | undefined;
  /** The domain in which services find one another. */
  protected abstract readonly names: string;
  protected readonly members = new Map<string, MeshMember>();
  private readonly pointTasks: PointTask[] = [];
  private readonly ends = new Map<string, Metric>();

  constructor(
    scope: Construct,
    id: string,
    private readonly pointProps: PointProps,
  ) {
    super(scope, id);
  }

  /** Security group, name and log of a service, of `gateway`, of `egress` or of `key-tunnel`. */
  abstract network(name: string): Network;

  /**
   * Give a service's task definition its sidecar, its identity and the URLs of its upstreams. Afterwards
   * `attach` the ECS service, or give it the member's group and name.
   */
  join(service: string, taskDefinition: TaskDefinition, options: JoinOptions): MeshMember {
    this.checkJoin(service, taskDefinition);
    checkTask(this, taskDefinition);
    const { key, upstreams, destinations = [] } = this.plan.services[service]!.sidecar;
    const least = asksDecisions(this.plan, key) ? 256 : 128;
    checkJoinOptions(this, this.pointProps, taskDefinition, options, least);
    const { applicationPort, sidecarMemoryMiB: memoryMiB = least, importedRole } = options;
    const ports = sidecarPorts(upstreams.length + destinations.length);
    checkApplicationPort(this, applicationPort, ports);
    const point: PointOptions = {
      name: service,
      containerName: 'sidecar',
      port: PORTS.inbound,
      refs: {
        ...sidecarRefs(this.plan, service, applicationPort, this.names),
        ...this.directoryRefs([service]),
      },
      memoryMiB,
      ...(importedRole && { importedRole }),
    };
    const sidecar = this.addPoint(taskDefinition, point, ports);
    prepareApplication(this, taskDefinition, {
      sidecar,
      ports,
      endpoints: this.endpoints,
      environment: {
        ...upstreamVariables(upstreamUrls(this.plan, service)),
        ...destinationVariables(destinationUrls(this.plan, service)),
      },
    });
    const { securityGroup, discovery } = this.network(service);
    const member = new MeshMember(this, service, taskDefinition, sidecar, securityGroup, discovery);
    this.members.set(service, member);
    return member;
  }

  /** Make a task definition one of the mesh's points: a service, a gateway, the key tunnel. */
  addPoint(
    taskDefinition: TaskDefinition,
    options: PointOptions,
    ports: readonly number[] = pointPorts(options.port),
  ): ContainerDefinition {
    const agent = addPoint(this, taskDefinition, options);
    this.pointTasks.push({ name: options.name, taskDefinition, agent, ports });
    return agent;
  }

  metricCertificateAge(name: string, options?: MetricOptions): Metric {
    this.network(name);
    return certificateAge(this.plan.trustDomain, name, options);
  }

  /** An alarm for the certificates of a point that has tasks. */
  watchCertificateAge(name: string): void {
    const network = this.network(name);
    watchCertificateAge(network, {
      name,
      trustDomain: this.plan.trustDomain,
      leafLifetimeSeconds: this.plan.certificates.workload.lifetimeSeconds,
      logGroup: network.logGroup,
      actions: this.pointProps.alarmActions ?? [],
    });
  }

  /**
   * Seconds since a point's tasks last read `revocations`, the longest, at each look that failed; of a service,
   * `gateway` or `egress`.
   */
  metricRevocationAge(name: string, options?: MetricOptions): Metric {
    this.network(name);
    return revocationAge(this.plan.trustDomain, name, options);
  }

  /** Alarms for what a point that has tasks knows of `revocations`. */
  watchRevocationAge(name: string): void {
    const network = this.network(name);
    watchRevocationAge(network, {
      name,
      trustDomain: this.plan.trustDomain,
      outageSeconds: this.revocationOutageSeconds,
      withinSeconds: this.plan.revocation.withinSeconds,
      logGroup: network.logGroup,
      actions: this.pointProps.alarmActions ?? [],
    });
  }

  /**
   * Statements for a service control policy or a permissions boundary: who may assume the roles of services and points,
   * be given one, or change what one may do, are the deployers alone; whoever starts such a task by hand or by a
   * schedule is one of them. Services that join later are in it, if the statements are not resolved before.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { partition, account } = Stack.of(this);
    // A statement without a resource would be no policy.
    const nobody = `arn:${partition}:iam::${account}:role/no-task-of-${this.plan.trustDomain}`;
    const roles = Lazy.list({
      produce: () => {
        const found = this.pointTasks.map(({ taskDefinition }) => taskDefinition.taskRole.roleArn);
        return found.length > 0 ? found : [nobody];
      },
    });
    return [roleProtection('TaskRoles', roles, deployers)];
  }

  /** How often a decision service of a point's tasks ended and was started again; nothing for a point without one. */
  metricDecisionServiceEnds(name: string): Metric | undefined {
    const network = this.network(name);
    if (!asksDecisions(this.plan, this.plan.services[name]?.sidecar.key ?? name)) return undefined;
    const known = this.ends.get(name);
    if (known) return known;
    const metric = decisionServiceEnds(network, {
      name,
      trustDomain: this.plan.trustDomain,
      logGroup: network.logGroup,
      actions: this.pointProps.alarmActions ?? [],
    });
    this.ends.set(name, metric);
    return metric;
  }

  /** Values of the directories that are made in this deployment, for a point that guards these services. */
  directoryRefs(services: readonly string[]): RefValues {
    return directoryValues(this, this.plan, this.pointProps.directories, services);
  }

  /** The hosts that keys come from, by what stands for them in the plan. */
  get keyHosts(): ReadonlyMap<string, string> {
    return directoryHost(this.plan, this.pointProps.directories);
  }

  /** What gateway and sidecars learn of while they run. */
  get revocations(): IRevocationList | undefined {
    return this.pointProps.revocations;
  }

  get revocationOutageSeconds(): number {
    return this.pointProps.revocationOutageSeconds ?? 300;
  }

  get drainSeconds(): number {
    return this.pointProps.drainSeconds ?? 20;
  }

  /** What is wrong with members and points and can only be known when everything has been declared. */
  protected memberProblems(): string[] {
    const points = this.pointTasks.map(({ name, taskDefinition, agent }) => ({
      name,
      taskDefinition,
      agent: agent.containerName,
      securityGroup: this.network(name).securityGroup,
    }));
    const all = runsBeside(this);
    const runs = runsByPoint(all, points);
    return [
      ...this.pointTasks
        .flatMap((point) => taskProblems(this, point))
        .map(({ code, message }) => `${code}: ${message}`),
      ...networkProblems(this, runs),
      ...[...groupProblems(this, points), ...strangers(this, this.keptGroups(runs), all)].map(
        ({ code, message }) => `${code}: ${message}`,
      ),
    ];
  }

  /** The groups that only the mesh's own tasks and endpoints may have. */
  private keptGroups(runs: RunsByPoint): KeptGroup[] {
    const own = new Map([...runs].map(([{ name }, found]) => [name, found]));
    return [
      ...[...this.groups].map(([name, securityGroup]) => ({
        name,
        securityGroup,
        own: new Set<CfnResource>(own.get(name)?.map(({ resource }) => resource)),
        runs: new Set(own.get(name)),
      })),
      ...(this.endpoints
        ? [
            {
              name: 'endpoints',
              securityGroup: this.endpoints.securityGroup,
              own: new Set<CfnResource>(this.endpoints.resources),
              runs: new Set<TaskRun>(),
            },
          ]
        : []),
    ];
  }

  /** The groups of points that are known here. */
  protected get groups(): ReadonlyMap<string, ISecurityGroup> {
    return new Map(this.pointTasks.map(({ name }) => [name, this.network(name).securityGroup]));
  }

  /** Whether a task definition is that point: a service, `gateway`, `egress` or `key-tunnel`. */
  hasPoint(name: string): boolean {
    return this.pointTasks.some((point) => point.name === name);
  }

  protected unknown(service: string): ConstructError {
    return new ConstructError(this, {
      code: 'unknown-service',
      message: 'the model has no such service',
      prop: 'service',
      found: JSON.stringify(service),
      expected: `one of ${Object.keys(this.plan.services).join(', ')}`,
      remedy: 'Correct the name, or declare the service in the model.',
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
}
