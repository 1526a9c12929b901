import { App } from 'aws-cdk-lib';
import { ShopStack } from './shop-stack.js';

/** `npx cdk synth` needs no account; `npx cdk deploy` one that is bootstrapped, and Docker for the sidecar's image. */
new ShopStack(new App(), 'Shop', {
  env: { account: process.env['CDK_DEFAULT_ACCOUNT'], region: process.env['CDK_DEFAULT_REGION'] },
});
