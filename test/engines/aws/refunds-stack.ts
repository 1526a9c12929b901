import { Stack } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { type AuthorizerSettings, EdgeResponses, TokenAuthorizer } from 'zero-trust-platform/aws-cdk';
import type { Plan } from 'zero-trust-platform';
import { TEST_ENVIRONMENT } from '../../support/aws/synth.js';

/** An API that was there before, whose service answers on this machine, behind the token authorizer. */
export class RefundsStack extends Stack {
  constructor(scope: Construct, plan: Plan, backend: string, settings: AuthorizerSettings) {
    super(scope, 'Refunds', { env: TEST_ENVIRONMENT });
    const api = new RestApi(this, 'Api', { restApiName: 'refunds', deployOptions: { stageName: 'live' } });
    api.root.addMethod('ANY', new HttpIntegration(backend, { httpMethod: 'ANY' }));
    api.root.addResource('{path+}').addMethod(
      'ANY',
      new HttpIntegration(`${backend}/{path}`, {
        httpMethod: 'ANY',
        options: { requestParameters: { 'integration.request.path.path': 'method.request.path.path' } },
      }),
      { requestParameters: { 'method.request.path.path': true } },
    );
    new EdgeResponses(this, 'Answers', { api });
    new TokenAuthorizer(this, 'Authorizer', {
      plan,
      apis: [{ service: 'refunds', api }],
      settings,
    }).protect(api);
  }
}
