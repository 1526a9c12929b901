import { Names, Resource } from 'aws-cdk-lib';
import { CfnRestApi, type IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { openings } from '../authorizer/open-api.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { checkEdgeService, checkNetworks } from './checks.js';
import { resourcePolicy } from './resource-policy.js';
import { ENDPOINT_ACCESS, type MinimumTls, securityPolicy } from './tls.js';

export interface EdgeApiProps {
  /** From `resolve(model, { engine: 'aws' })`. */
  readonly plan: Plan;
  /** A service with a public host. */
  readonly service: string;
  /** Whether users come by a domain: the endpoint that API Gateway gives is then closed. @default false */
  readonly hasDomain?: boolean;
  /** Whether the domain asks clients for certificates. @default false */
  readonly mutualTls?: boolean;
  /** @default '1.2': with forward secrecy and post-quantum key exchange */
  readonly minimumTls?: MinimumTls;
  /** Ranges from which requests are taken, `198.51.100.0/24`. @default from everywhere */
  readonly allowedNetworks?: readonly string[];
}

/**
 * The REST API of one service, without its methods. It has state, its id and address; what is deployed on it
 * (`ServiceEdge`) may stand in another stack. Throws for a service that users do not reach, or whose protocol
 * does not pass.
 */
export class EdgeApi extends Resource {
  readonly service: string;
  readonly restApiId: string;
  readonly rootResourceId: string;
  /** By which its metrics go. */
  readonly restApiName: string;
  /** The API as this stack sees it. */
  readonly restApi: IRestApi;
  readonly hasDomain: boolean;

  constructor(scope: Construct, id: string, props: EdgeApiProps) {
    super(scope, id);
    checkEdgeService(this, props.plan, props.service, props.mutualTls === true);
    checkNetworks(this, props.allowedNetworks);
    const { mutualTls = false, minimumTls = '1.2' } = props;
    const policy = securityPolicy(this, minimumTls, mutualTls);
    this.service = props.service;
    this.hasDomain = props.hasDomain ?? false;
    this.restApiName = Names.uniqueResourceName(this, {
      maxLength: 128,
      separator: '-',
      allowedSpecialCharacters: '-',
    });
    const api = new CfnRestApi(this, 'Resource', {
      name: this.restApiName,
      description: `Users' way to ${props.service} of ${props.plan.trustDomain}`,
      endpointConfiguration: { types: ['REGIONAL'] },
      disableExecuteApiEndpoint: this.hasDomain,
      // Bodies pass as they came: what API Gateway takes for text it would translate to UTF-8.
      binaryMediaTypes: ['*/*'],
      policy: resourcePolicy(props.allowedNetworks),
    });
    // Not yet in every release of aws-cdk-lib that this package runs with; CloudFormation takes it.
    api.addPropertyOverride('SecurityPolicy', policy);
    if (!mutualTls) api.addPropertyOverride('EndpointAccessMode', ENDPOINT_ACCESS);
    keepAsMade(
      this,
      asMade(api, {
        SecurityPolicy: policy,
        EndpointAccessMode: mutualTls ? undefined : ENDPOINT_ACCESS,
        EndpointConfiguration: api.endpointConfiguration,
        DisableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
        BinaryMediaTypes: api.binaryMediaTypes,
        Policy: api.policy,
      }),
    );
    this.restApiId = api.ref;
    this.rootResourceId = api.attrRootResourceId;
    this.restApi = this.in(this, 'Api');
    const { restApiId } = this;
    this.node.addValidation({
      validate: () =>
        openings(this, { construct: this, restApiId }).map(({ code, message }) => `${code}: ${message}`),
    });
  }

  /** The API as another stack sees it: methods made on it stand there. */
  in(scope: Construct, id: string): IRestApi {
    const { restApiId, rootResourceId, restApiName } = this;
    return RestApi.fromRestApiAttributes(scope, id, { restApiId, rootResourceId, restApiName });
  }
}
