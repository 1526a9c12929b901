import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { ZeroTrustChecks } from 'zero-trust-platform/aws-cdk';
import { ShopStack } from './shop-stack.js';

/**
 * `npx cdk synth` needs no account, and ends with an error for any finding that nobody explained; `npx cdk deploy`
 * needs an account that is bootstrapped, and Docker for the sidecar's image.
 */
const app = new App();
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
new ShopStack(app, 'Shop', account && region ? { env: { account, region } } : {});
Validations.of(app).addPlugins(
  new AwsSolutionsChecks(app),
  new NIST80053R5Checks(app),
  new ZeroTrustChecks(app),
);
