import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnStage, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { ApiParts } from '../authorizer/open-api.js';
import type { IWebFirewall } from '../firewall/index.js';
import { ConstructError } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';

/**
 * The firewall stands before every stage of an adopted API that the app has by now. A stage that comes later, and one
 * that a deployment makes by its `stageName`, stops synthesis.
 */
export function protectStages(scope: Construct, api: RestApi, firewall: IWebFirewall): void {
  const first = stagesOf(api);
  for (const stage of first) {
    const isOfApi = api.deploymentStage?.node.defaultChild === stage;
    if (isOfApi) firewall.protect(`Adopted-${api.node.addr}`, api.deploymentStage);
    else firewall.protect(`Adopted-${stage.node.addr}`, arnOf(stage));
  }
  const parts = new ApiParts({ construct: api, restApiId: api.restApiId });
  scope.node.addValidation({
    validate: () => [
      ...parts
        .stages()
        .filter(({ resource }) => !first.includes(resource))
        .map(({ resource }) => withoutFirewall(scope, resource.node.path)),
      ...parts
        .deployments()
        .filter(({ properties }) => properties['StageName'] !== undefined)
        .map(({ resource }) => withoutFirewall(scope, `the stage that ${resource.node.path} makes`)),
    ],
  });
}

function stagesOf(api: RestApi): CfnStage[] {
  return api.node.root.node
    .findAll()
    .filter((node) => node instanceof CfnStage)
    .filter(({ restApiId }) => isSameValue(restApiId, api.restApiId));
}

function arnOf(stage: CfnStage): string {
  return Stack.of(stage).formatArn({
    service: 'apigateway',
    account: '',
    resource: 'restapis',
    resourceName: `${stage.restApiId}/stages/${stage.ref}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_SLASH_RESOURCE_NAME,
  });
}

function withoutFirewall(scope: Construct, found: string): string {
  const { code, message } = new ConstructError(scope, {
    code: 'stage-without-firewall',
    message: 'a stage of an adopted API was made where the firewall does not see it',
    prop: 'apis',
    found,
    expected: 'stages that are made before the platform, each by a Stage',
    remedy: 'Make the Stage before the platform, and name no stage in a Deployment.',
  });
  return `${code}: ${message}`;
}
