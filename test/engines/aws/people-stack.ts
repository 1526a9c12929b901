import { Stack } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { allow, cognito, defineZeroTrust, http, resolve, user } from 'zero-trust-platform';
import { type AuthorizerSettings, TokenAuthorizer, UserDirectory } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT } from '../../support/aws/synth.js';

export const peoplePlan = resolve(
  defineZeroTrust({
    trustDomain: 'people.example',
    environment: 'test',
    identity: { providers: { people: cognito({ directory: 'staff', clients: { offers: 'web' } }) } },
    services: { offers: http({ host: 'offers.people.example' }) },
    access: [allow(user()).to('offers', 'GET /offers')],
  }),
  { engine: 'aws' },
);

/** A directory, and an API whose authorizer takes its tokens, in one deployment: neither knew an id before. */
export class PeopleStack extends Stack {
  constructor(scope: Construct, backend: string, settings: AuthorizerSettings) {
    super(scope, 'People', { env: TEST_ENVIRONMENT });
    const staff = new UserDirectory(this, 'Staff', {
      clients: { web: { callbackUrls: ['https://www.people.example/signed-in'] } },
      domain: { prefix: 'people-test' },
      audiences: ['https://stock.people.example'],
    });
    const api = new RestApi(this, 'Api', { restApiName: 'offers', deployOptions: { stageName: 'live' } });
    api.root.addResource('offers').addMethod('GET', new HttpIntegration(`${backend}/offers`));
    new TokenAuthorizer(this, 'Authorizer', {
      plan: peoplePlan,
      directories: { staff },
      apis: [{ service: 'offers', api }],
      settings,
    }).protect(api);
  }
}
