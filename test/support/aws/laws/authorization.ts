import { isRecord, resourcesOf } from '../template.js';
import type { Law } from './law.js';

/** Without one, the API answers whoever asks. A preflight carries no token: it may only be answered by API Gateway itself. */
export const everyMethodIsAuthorized: Law = {
  name: 'every method of an API has the authorizer',
  broken: (templates) => [
    ...resourcesOf(templates, 'AWS::ApiGateway::Method').flatMap(({ at, properties }) => {
      const integration = isRecord(properties['Integration']) ? properties['Integration'] : {};
      const isPreflight = properties['HttpMethod'] === 'OPTIONS' && integration['Type'] === 'MOCK';
      const isAuthorized =
        properties['AuthorizationType'] === 'CUSTOM' && properties['AuthorizerId'] !== undefined;
      return isPreflight || isAuthorized ? [] : [`${at} has no authorizer`];
    }),
    ...resourcesOf(templates, 'AWS::ApiGatewayV2::Route').flatMap(({ at, properties }) =>
      properties['AuthorizerId'] === undefined ? [`${at} has no authorizer`] : [],
    ),
    ...resourcesOf(templates, 'AWS::Lambda::Url').map(({ at }) => `${at} is a way in beside the API`),
  ],
};

/** A cached answer is given to other requests than the one that was judged. */
export const authorizersJudgeEachRequest: Law = {
  name: 'an authorizer caches nothing, or its key holds what it judged',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::ApiGateway::Authorizer').flatMap(({ at, properties }) => {
      const seconds = properties['AuthorizerResultTtlInSeconds'];
      if (seconds === 0) return [];
      const key = typeof properties['IdentitySource'] === 'string' ? properties['IdentitySource'] : '';
      const needed = ['header.Authorization', 'context.httpMethod', 'context.path'];
      return needed.every((part) => key.includes(part))
        ? []
        : [`${at} caches for ${JSON.stringify(seconds ?? 300)} s`];
    }),
};
