import { App } from 'aws-cdk-lib';
import { ShopOnEks } from './shop-on-eks.js';

/**
 * `npx cdk synth -c kubectlLayer=arn:aws:lambda:…` needs no account. `npx cdk deploy` needs one that is bootstrapped; the
 * layer is one with kubectl, `KubectlV35Layer` of `@aws-cdk/lambda-layer-kubectl-v35` for one, published by you.
 */
const app = new App();
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
new ShopOnEks(app, 'ShopOnEks', {
  kubectlLayer: String(app.node.tryGetContext('kubectlLayer') ?? ''),
  ...(account && region && { env: { account, region } }),
});
