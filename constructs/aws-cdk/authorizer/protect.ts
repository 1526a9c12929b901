import { Aspects, type CfnResource, Lazy, Stack, Stage } from 'aws-cdk-lib';
import {
  CfnGatewayResponse,
  CfnMethod,
  Deployment,
  type IAuthorizer,
  type RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { Construct, IConstruct } from 'constructs';
import type { EdgeAnswers } from '../edge/gateway-responses.js';
import { ConstructError } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';
import { AdoptedResponses } from './adopted-responses.js';
import { ApiParts, openings, type Part } from './open-api.js';

export interface ProtectOptions {
  /** What serves the methods, if it is not made yet. @default every deployment of the API in the app */
  readonly deployment?: Deployment;
  /**
   * What the API answers where the authorizer or the firewall refuses. `made` gives it a 401 with a challenge, a 403
   * and a 503 that tell nothing; an answer that the app has for the same type stays. With `left` API Gateway's own
   * words stay, or answers that something else than this app made.
   * @default 'made'
   */
  readonly responses?: 'made' | 'left';
}

export interface ApiProtectionProps extends ProtectOptions {
  readonly authorizer: IAuthorizer;
  /** Resources of the API that are some service's. */
  readonly resources: 'all' | readonly string[];
  readonly answers: EdgeAnswers;
  /** Of the authorizer: an API may be put behind several, of which only one is asked. */
  readonly name: string;
}

/**
 * The protection of one API: every method of it in the app gets the authorizer, wherever it stands, and every
 * deployment is made anew, because API Gateway serves what a deployment saw. Preflights that API Gateway answers by
 * itself keep no authorizer.
 */
export class ApiProtection {
  private readonly methods = new Set<CfnMethod>();
  private readonly deployments = new Set<Deployment>();
  private readonly responses: AdoptedResponses | undefined;

  constructor(
    private readonly scope: Construct,
    private readonly api: RestApi,
    private readonly props: ApiProtectionProps,
  ) {
    const { deployment, responses = 'made', answers, name } = props;
    if (responses === 'made') this.responses = new AdoptedResponses(api, `Responses-${name}`, answers);
    const known = [deployment, ...api.node.root.node.findAll()].filter((node) => node instanceof Deployment);
    for (const item of known) if (item === deployment || this.isOwn(item.api)) this.renew(item);
    if (this.deployments.size === 0) throw this.notDeployed();
    // An aspect does not reach into a stage of the CDK, such as one of a pipeline.
    Aspects.of(Stage.of(api) ?? api.node.root).add({ visit: (node) => this.visit(node) });
  }

  /** What is only seen when everything has been declared. */
  problems(): ConstructError[] {
    const { api, scope, props } = this;
    const guarded = { construct: api, restApiId: api.restApiId, authorizer: props.authorizer };
    const parts = new ApiParts(guarded);
    const stale = [
      ...parts.stages().filter((stage) => !this.isServed(stage)),
      // Such a deployment moves a stage, or makes one, by itself.
      ...parts.deployments().filter((deployment) => this.movesStage(deployment)),
    ];
    return [...openings(scope, guarded), ...stale.map(({ resource }) => this.openStage(resource))];
  }

  private visit(node: IConstruct): void {
    if (node instanceof Deployment && this.isOwn(node.api)) this.renew(node);
    if (node instanceof CfnMethod && isSameValue(node.restApiId, this.api.restApiId)) this.close(node);
    if (node instanceof CfnGatewayResponse && this.isOwn(node)) this.responses?.yieldTo(node);
  }

  private isOwn({ restApiId }: { readonly restApiId: string }): boolean {
    return isSameValue(restApiId, this.api.restApiId);
  }

  /** Its logical ID must change with the authorizer, and it must be made after the methods have it. */
  private renew(deployment: Deployment): void {
    if (this.deployments.has(deployment)) return;
    this.deployments.add(deployment);
    const { responses } = this;
    deployment.addToLogicalId({
      zeroTrustAuthorizer: this.props.authorizer.authorizerId,
      ...(responses && { zeroTrustResponses: Lazy.any({ produce: () => responses.content }) }),
    });
    deployment.node.addDependency(...this.methods, ...(responses?.responses ?? []));
  }

  private close(method: CfnMethod): void {
    if (this.methods.has(method) || isPreflight(method)) return;
    const { authorizer, resources } = this.props;
    const { authorizerId } = authorizer;
    if (resources !== 'all' && !resources.some((id) => isSameValue(id, method.resourceId))) {
      throw this.withoutService(method);
    }
    if (method.authorizerId !== undefined && method.authorizerId !== authorizerId) {
      throw this.otherAuthorizer(method);
    }
    method.authorizationType = 'CUSTOM';
    method.authorizerId = authorizerId;
    this.methods.add(method);
    for (const deployment of this.deployments) deployment.node.addDependency(method);
  }

  /** Whether the stage serves deployments that were made anew, and nothing else. */
  private isServed({ resource, properties }: Part): boolean {
    const { DeploymentId, CanarySetting } = properties;
    const canary = (CanarySetting as Part['properties'] | undefined)?.['DeploymentId'];
    const made = [...this.deployments].map(({ deploymentId }) =>
      JSON.stringify(Stack.of(resource).resolve(deploymentId)),
    );
    return [DeploymentId, canary ?? DeploymentId].every((id) => made.includes(JSON.stringify(id)));
  }

  private movesStage({ resource, properties }: Part): boolean {
    const isMade = [...this.deployments].some(({ node }) => node.defaultChild === resource);
    return properties['StageName'] !== undefined && !isMade;
  }

  private notDeployed(): ConstructError {
    return new ConstructError(this.scope, {
      code: 'deployment-unknown',
      message: 'the API is deployed by something that this construct does not see, and would stay open',
      prop: 'deployment',
      found: `${this.api.node.path} without a Deployment`,
      remedy: 'Pass the Deployment whose stage serves the API.',
    });
  }

  private openStage({ node }: CfnResource): ConstructError {
    return new ConstructError(this.scope, {
      code: 'deployment-unknown',
      message: 'a stage serves a deployment that was not made anew, so its methods may still be open there',
      prop: 'api',
      found: node.path,
      expected: 'a Deployment of this app',
      remedy: 'Let the stage serve a Deployment (aws-apigateway), or remove the stage and what names one.',
    });
  }

  private withoutService(method: CfnMethod): ConstructError {
    return new ConstructError(this.scope, {
      code: 'resource-without-service',
      message: 'a method belongs to no service, so the authorizer would refuse every request to it',
      prop: 'apis',
      found: `${method.httpMethod} of ${method.node.path}`,
      remedy: 'List its resource under a service in `apis`.',
    });
  }

  private otherAuthorizer(method: CfnMethod): ConstructError {
    return new ConstructError(this.scope, {
      code: 'other-authorizer',
      message: 'a method has an authorizer already',
      prop: 'api',
      found: method.node.path,
      remedy: 'Take the other one away first; a method has one authorizer.',
    });
  }
}

/** By what it was made as; `openings` looks at what the template will have. */
function isPreflight({ httpMethod, integration }: CfnMethod): boolean {
  const type = integration !== undefined && 'type' in integration ? integration.type : undefined;
  return httpMethod === 'OPTIONS' && type === 'MOCK';
}
