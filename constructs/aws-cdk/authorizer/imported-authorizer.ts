import { Resource } from 'aws-cdk-lib';
import type { IAuthorizer, IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct, IConstruct } from 'constructs';
import { restAuthorizer } from './rest-authorizer.js';

/** The authorizer of a platform, here or in another stack. */
export interface ITokenAuthorizer extends IConstruct {
  /** The alias that APIs invoke. */
  readonly functionArn: string;
  /**
   * The authorizer of an API that is one service's, for `addMethod` or `defaultMethodOptions`. Made once for
   * each API, in `scope` (the API itself unless the methods stand in a nested stack).
   */
  authorizerFor(api: IRestApi, service: string, scope?: Construct): IAuthorizer;
}

/** Of an authorizer in another stack only the function is known: it must know the API's id by its own `apis`. */
export class ImportedAuthorizer extends Resource implements ITokenAuthorizer {
  private readonly authorizers = new Map<IRestApi, IAuthorizer>();

  constructor(
    scope: Construct,
    id: string,
    readonly functionArn: string,
  ) {
    super(scope, id);
  }

  authorizerFor(api: IRestApi, _service: string, scope: Construct = api as RestApi): IAuthorizer {
    const known = this.authorizers.get(api);
    if (known) return known;
    const { functionArn } = this;
    const name = this.node.id;
    const made = restAuthorizer(scope, { api, functionArn, cacheSeconds: 0, ownPermission: true, name });
    this.authorizers.set(api, made);
    return made;
  }
}
