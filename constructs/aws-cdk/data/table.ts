import { Lazy } from 'aws-cdk-lib';
import type { CfnTable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { checkKey, denyOthers, denyWithoutTls, grant, grantKey, type Protection } from './domain-context.js';

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
    if (table.encryptionKey !== undefined)
      checkKey(table, table.encryptionKey.keyArn, protection, 'encryptionKey');
    resource.sseSpecification = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: key.keyArn };
    // In a table's own policy this is the table: its ARN would be a circle.
    table.addToResourcePolicy(denyWithoutTls(['*'], 'dynamodb:*'));
    table.addToResourcePolicy(denyOthers([...READ, ...WRITE], ['*'], Lazy.list({ produce: roles })));
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE)];
  grant(protection, actions, [table.tableArn, `${table.tableArn}/index/*`]);
  grantKey(protection, 'dynamodb');
}
