import { Aspects } from 'aws-cdk-lib';
import { CfnMethod, type Deployment, type IAuthorizer, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { AuthorizerData, Deferred } from '../../../lambda/authorizer/data.js';
import { ConstructError } from '../support/error.js';

export interface ProtectOptions {
  /** What serves the methods. @default the deployment that the API makes by itself */
  readonly deployment?: Deployment;
}

/** Every method gets the authorizer; preflights that API Gateway answers by itself keep none. */
export function protectMethods(
  scope: Construct,
  api: RestApi,
  authorizer: IAuthorizer,
  data: AuthorizerData<Deferred>,
  refs: Readonly<Record<string, string>>,
  options: ProtectOptions,
): void {
  const deployment = options.deployment ?? api.latestDeployment;
  if (!deployment) {
    throw new ConstructError(scope, {
      code: 'deployment-unknown',
      message: 'the API is deployed by something that this construct does not see, and would stay open',
      prop: 'deployment',
      found: `${api.node.path} with deploy: false`,
      remedy: 'Pass the Deployment whose stage serves the API.',
    });
  }
  // API Gateway serves what the last deployment saw: its logical ID must change with the authorizer.
  deployment.addToLogicalId({ zeroTrustAuthorizer: authorizer.authorizerId });
  const resources = resourcesOfApi(api, data, refs);
  Aspects.of(api).add({
    visit(node) {
      if (!(node instanceof CfnMethod) || isOwnPreflight(node)) return;
      if (resources !== 'all' && !resources.includes(node.resourceId)) throw withoutService(scope, node);
      if (node.authorizerId !== undefined && node.authorizerId !== authorizer.authorizerId) {
        throw otherAuthorizer(scope, node);
      }
      node.authorizationType = 'CUSTOM';
      node.authorizerId = authorizer.authorizerId;
    },
  });
}

/** Resources of the API that the authorizer knows as some service's. */
function resourcesOfApi(
  api: RestApi,
  data: AuthorizerData<Deferred>,
  refs: Readonly<Record<string, string>>,
): 'all' | readonly string[] {
  const valueOf = (item: Deferred) => (typeof item === 'string' ? item : refs[item.ref]);
  const own = data.apis.filter((entry) => valueOf(entry.api) === api.restApiId);
  if (own.some(({ resources }) => resources === undefined)) return 'all';
  return own.flatMap(({ resources = [] }) => resources.map((item) => valueOf(item) ?? ''));
}

function isOwnPreflight({ httpMethod, integration }: CfnMethod): boolean {
  const type = integration !== undefined && 'type' in integration ? integration.type : undefined;
  return httpMethod === 'OPTIONS' && type === 'MOCK';
}

function withoutService(scope: Construct, method: CfnMethod): ConstructError {
  return new ConstructError(scope, {
    code: 'resource-without-service',
    message: 'a method belongs to no service, so the authorizer would refuse every request to it',
    prop: 'apis',
    found: `${method.httpMethod} of ${method.node.path}`,
    remedy: 'List its resource under a service in `apis`.',
  });
}

function otherAuthorizer(scope: Construct, method: CfnMethod): ConstructError {
  return new ConstructError(scope, {
    code: 'other-authorizer',
    message: 'a method has an authorizer already',
    prop: 'api',
    found: method.node.path,
    remedy: 'Take the other one away first; a method has one authorizer.',
  });
}
