import { Lazy } from 'aws-cdk-lib';
import type { CfnTable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';
import {
  checkKey,
  dataError,
  denyOthers,
  denyWithoutTls,
  grant,
  grantKey,
  type Protection,
} from './domain-context.js';

const READ = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:ConditionCheckItem',
];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'];

/**
 * What else shows items, changes them or copies them to where no policy of the table holds: PartiQL has actions of its own
 * ("IAM security policies with PartiQL for DynamoDB"), and a backup, an export or a restored table has no such policy.
 */
const OTHERWISE = [
  'dynamodb:PartiQLSelect',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PartiQLDelete',
  'dynamodb:CreateBackup',
  'dynamodb:ExportTableToPointInTime',
  'dynamodb:RestoreTableToPointInTime',
  'dynamodb:EnableKinesisStreamingDestination',
];
/** What its stream shows of items. */
const STREAM = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** A table: the domain's key, TLS, items for the workloads alone. */
export function protectTable(table: Table, protection: Protection, roles: () => string[]): void {
  const { key, options, isFirst } = protection;
  const { access = 'readWrite' } = options;
  if (isFirst) {
    const resource = table.node.defaultChild as CfnTable;
    if (resource.kinesisStreamSpecification !== undefined) {
      throw dataError(
        table,
        'data-copied',
        'what changes in the table goes to a stream of Kinesis, which nobody protects',
        'Leave the stream out.',
        { prop: 'kinesisStream' },
      );
    }
    if (table.encryptionKey !== undefined)
      checkKey(table, table.encryptionKey.keyArn, protection, 'encryptionKey');
    resource.sseSpecification = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: key.keyArn };
    // In a table's own policy this is the table: its ARN would be a circle.
    table.addToResourcePolicy(denyWithoutTls(['*'], 'dynamodb:*'));
    const others = (actions: readonly string[]) => denyOthers(actions, ['*'], Lazy.list({ produce: roles }));
    table.addToResourcePolicy(others([...READ, ...WRITE, ...OTHERWISE]));
    const { streamSpecification } = resource;
    if (streamSpecification !== undefined) {
      const policyDocument = new PolicyDocument({ statements: [others(STREAM)] });
      resource.streamSpecification = {
        ...(streamSpecification as CfnTable.StreamSpecificationProperty),
        resourcePolicy: { policyDocument },
      };
      keepAsMade(
        table,
        asMade(resource, { 'StreamSpecification.ResourcePolicy.PolicyDocument': policyDocument }),
      );
    }
    keepTable(table, protection);
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE)];
  grant(protection, actions, [table.tableArn, `${table.tableArn}/index/*`]);
  grantKey(protection, 'dynamodb');
}

function keepTable(table: Table, { key }: Protection): void {
  const resource = table.node.defaultChild as CfnTable;
  const policy = table.resourcePolicy;
  keepAsMade(
    table,
    asMade(resource, {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key.keyArn },
      KinesisStreamSpecification: undefined,
      'ResourcePolicy.PolicyDocument': Lazy.any({ produce: () => policy }),
    }),
  );
  keepAlone({
    construct: table,
    values: [table.tableArn, table.tableName],
    what: 'a table',
    types: [],
    calls: {
      services: ['dynamodb'],
      changing:
        /^(updatetable|putresourcepolicy|deleteresourcepolicy|enablekinesisstreamingdestination|createglobaltable)$/,
    },
  });
}
