import { ArnFormat, Names, Stack } from 'aws-cdk-lib';
import {
  AuthorizationType,
  CfnAuthorizer,
  type IAuthorizer,
  type IRestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { asMade, type Made } from '../support/as-made.js';
import { FULL_CACHE_KEY } from './cache.js';

export interface RestAuthorizerProps {
  readonly api: IRestApi;
  /** The alias that is invoked. */
  readonly functionArn: string;
  readonly cacheSeconds: number;
  /** Whether this API gets a permission of its own to invoke the function. */
  readonly ownPermission: boolean;
  readonly name: string;
}

/**
 * An authorizer of the kind REQUEST on one API. Without a cache it has no identity source, so API Gateway
 * asks the function about requests without a token too, which public routes need.
 */
export function restAuthorizer(scope: Construct, props: RestAuthorizerProps): IAuthorizer {
  const { api, functionArn, cacheSeconds } = props;
  const home = new Construct(scope, `Authorizer-${props.name}`);
  const stack = Stack.of(home);
  const authorizer = new CfnAuthorizer(home, 'Resource', {
    restApiId: api.restApiId,
    name: Names.uniqueResourceName(home, { maxLength: 64 }),
    type: 'REQUEST',
    authorizerResultTtlInSeconds: cacheSeconds,
    ...(cacheSeconds > 0 && { identitySource: FULL_CACHE_KEY.join(',') }),
    authorizerUri: stack.formatArn({
      service: 'apigateway',
      account: 'lambda',
      resource: 'path',
      resourceName: `2015-03-31/functions/${functionArn}/invocations`,
    }),
  });
  made.set(authorizer, asked(authorizer));
  if (props.ownPermission) {
    new CfnPermission(home, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: stack.formatArn({
        service: 'execute-api',
        resource: api.restApiId,
        resourceName: `authorizers/${authorizer.ref}`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    });
  }
  return { authorizerId: authorizer.ref, authorizationType: AuthorizationType.CUSTOM };
}

/** What an authorizer asks, when it is asked, and how long an answer holds. */
function asked(authorizer: CfnAuthorizer): Made {
  return asMade(authorizer, {
    Type: authorizer.type,
    AuthorizerUri: authorizer.authorizerUri,
    AuthorizerResultTtlInSeconds: authorizer.authorizerResultTtlInSeconds,
    IdentitySource: authorizer.identitySource,
  });
}

const made = new WeakMap<CfnAuthorizer, Made>();

/** An authorizer as `restAuthorizer` made it, whatever has been assigned to it since; itself, if something else made it. */
export function askedAsMade(authorizer: CfnAuthorizer): Made {
  return made.get(authorizer) ?? asked(authorizer);
}
