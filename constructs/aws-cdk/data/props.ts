import type { RemovalPolicy } from 'aws-cdk-lib';
import type { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { CfnReplicationGroup } from 'aws-cdk-lib/aws-elasticache';
import type { DatabaseCluster, DatabaseInstance, ParameterGroup } from 'aws-cdk-lib/aws-rds';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { EgressPrincipal } from '../../../lib/model/egress.js';
import type { Plan } from '../../../lib/plan/plan.js';

/** What runs a workload: what `mesh.join` returns, or a task definition and its group of an app without a mesh. */
export interface DataClient {
  /** Its task role is the workload's own. */
  readonly taskDefinition: TaskDefinition;
  readonly securityGroup: ISecurityGroup;
}

export interface DataDomainProps {
  /** The plan of the engine `aws`, with `data`. */
  readonly plan: Plan;
  /** The domain by its name in the model. */
  readonly domain: string;
  /** What runs each workload of the domain that is in this app, by service. */
  readonly clients: Readonly<Record<string, DataClient>>;
  /** What becomes of the key when it leaves the template: without it everything that it encrypted is lost. @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** A store of data that can be protected: made in this app, so that everything about it is seen. */
export type ProtectableStore =
  | Bucket
  | Queue
  | Table
  | TableV2
  | DatabaseInstance
  | DatabaseCluster
  | CfnReplicationGroup;

export interface ProtectStoreOptions {
  /** The workload: `workload('payments')`. The model must have it in the domain. */
  readonly for: EgressPrincipal;
  /** What the workload may do with the data. Of a database and a cache its user decides. @default 'readWrite' */
  readonly access?: 'read' | 'write' | 'readWrite';
  /**
   * Of a database or a cache: the one user as whom the workload may connect. Of a cache it is made, and there is one of
   * the name in an account and region: the default is of this cache and this environment alone.
   * @default of a database the name of the service, with `_` for `-`; of a cache the same with a hash behind it
   */
  readonly user?: string;
  /** Of a cache: its one security group, which its resource does not show. */
  readonly securityGroup?: SecurityGroup;
  /** Of a database that has parameters of its own: where TLS is required. @default a group is made */
  readonly parameterGroup?: ParameterGroup;
}

/** What the workload has to know of a store, to reach it. */
export interface ProtectedAccess {
  /** Of a database or a cache: as whom it connects. */
  readonly user?: string;
}
