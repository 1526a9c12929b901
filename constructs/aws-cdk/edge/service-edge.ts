import { Duration, Resource } from 'aws-cdk-lib';
import {
  CfnClientCertificate,
  type CfnGatewayResponse,
  type CfnMethod,
  ConnectionType,
  Deployment,
  type IAuthorizer,
  Integration,
  IntegrationType,
  type IRestApi,
  type Stage,
} from 'aws-cdk-lib/aws-apigateway';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { acceptWeakening } from '../support/weakening.js';
import { ServiceDomain } from './domain.js';
import { EdgeApi } from './edge-api.js';
import { edgeProblems, madeEdge } from './edge-problems.js';
import { EdgeResponses } from './gateway-responses.js';
import type { ServiceEdgeProps } from './props.js';
import { authorizerFailures, edgeStage } from './stage.js';

/** "Quotas for configuring and running a REST API": what an integration may take without a raised quota. */
const LONGEST_INTEGRATION = 29;

/**
 * The way of users to one service: a REST API whose every method asks the authorizer and hands on exactly the
 * client's path, through a VPC link, to the gateway under the service's own name.
 *
 * Throws `ConstructError` for what cannot pass (gRPC, WebSocket), for a missing firewall, and for values that
 * API Gateway does not take. Synthesis stops for a method of the API that is not the edge's own, asks another authorizer or
 * leads elsewhere, and for a stage, a deployment or a domain beside the edge's own, overrides included.
 */
export class ServiceEdge extends Resource {
  readonly api: EdgeApi;
  readonly stage: Stage;
  readonly domain?: ServiceDomain;
  /** The certificate by which the gateway knows API Gateway; its hash is pinned there. */
  readonly clientCertificateId: string;
  /** Where users reach the service. */
  readonly url: string;
  private readonly failures: ReturnType<typeof authorizerFailures>;

  constructor(scope: Construct, id: string, props: ServiceEdgeProps) {
    super(scope, id);
    const { plan, service, stageName = 'live' } = props;
    checkLiteral(this, 'stageName', stageName);
    this.api = this.edgeApi(props);
    const api = this.api.in(this, 'RestApi');
    this.clientCertificateId = props.clientCertificateId ?? this.ownCertificate(service);
    const authorizer = props.authorizer.authorizerFor(this.api.restApi, service, this);
    const methods = this.methods(api, authorizer, props);
    const origins = plan.policy.services[service]!.cors?.origins ?? [];
    const responses = new EdgeResponses(this, 'Responses', {
      api,
      ...(origins.length === 1 && { allowedOrigin: origins[0]! }),
      ...(plan.policy.dpop && { takesProofs: true }),
    });
    const deployment = this.deployment(api, methods, responses.responses, props);
    this.stage = edgeStage(this, { ...props, api, deployment, stageName }, this.clientCertificateId);
    this.failures = authorizerFailures(plan.trustDomain, service);
    this.protect(props);
    const host = plan.services[service]!.authority;
    if (props.domain) {
      const { restApiId } = api;
      const minimumTls = props.minimumTls ?? '1.2';
      this.domain = new ServiceDomain(this, 'Domain', {
        ...props.domain,
        host,
        restApiId,
        stageName,
        minimumTls,
      });
      this.domain.mapping.node.addDependency(this.stage);
    }
    const edge = madeEdge({
      api: this.api,
      authorizer,
      methods,
      stage: this.stage,
      mapping: this.domain?.mapping,
    });
    this.node.addValidation({
      validate: () => edgeProblems(this, edge).map(({ code, message }) => `${code}: ${message}`),
    });
    this.url = props.domain ? `https://${host}` : this.stage.urlForPath().replace(/\/$/, '');
  }

  /** Requests, refused ones too. */
  metricCount(options?: MetricOptions): Metric {
    return this.metric('Count', 'SampleCount', options);
  }

  /** Answers with a status of 400 to 499. */
  metricClientError(options?: MetricOptions): Metric {
    return this.metric('4XXError', 'Sum', options);
  }

  /** Answers with a status of 500 and above. */
  metricServerError(options?: MetricOptions): Metric {
    return this.metric('5XXError', 'Sum', options);
  }

  /** Requests that the authorizer gave no answer to: it failed, timed out, or could not be invoked. */
  metricAuthorizerFailures(options?: MetricOptions): Metric {
    const { metricNamespace, metricName } = this.failures;
    return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', ...options });
  }

  metricLatency(options?: MetricOptions): Metric {
    return this.metric('Latency', 'p99', options);
  }

  private metric(metricName: string, statistic: string, options?: MetricOptions): Metric {
    return this.stage.metric(metricName, { statistic, ...options });
  }

  private edgeApi(props: ServiceEdgeProps): EdgeApi {
    const { api, plan, service, domain, minimumTls, allowedNetworks } = props;
    if (!api) {
      return new EdgeApi(this, 'Api', {
        plan,
        service,
        hasDomain: domain !== undefined,
        mutualTls: domain?.mutualTls !== undefined,
        ...(minimumTls && { minimumTls }),
        ...(allowedNetworks && { allowedNetworks }),
      });
    }
    if (api.service === service && api.hasDomain === (domain !== undefined)) return api;
    throw new ConstructError(this, {
      code: 'api-of-another-edge',
      message: 'the API was made for something else',
      prop: 'api',
      found: `an API for ${api.service}, ${api.hasDomain ? 'with' : 'without'} a domain`,
      expected: `an API for ${service}, ${domain ? 'with' : 'without'} a domain`,
      remedy: 'Make an EdgeApi for each service, with hasDomain as the edge has it.',
    });
  }

  private ownCertificate(service: string): string {
    const description = `API Gateway to the gateway, for ${service}`;
    return new CfnClientCertificate(this, 'ClientCertificate', { description }).ref;
  }

  /**
   * Any method on the root and on every path below. The service's name is the host of the integration, so it
   * is what the gateway sees as the authority, whatever the client wrote.
   */
  private methods(api: IRestApi, authorizer: IAuthorizer, props: ServiceEdgeProps): CfnMethod[] {
    const { plan, service, port = 443, unverifiedGateway } = props;
    checkRange(this, port, { prop: 'port', min: 1, max: 65_535, unit: '', remedy: 'Leave it out for 443.' });
    const host = plan.services[service]!.authority;
    const base = port === 443 ? `https://${host}` : `https://${host}:${port}`;
    const timeout = Duration.seconds(Math.min(LONGEST_INTEGRATION, plan.firewall.requestTimeoutSeconds));
    const integration = (uri: string, requestParameters: Record<string, string>) =>
      new Integration({
        type: IntegrationType.HTTP_PROXY,
        integrationHttpMethod: 'ANY',
        uri,
        options: { connectionType: ConnectionType.VPC_LINK, vpcLink: props.link, requestParameters, timeout },
      });
    const root = api.root.addMethod('ANY', integration(`${base}/`, {}), { authorizer });
    const below = api.root
      .addResource('{path+}')
      .addMethod(
        'ANY',
        integration(`${base}/{path}`, { 'integration.request.path.path': 'method.request.path.path' }),
        { authorizer, requestParameters: { 'method.request.path.path': true } },
      );
    const methods = [root, below].map(({ node }) => node.defaultChild as CfnMethod);
    if (unverifiedGateway) {
      acceptWeakening(this, 'unverifiedGateway', unverifiedGateway);
      for (const method of methods) {
        method.addPropertyOverride('Integration.TlsConfig.InsecureSkipVerification', true);
      }
    }
    return methods;
  }

  /** What is served is what the deployment saw: its ID follows everything that it must see. */
  private deployment(
    api: IRestApi,
    methods: readonly CfnMethod[],
    responses: readonly CfnGatewayResponse[],
    { allowedNetworks = [], minimumTls = '1.2', unverifiedGateway }: ServiceEdgeProps,
  ): Deployment {
    const deployment = new Deployment(this, 'Deployment', { api });
    deployment.node.addDependency(...methods, ...responses);
    deployment.addToLogicalId({
      methods: methods.map(({ authorizerId, integration }) => ({ authorizerId, integration })),
      responses: responses.map(({ responseType, statusCode, responseParameters, responseTemplates }) => ({
        responseType,
        statusCode,
        responseParameters,
        responseTemplates,
      })),
      api: { allowedNetworks, minimumTls, isVerified: unverifiedGateway === undefined },
    });
    return deployment;
  }

  private protect({ firewall, withoutFirewall }: ServiceEdgeProps): void {
    if (firewall) return firewall.protect('Firewall', this.stage, this);
    if (withoutFirewall) return acceptWeakening(this, 'withoutFirewall', withoutFirewall);
    throw new ConstructError(this, {
      code: 'edge-without-firewall',
      message: 'users would reach the service without a firewall in between',
      prop: 'firewall',
      expected: 'a WebFirewall',
      remedy: 'Pass a WebFirewall, or say in `withoutFirewall` why there is none and until when.',
    });
  }
}
