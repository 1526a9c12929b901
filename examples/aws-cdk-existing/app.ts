import { App } from 'aws-cdk-lib';
import { adopt, PARTS } from './adopt.js';
import { WarehouseStack } from './warehouse-stack.js';

/**
 * `npx cdk diff -c adopt=authorizer` shows what the first step would change, `-c adopt=authorizer,firewall` the
 * first two.
 */
const app = new App();
const stack = new WarehouseStack(app, 'Warehouse', {
  env: { account: process.env['CDK_DEFAULT_ACCOUNT'], region: process.env['CDK_DEFAULT_REGION'] },
});
const wanted = String(app.node.tryGetContext('adopt') ?? '').split(',');
adopt(
  stack,
  PARTS.filter((part) => wanted.includes(part)),
);
