import { ArnFormat, Aspects, CfnResource, Names, Stack, Stage } from 'aws-cdk-lib';
import { CfnAuthorizer, CfnRoute, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { isSameValue } from '../support/same-value.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { templateForm } from '../support/template-form.js';
import { acceptWeakening, type Weakening } from '../support/weakening.js';

export interface HttpProtectOptions {
  /** The service that the API is: what the authorizer goes by, never a `Host` header. */
  readonly service: string;
  /** AWS WAF attaches to no HTTP API: why none stands before it, and until when. */
  readonly withoutFirewall: Weakening;
}

export interface HttpApiProtectionProps extends HttpProtectOptions {
  /** The alias that is invoked. */
  readonly functionArn: string;
  /** Whether this API gets a permission of its own to invoke the function. */
  readonly ownPermission: boolean;
  /** Of the authorizer: an API may be put behind several, of which only one is asked. */
  readonly name: string;
}

type Properties = Readonly<Record<string, unknown>>;

/** What an answer hangs on: another form of it is no answer, and a cached one outlives what it was about. */
const ASKED = {
  authorizerType: 'REQUEST',
  authorizerPayloadFormatVersion: '2.0',
  enableSimpleResponses: true,
  // Without a cache nor an identity source it is asked about requests without a token too, which public routes need.
  authorizerResultTtlInSeconds: 0,
} as const;

/** Resources that make routes, serve them, or make an API of a document. */
const PARTS = ['Api', 'Route', 'Stage', 'Authorizer'].map((name) => `AWS::ApiGatewayV2::${name}`);

/**
 * The protection of one HTTP API: every route of it in the app asks the authorizer, wherever it stands. Preflights that
 * API Gateway answers by the API's own CORS settings ask nobody, and reach nothing.
 */
export class HttpApiProtection {
  private readonly authorizer: CfnAuthorizer;
  private readonly authorizerUri: string;

  constructor(
    private readonly scope: Construct,
    private readonly api: HttpApi,
    { functionArn, ownPermission, name, service, withoutFirewall }: HttpApiProtectionProps,
  ) {
    acceptWeakening(scope, `withoutFirewall-${service}`, withoutFirewall);
    const home = new Construct(api, `Authorizer-${name}`);
    const stack = Stack.of(home);
    this.authorizerUri = stack.formatArn({
      service: 'apigateway',
      account: 'lambda',
      resource: 'path',
      resourceName: `2015-03-31/functions/${functionArn}/invocations`,
    });
    this.authorizer = new CfnAuthorizer(home, 'Resource', {
      apiId: api.apiId,
      name: Names.uniqueResourceName(home, { maxLength: 64 }),
      authorizerUri: this.authorizerUri,
      ...ASKED,
    });
    if (ownPermission) {
      new CfnPermission(home, 'Permission', {
        action: 'lambda:InvokeFunction',
        functionName: functionArn,
        principal: 'apigateway.amazonaws.com',
        sourceArn: stack.formatArn({
          service: 'execute-api',
          resource: api.apiId,
          resourceName: `authorizers/${this.authorizer.ref}`,
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      });
    }
    // An aspect does not reach into a stage of the CDK, such as one of a pipeline.
    Aspects.of(Stage.of(api) ?? api.node.root).add({ visit: (node) => this.visit(node) });
  }

  /** What is only seen when everything has been declared: by what the templates will have. */
  problems(): ConstructError[] {
    const mentions = new Mentions({ construct: this.api, values: [this.api.apiId] });
    const own = (this.api.node.root.node.findAll() as IConstruct[])
      .filter((node): node is CfnResource => CfnResource.isCfnResource(node))
      .filter(({ cfnResourceType }) => PARTS.includes(cfnResourceType))
      .map((resource) => ({ resource, properties: synthesizedProperties(resource) }))
      .filter(
        ({ resource, properties }) =>
          resource === this.api.node.defaultChild || mentions.isIn(Stack.of(resource), properties['ApiId']),
      );
    return own.flatMap(({ resource, properties }) => this.problem(resource, properties) ?? []);
  }

  private visit(node: IConstruct): void {
    if (!(node instanceof CfnRoute) || !isSameValue(node.apiId, this.api.apiId)) return;
    if (node.authorizerId !== undefined && node.authorizerId !== this.authorizer.ref) {
      throw new ConstructError(this.scope, {
        code: 'other-authorizer',
        message: 'a route has an authorizer already',
        prop: 'api',
        found: node.node.path,
        remedy: 'Take the other one away first; a route has one authorizer.',
      });
    }
    node.authorizationType = 'CUSTOM';
    node.authorizerId = this.authorizer.ref;
  }

  private problem(resource: CfnResource, properties: Properties): ConstructError | undefined {
    const error = (problem: { code: string; message: string; expected: string; remedy: string }) =>
      new ConstructError(this.scope, { prop: 'api', found: resource.node.path, ...problem });
    switch (resource.cfnResourceType) {
      case 'AWS::ApiGatewayV2::Route':
        if (this.asks(resource, properties)) return undefined;
        return error({
          code: 'open-route',
          message: 'a route of the API does not ask its authorizer',
          expected: 'AuthorizationType CUSTOM, and the id of this authorizer',
          remedy: 'Remove the override, or the aspect, that changes its authorization.',
        });
      case 'AWS::ApiGatewayV2::Stage':
        if (properties['AutoDeploy'] === true) return undefined;
        return error({
          code: 'deployment-unknown',
          message: 'the stage serves what a deployment saw, which may be routes without the authorizer',
          expected: 'a stage that deploys by itself',
          remedy: 'Set autoDeploy.',
        });
      case 'AWS::ApiGatewayV2::Api':
        if (
          ['Body', 'BodyS3Location', 'Target', 'RouteKey'].every((name) => properties[name] === undefined)
        ) {
          return undefined;
        }
        return error({
          code: 'api-from-document',
          message: 'routes that a document or a target makes are not seen here, and would stay open',
          expected: 'an API whose routes are resources',
          remedy: 'Remove Body, BodyS3Location, Target and RouteKey, and make the routes one by one.',
        });
      default:
        if (resource !== this.authorizer || this.isAsMade(properties)) return undefined;
        return error({
          code: 'authorizer-changed',
          message: 'something changes whom the authorizer asks, in which form, or how long an answer holds',
          expected: JSON.stringify(ASKED),
          remedy: 'Remove the override, or the assignment.',
        });
    }
  }

  private asks(resource: CfnResource, { AuthorizationType, AuthorizerId }: Properties): boolean {
    const wanted: unknown = Stack.of(resource).resolve(this.authorizer.ref);
    return AuthorizationType === 'CUSTOM' && JSON.stringify(AuthorizerId) === JSON.stringify(wanted);
  }

  private isAsMade(properties: Properties): boolean {
    const { Name: _name, ApiId: _api, ...found } = properties;
    const { authorizerUri } = this;
    const made: unknown = Stack.of(this.authorizer).resolve({ ...ASKED, authorizerUri });
    return JSON.stringify(templateForm(found)) === JSON.stringify(templateForm(made));
  }
}
