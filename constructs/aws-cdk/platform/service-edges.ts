import { CfnClientCertificate, type IVpcLink } from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { TokenAuthorizer } from '../authorizer/index.js';
import { ApiGatewayLogging, EdgeApi, ServiceEdge } from '../edge/index.js';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import { ConstructError } from '../support/error.js';
import { acknowledge, acknowledgeApiGatewayLogging } from './acknowledgements.js';
import type { ZeroTrustPlatformProps } from './props.js';
import { authorizerOf, type PlatformStacks } from './stacks.js';

export interface ServiceEdgesProps extends ZeroTrustPlatformProps {
  readonly plan: Plan;
  readonly stacks: PlatformStacks;
  readonly link: IVpcLink;
  readonly encryptionKey: IKey;
  readonly edgeFirewall: IWebFirewall;
}

/** The ways of users to every public service that has neither an API already nor a rule that forbids one. */
export class ServiceEdges extends Construct {
  /** By service. */
  readonly edges: Readonly<Record<string, ServiceEdge>>;
  /** The certificate by which the gateway knows API Gateway. */
  readonly clientCertificateId: string;
  /** Each judges the services of one group. */
  readonly authorizers: readonly TokenAuthorizer[];

  constructor(scope: Construct, id: string, props: ServiceEdgesProps) {
    super(scope, id);
    const services = ownServices(this, props);
    const home = props.stacks.stateful('edge');
    this.clientCertificateId = new CfnClientCertificate(home, 'ClientCertificate', {
      description: `API Gateway to the gateway of ${props.plan.trustDomain}`,
    }).ref;
    const authorizers = this.authorizersOf(services, props);
    if (services.length > 0 && props.edge?.loggingRole !== 'existing') {
      acknowledgeApiGatewayLogging(ApiGatewayLogging.of(this));
    }
    this.authorizers = [...authorizers.values()];
    this.edges = Object.fromEntries(
      services.map((service) => [
        service,
        this.edge(service, props, authorizers.get(authorizerOf(service))!),
      ]),
    );
  }

  private authorizersOf(
    services: readonly string[],
    { plan, stacks, encryptionKey, retention, authorizer }: ServiceEdgesProps,
  ): Map<string, TokenAuthorizer> {
    const groups = new Map<string, string[]>();
    for (const service of services) {
      const group = authorizerOf(service);
      groups.set(group, [...(groups.get(group) ?? []), service]);
    }
    return new Map(
      [...groups].map(([group, members]) => {
        const place = stacks.part(group);
        acknowledge(place, 'authorizer');
        const made = new TokenAuthorizer(place, 'Authorizer', {
          encryptionKey,
          ...(retention !== undefined && { retention }),
          // One permission for all, so that the next service changes no policy.
          invokedBy: 'account',
          ...authorizer,
          plan,
          services: members,
        });
        return [group, made];
      }),
    );
  }

  private edge(service: string, props: ServiceEdgesProps, authorizer: TokenAuthorizer): ServiceEdge {
    const { plan, stacks, link, encryptionKey, retention, edge, domains = {} } = props;
    const domain = domains[service];
    const home = stacks.stateful(`services/${service}/api`);
    const place = stacks.service(service, 'edge');
    acknowledge(home, 'edge');
    acknowledge(place, 'edge');
    return new ServiceEdge(place, 'Edge', {
      ...edge,
      plan,
      service,
      authorizer,
      link,
      encryptionKey,
      ...(retention !== undefined && { retention }),
      ...(domain && { domain }),
      clientCertificateId: this.clientCertificateId,
      // As this stack sees it: what stands before the stage must not fill the firewall's own stack.
      firewall: WebFirewall.fromWebAclArn(place, 'Firewall', props.edgeFirewall.webAclArn),
      api: new EdgeApi(home, 'Api', {
        plan,
        service,
        hasDomain: domain !== undefined,
        mutualTls: domain?.mutualTls !== undefined,
        ...(edge?.minimumTls && { minimumTls: edge.minimumTls }),
        ...(edge?.allowedNetworks && { allowedNetworks: edge.allowedNetworks }),
      }),
    });
  }
}

/** Public services without an API; throws for a name that is none of them. */
function ownServices(scope: Construct, props: ServiceEdgesProps): readonly string[] {
  const { plan, apis = [], atGateway = [], domains = {} } = props;
  const publicServices = plan.gateway.services;
  const named: readonly (readonly [prop: string, services: readonly string[]])[] = [
    ['atGateway', atGateway],
    ['domains', Object.keys(domains)],
  ];
  for (const [prop, services] of named) {
    const unknown = services.find((service) => !publicServices.includes(service));
    if (unknown === undefined) continue;
    throw new ConstructError(scope, {
      code: 'unknown-service',
      message: 'the plan has no public service of this name',
      prop,
      found: JSON.stringify(unknown),
      expected: publicServices.join(', ') || 'a service with a host',
      remedy: 'Use the name that the model has, and give the service a `host`.',
    });
  }
  const adopted = new Set(apis.map(({ service }) => service));
  return publicServices.filter((service) => !adopted.has(service) && !atGateway.includes(service));
}
