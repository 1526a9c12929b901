import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { ZeroTrustChecks } from 'zero-trust-platform/aws-cdk';
import { extendZeroTrust, type ModelChanges } from 'zero-trust-platform';
import { parse } from 'yaml';
import shop from '../shop/login.js';
import { ShopStack } from './shop-stack.js';

/** The shop of an environment: `-c environment=stage` is what `ztp … examples/environments/stage.yaml` reads. */
function modelOf(environment: string | undefined) {
  if (environment === undefined) return shop;
  const folder = join(__dirname, '../environments');
  const file = join(folder, `${environment}.yaml`);
  if (!existsSync(file))
    throw new Error(`no environment ${environment}; there are ${readdirSync(folder).join(', ')}`);
  return extendZeroTrust(shop, parse(readFileSync(file, 'utf8')) as ModelChanges);
}

/**
 * `npx cdk synth` needs no account, and ends with an error for any finding that nobody explained; `npx cdk deploy`
 * needs an account that is bootstrapped, and Docker for the sidecar's image.
 */
const app = new App();
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
new ShopStack(app, 'Shop', {
  model: modelOf(app.node.tryGetContext('environment') as string | undefined),
  ...(account && region && { env: { account, region } }),
});
Validations.of(app).addPlugins(
  new AwsSolutionsChecks(app),
  new NIST80053R5Checks(app),
  new ZeroTrustChecks(app),
);
