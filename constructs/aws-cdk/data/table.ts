import { Lazy } from 'aws-cdk-lib';
import type { CfnTable, Table } from 'aws-cdk-lib/aws-dynamodb';
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
    table.addToResourcePolicy(denyOthers([...READ, ...WRITE], ['*'], Lazy.list({ produce: roles })));
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
