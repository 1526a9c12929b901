import { Lazy, RemovalPolicy, Stack, Stage, Tags } from 'aws-cdk-lib';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup } from 'aws-cdk-lib/aws-elasticache';
import { type CfnPolicy, type IRole, Policy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DatabaseCluster, DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import type { DataNode } from '../../../lib/plan/plan.js';
import { asMade, keepAsMade, type Made, outermost } from '../support/as-made.js';
import { protectBucket } from './bucket.js';
import { protectCache } from './cache.js';
import { protectDatabase } from './database.js';
import { dataError, ownRole, type Protection } from './domain-context.js';
import { checkDomain, checkProtect } from './given.js';
import { keepKey } from './kept-key.js';
import type {
  DataClient,
  DataDomainProps,
  ProtectableStore,
  ProtectedAccess,
  ProtectStoreOptions,
} from './props.js';
import type { ProtectedStore } from './protected-store.js';
import { protectQueue } from './queue.js';
import { storeProblems } from './store-problems.js';
import { protectTable } from './table.js';

/** Tags of everything that keeps data of a domain. */
export const DATA_TAGS = { domain: 'zero-trust:data-domain', label: 'zero-trust:data-label' } as const;

/**
 * A domain of data: one key of KMS with rotation, and stores that nobody but the domain's workloads reaches.
 *
 *     const cards = new DataDomain(this, 'Cards', { plan, domain: 'cards', clients: { payments: member } });
 *     const bucket = new Bucket(this, 'Receipts', { encryptionKey: cards.key });
 *     cards.protect(bucket, { for: workload('payments'), access: 'write' });
 *
 * Who may reach the data the model says: `data: { cards: dataDomain('card-data', workload('payments')) }`. Throws
 * `ConstructError` for a domain or a workload that the plan does not have.
 */
export class DataDomain extends Construct {
  /** Encrypts every store of the domain; give it to a store when it is made. */
  readonly key: Key;
  /** How the data is to be handled. */
  readonly label: string;
  private readonly domain: DataNode;
  private readonly stores = new Map<ProtectableStore, ProtectedStore>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DataDomainProps,
  ) {
    super(scope, id);
    checkDomain(this, props);
    this.domain = this.domainOf(props);
    this.label = this.domain.label;
    this.checkClients(props);
    this.checkOnlyOne(props);
    this.key = new Key(this, 'Key', {
      description: `Data of ${props.domain}, ${this.label}, of ${props.plan.trustDomain}`,
      enableKeyRotation: true,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.tag(this.key);
    keepKey(this.key);
    outermost(this).node.addValidation({
      validate: () => storeProblems(this, this.key, [...this.stores.values()]),
    });
  }

  /**
   * Protect a store of this app for one workload of the domain: encryption by the domain's key, TLS required, IAM where
   * the store knows it, its port for the workload's group alone, and rights for the workload's own role. Called again,
   * it lets another workload in. Returns as whom the workload connects, to a database or a cache.
   *
   * Throws `ConstructError` for what weakens it, or would replace a store that is deployed; what can only be seen when
   * everything is declared (another role with rights, another way in) stops synthesis.
   */
  protect(store: ProtectableStore, options: ProtectStoreOptions): ProtectedAccess {
    checkProtect(this, store, options);
    const { service } = options.for;
    const client = this.clientOf(service);
    const role = ownRole(this, client.taskDefinition.taskRole, service);
    const known = this.stores.get(store);
    const entry: ProtectedStore = known ?? {
      store,
      roles: [],
      groups: [],
      users: [],
      doors: doorsOf(store, options),
    };
    if (entry.roles.includes(role)) {
      throw dataError(
        this,
        'data-protected-twice',
        'the store is protected for this workload already',
        'Remove one call.',
        {
          prop: 'for',
          found: `${store.node.path} for ${service}`,
        },
      );
    }
    const beside = new Construct(store, `For-${service}`);
    const policy = new Policy(beside, 'Access', { roles: [role] });
    const protection: Protection = {
      scope: beside,
      policy,
      key: this.key,
      trustDomain: this.props.plan.trustDomain,
      workload: service,
      role,
      securityGroup: client.securityGroup,
      options,
      isFirst: known === undefined,
    };
    const roles = () => entry.roles.map(({ roleArn }) => roleArn);
    let user: string | undefined;
    if (store instanceof Bucket) protectBucket(store, protection, roles);
    else if (store instanceof Queue) protectQueue(store, protection, roles);
    else if (store instanceof Table || store instanceof TableV2) protectTable(store, protection, roles);
    else if (store instanceof DatabaseInstance || store instanceof DatabaseCluster) {
      user = protectDatabase(store, protection);
    } else if (store instanceof CfnReplicationGroup) {
      user = protectCache(store, protection, entry.users);
    } else {
      throw dataError(
        this,
        'data-store',
        'this is no store that can be protected here: of an imported one nobody could say who else reaches it',
        'Protect an imported store in the app that makes it, and use one of these kinds.',
        {
          found: (store as Construct).node.path,
          expected:
            'a Bucket, Queue, Table, TableV2, DatabaseInstance, DatabaseCluster or CfnReplicationGroup of this app',
        },
      );
    }
    if (!policy.document.isEmpty) keepAsMade(store, rightsAsMade(policy, role));
    entry.roles.push(role);
    entry.groups.push(client.securityGroup);
    this.stores.set(store, entry);
    this.tag(store);
    return user === undefined ? {} : { user };
  }

  private clientOf(service: string): DataClient {
    const isInModel = this.domain.workloads.includes(service);
    const client = isInModel ? this.props.clients[service] : undefined;
    if (client) return client;
    throw dataError(
      this,
      'data-workload',
      isInModel
        ? 'nothing in this app runs the workload'
        : 'the model does not have the workload in the domain',
      isInModel
        ? `Add \`${service}\` to clients: what \`mesh.join\` returned.`
        : 'Add it to the domain in the model, where everybody sees who may reach what.',
      {
        prop: 'for',
        found: JSON.stringify(service),
        expected: `one of ${this.domain.workloads.join(', ')}`,
      },
    );
  }

  private tag(on: Construct): void {
    Tags.of(on).add(DATA_TAGS.domain, this.props.domain);
    Tags.of(on).add(DATA_TAGS.label, this.label);
  }

  private domainOf({ plan, domain }: DataDomainProps): DataNode {
    const node = plan.data?.[domain];
    if (node) return node;
    throw dataError(
      this,
      'unknown-data-domain',
      'the model has no such domain of data',
      'Correct the name, or declare it: `data: { name: dataDomain(label, workload(…)) }`.',
      {
        prop: 'domain',
        found: JSON.stringify(domain),
        expected: `one of ${Object.keys(plan.data ?? {}).join(', ') || 'none'}`,
      },
    );
  }

  /** Its stores would be encrypted by two keys, and each would know half of them. */
  private checkOnlyOne({ plan, domain }: DataDomainProps): void {
    const root = Stage.of(this) ?? this.node.root;
    const placeOf = (node: IConstruct) => `${Stack.of(node).account} ${Stack.of(node).region}`;
    const other = root.node
      .findAll()
      .find(
        (node) =>
          node instanceof DataDomain &&
          node !== this &&
          node.props.domain === domain &&
          placeOf(node) === placeOf(this) &&
          node.props.plan.trustDomain === plan.trustDomain,
      );
    if (!other) return;
    throw dataError(
      this,
      'data-domain-twice',
      'the domain is made already: there is one key for it',
      'Hand that one over, and protect the stores of both by it; another environment has a plan of its own.',
      { prop: 'domain', found: `${JSON.stringify(domain)} at ${other.node.path}` },
    );
  }

  private checkClients({ clients }: DataDomainProps): void {
    for (const service of Object.keys(clients)) {
      if (this.domain.workloads.includes(service)) continue;
      throw dataError(
        this,
        'data-workload',
        'the model does not have the workload in the domain',
        'Take the client away, or add the workload to the domain in the model.',
        {
          prop: `clients.${service}`,
          found: JSON.stringify(service),
          expected: `one of ${this.domain.workloads.join(', ')}`,
        },
      );
    }
  }
}

function rightsAsMade(policy: Policy, role: IRole): Made {
  return asMade(policy.node.defaultChild as CfnPolicy, {
    PolicyDocument: Lazy.any({ produce: () => policy.document }),
    Roles: [role.roleName],
  });
}

/** The groups of what listens in the network. */
function doorsOf(store: ProtectableStore, { securityGroup }: ProtectStoreOptions): readonly ISecurityGroup[] {
  if (store instanceof DatabaseInstance || store instanceof DatabaseCluster) {
    return store.connections.securityGroups;
  }
  return store instanceof CfnReplicationGroup && securityGroup ? [securityGroup] : [];
}
