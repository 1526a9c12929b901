import type { Stack } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';

/** An API of the user's own: two resources, a preflight, and one authorizer that it gets later. */
export function existingApi(stack: Stack): RestApi {
  const api = new RestApi(stack, 'Shop', {
    defaultCorsPreflightOptions: { allowOrigins: ['https://www.shop.example'] },
  });
  const to = (path: string) => new HttpIntegration(`https://shop.example/${path}`);
  api.root.addResource('orders').addMethod('GET', to('orders'));
  api.root.addResource('reports').addMethod('GET', to('reports'));
  return api;
}
