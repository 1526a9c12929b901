import '../support/bundles.js';
import { App, NestedStack, Stack, Stage as CdkStage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  CfnDeployment,
  CfnMethod,
  CfnStage,
  Deployment,
  HttpIntegration,
  type IRestApi,
  RestApi,
  SpecRestApi,
  ApiDefinition,
  Stage,
} from 'aws-cdk-lib/aws-apigateway';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ENV, mistake, mistakeAtSynthesis, templateOf, testStack, warningsOf } from '../support/app.js';
import { plan } from '../support/plan.js';

const INTEGRATION = new HttpIntegration('https://shop.example/orders');

/** An API that is served, with one method. */
function served(stack: Stack): RestApi {
  const api = new RestApi(stack, 'Shop', { cloudWatchRole: false });
  api.root.addMethod('GET', INTEGRATION);
  return api;
}

function authorizer(stack: Stack, api: IRestApi): TokenAuthorizer {
  return new TokenAuthorizer(stack, 'Authorizer', { plan, apis: [{ service: 'orders', api }] });
}

type Resources = Record<
  string,
  { Type: string; Properties: Record<string, unknown>; DependsOn?: string | string[] }
>;

const resourcesOf = (template: Template) => (template.toJSON() as { Resources: Resources }).Resources;

const idsOf = (template: Template, type: string) =>
  Object.entries(resourcesOf(template))
    .filter(([, { Type }]) => Type === type)
    .map(([id]) => id)
    .sort();

/** A second way out, made by hand: another deployment with a stage of its own. */
function secondStage(stack: Stack, api: RestApi): Deployment {
  const deployment = new Deployment(stack, 'Second', { api });
  new Stage(stack, 'SecondStage', { deployment, stageName: 'second' });
  return deployment;
}

describe('every deployment', () => {
  test.each(['before', 'after'])(
    'that is made %s the adoption serves the methods with the authorizer',
    (when) => {
      const build = (isProtected: boolean) =>
        templateOf((stack) => {
          const api = served(stack);
          if (when === 'before') secondStage(stack, api);
          if (isProtected) authorizer(stack, api).protect(api);
          if (when === 'after') secondStage(stack, api);
        });
      const [before, after] = [build(false), build(true)];
      const [old, now] = [before, after].map((template) => idsOf(template, 'AWS::ApiGateway::Deployment'));
      expect(now).toHaveLength(2);
      // Another logical ID is another snapshot.
      expect(now!.filter((id) => old!.includes(id))).toEqual([]);
      const [method] = idsOf(after, 'AWS::ApiGateway::Method');
      for (const id of now!) expect([resourcesOf(after)[id]!.DependsOn].flat()).toContain(method);
    },
  );

  test('of an API that deploys nothing by itself is found', () => {
    const template = templateOf((stack) => {
      const api = new RestApi(stack, 'Shop', { deploy: false });
      api.root.addMethod('GET', INTEGRATION);
      secondStage(stack, api);
      authorizer(stack, api).protect(api);
    });
    const [deployment] = idsOf(template, 'AWS::ApiGateway::Deployment');
    expect(resourcesOf(template)[deployment!]!.DependsOn).toEqual(
      expect.arrayContaining(idsOf(template, 'AWS::ApiGateway::Method')),
    );
  });

  test('in a nested stack is found', () => {
    const stack = testStack();
    const api = served(stack);
    const nested = new NestedStack(stack, 'Nested');
    secondStage(nested, api);
    const [before] = idsOf(Template.fromStack(nested), 'AWS::ApiGateway::Deployment');
    const other = testStack();
    const otherApi = served(other);
    const otherNested = new NestedStack(other, 'Nested');
    secondStage(otherNested, otherApi);
    authorizer(other, otherApi).protect(otherApi);
    const [after] = idsOf(Template.fromStack(otherNested), 'AWS::ApiGateway::Deployment');
    expect(after).not.toBe(before);
  });

  test('serves by a stage of another stack too', () => {
    const stack = testStack();
    const api = served(stack);
    const deployment = new Deployment(stack, 'Second', { api });
    authorizer(stack, api).protect(api);
    const other = new Stack(stack.node.root as App, 'Other', { env: ENV });
    new Stage(other, 'Stage', { deployment, stageName: 'second' });
    expect(idsOf(Template.fromStack(other), 'AWS::ApiGateway::Stage')).toHaveLength(1);
  });

  test.each<[string, (stack: Stack, api: RestApi) => void]>([
    [
      'a deployment of CloudFormation',
      (stack, api) => {
        const { ref } = new CfnDeployment(stack, 'Raw', { restApiId: api.restApiId });
        new CfnStage(stack, 'RawStage', { restApiId: api.restApiId, deploymentId: ref, stageName: 'raw' });
      },
    ],
    [
      'a deployment that is known by its id',
      (stack, api) => {
        new CfnStage(stack, 'Raw', { restApiId: api.restApiId, deploymentId: 'abc123', stageName: 'raw' });
      },
    ],
    [
      'another one as canary',
      (_stack, api) => {
        const stage = api.deploymentStage.node.defaultChild as CfnStage;
        stage.canarySetting = { deploymentId: 'abc123', percentTraffic: 5 };
      },
    ],
  ])('is made anew, or is an error: a stage that serves %s', (_, build) => {
    const message = mistakeAtSynthesis((stack) => {
      const api = served(stack);
      build(stack, api);
      authorizer(stack, api).protect(api);
    });
    expect(message).toContain('deployment-unknown');
    expect(message).toContain('may still be open');
  });
});

describe('every method', () => {
  test('has the authorizer, wherever in the app it stands', () => {
    const stack = testStack();
    const api = served(stack);
    authorizer(stack, api).protect(api);
    const nested = new NestedStack(stack, 'Nested');
    for (const scope of [stack, nested]) {
      new CfnMethod(scope, 'Elsewhere', {
        httpMethod: 'PUT',
        restApiId: api.restApiId,
        resourceId: api.root.resourceId,
        authorizationType: 'NONE',
      });
    }
    for (const template of [Template.fromStack(stack), Template.fromStack(nested)]) {
      template.hasResourceProperties('AWS::ApiGateway::Method', {
        HttpMethod: 'PUT',
        AuthorizationType: 'CUSTOM',
      });
    }
  });

  test('has it in a stage of the CDK too, such as one of a pipeline', () => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(new CdkStage(app, 'Prod', { env: ENV }), 'Test');
    const api = served(stack);
    authorizer(stack, api).protect(api);
    Template.fromStack(stack).allResourcesProperties('AWS::ApiGateway::Method', {
      AuthorizationType: 'CUSTOM',
    });
  });

  test('of another API stays as it is', () => {
    const template = templateOf((stack) => {
      const api = served(stack);
      new RestApi(stack, 'Other', { cloudWatchRole: false }).root.addMethod('PATCH', INTEGRATION);
      authorizer(stack, api).protect(api);
    });
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'PATCH',
      AuthorizationType: 'NONE',
    });
  });

  test('that loses the authorizer by an override stops synthesis', () => {
    const message = mistakeAtSynthesis((stack) => {
      const api = served(stack);
      authorizer(stack, api).protect(api);
      const method = api.methods[0]!.node.defaultChild as CfnMethod;
      method.addPropertyOverride('AuthorizationType', 'NONE');
    });
    expect(message).toContain('open-method');
  });
});

describe('an API that nobody protects', () => {
  test('because protect was not called stops synthesis', () => {
    const message = mistakeAtSynthesis((stack) => authorizer(stack, served(stack)));
    expect(message).toContain('api-not-protected');
    expect(message).toContain('Call protect(api)');
  });

  const foreign: readonly (readonly [string, (stack: Stack) => IRestApi])[] = [
    ['is imported', (stack) => RestApi.fromRestApiId(stack, 'Api', 'a1b2c3d4e5')],
    [
      'is imported with its root',
      (stack) =>
        RestApi.fromRestApiAttributes(stack, 'Api', { restApiId: 'a1b2c3d4e5', rootResourceId: 'r00t' }),
    ],
    [
      'is made from a document',
      (stack) =>
        new SpecRestApi(stack, 'Api', {
          apiDefinition: ApiDefinition.fromInline({ openapi: '3.0.2', paths: {} }),
        }),
    ],
  ];

  test.each(foreign)('because it %s is an error', (_, api) => {
    const error = mistake((scope) => authorizer(scope as Stack, api(scope as Stack)));
    expect(error.code).toBe('api-not-protectable');
    expect(error.message).toContain('protectedElsewhere');
  });

  test.each(foreign)('because it %s is taken with a reason and an end, which everybody sees', (_, api) => {
    const stack = testStack();
    const protectedElsewhere = { reason: 'the document names the authorizer', expires: '2099-01-01' };
    new TokenAuthorizer(stack, 'Authorizer', {
      plan,
      apis: [{ service: 'orders', api: api(stack), protectedElsewhere }],
    });
    expect(warningsOf(stack).join()).toContain('the document names the authorizer');
    expect(JSON.stringify(Template.fromStack(stack).toJSON()['Outputs'])).toContain('protectedElsewhere');
  });

  test('and whose exception has ended is an error', () => {
    const error = mistake((scope) => {
      const api = RestApi.fromRestApiId(scope, 'Api', 'a1b2c3d4e5');
      const protectedElsewhere = { reason: 'for now', expires: '2020-01-01' };
      return new TokenAuthorizer(scope, 'Authorizer', {
        plan,
        apis: [{ service: 'orders', api, protectedElsewhere }],
      });
    });
    expect(error.code).toBe('weakening-expired');
  });
});

test('a method of another stack, which a deployment cannot wait for, stops synthesis', () => {
  const stack = testStack();
  const api = served(stack);
  authorizer(stack, api).protect(api);
  const other = new Stack(stack.node.root as App, 'Other', { env: ENV });
  new CfnMethod(other, 'Elsewhere', {
    httpMethod: 'PUT',
    restApiId: api.restApiId,
    resourceId: api.root.resourceId,
    authorizationType: 'NONE',
  });
  // Its deployment would be made before the method has the authorizer.
  expect(() => Template.fromStack(stack)).toThrow(/yclic/);
});
