import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { TokenAuthorizer } from '../authorizer/index.js';
import { ApiGatewayLogging, EdgeApi, ServiceEdge } from '../edge/index.js';
import type { GatewayService } from '../gateway/index.js';
import { loadBalancedServices } from '../load-balancer/led-in.js';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import type { Directories } from '../identity/index.js';
import type { IRevocationList } from '../revocations/index.js';
import { ConstructError } from '../support/error.js';
import { SecurityAlarms } from '../visibility/index.js';
import { acknowledge, acknowledgeApiGatewayLogging } from './acknowledgements.js';
import type { ZeroTrustPlatformProps } from './props.js';
import { authorizerOf, type PlatformStacks } from './stacks.js';

export interface ServiceEdgesProps extends Omit<ZeroTrustPlatformProps, 'gateway'> {
  readonly plan: Plan;
  readonly stacks: PlatformStacks;
  readonly gateway: GatewayService;
  readonly topic: ITopic;
  readonly encryptionKey: IKey;
  readonly edgeFirewall: IWebFirewall;
  readonly revocations: IRevocationList;
  readonly userDirectories: Directories;
}

/** The ways of users to every public service that has neither an API already nor a rule that forbids one. */
export class ServiceEdges extends Construct {
  /** By service. */
  readonly edges: Readonly<Record<string, ServiceEdge>>;
  /** Each judges the services of one group. */
  readonly authorizers: readonly TokenAuthorizer[];

  constructor(scope: Construct, id: string, props: ServiceEdgesProps) {
    super(scope, id);
    const services = ownServices(this, props);
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
    { plan, stacks, encryptionKey, retention, authorizer, topic, ...props }: ServiceEdgesProps,
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
          revocations: props.revocations,
          directories: props.userDirectories,
          services: members,
        });
        new SecurityAlarms(place, 'Alarms', { topic, authorizer: made });
        return [group, made];
      }),
    );
  }

  private edge(service: string, props: ServiceEdgesProps, authorizer: TokenAuthorizer): ServiceEdge {
    const { plan, stacks, gateway, topic, encryptionKey, retention, edge, domains = {} } = props;
    const domain = domains[service];
    // What the gateway shows cannot be verified: an integration that tried would fail for every request.
    const unverifiedGateway = edge?.unverifiedGateway ?? gateway.unverifiedCertificate;
    const home = stacks.stateful(`services/${service}/api`);
    const place = stacks.service(service, 'edge');
    acknowledge(home, 'edge');
    acknowledge(place, 'edge');
    const made = new ServiceEdge(place, 'Edge', {
      ...edge,
      ...(unverifiedGateway && { unverifiedGateway }),
      plan,
      service,
      authorizer,
      link: gateway.link,
      encryptionKey,
      ...(retention !== undefined && { retention }),
      ...(domain && { domain }),
      clientCertificateId: gateway.clientCertificates.currentId,
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
    new SecurityAlarms(place, 'Alarms', { topic, edges: { [service]: made } });
    return made;
  }
}

/** Public services without an API; throws for a name that is none of them. */
export function ownServices(
  scope: Construct,
  props: Pick<ZeroTrustPlatformProps, 'apis' | 'notExposed' | 'domains'> & { readonly plan: Plan },
): readonly string[] {
  const { plan, apis = [], notExposed = [], domains = {} } = props;
  const led = loadBalancedServices(plan);
  // What the load balancer leads to has no REST API.
  const publicServices = plan.gateway.services.filter((service) => !led.includes(service));
  const named: readonly (readonly [prop: string, services: readonly string[]])[] = [
    ['notExposed', notExposed],
    ['domains', Object.keys(domains)],
  ];
  for (const [prop, services] of named) {
    const unknown = services.find((service) => !publicServices.includes(service));
    if (unknown === undefined) continue;
    const isLed = led.includes(unknown);
    throw new ConstructError(scope, {
      code: 'unknown-service',
      message: isLed
        ? 'a load balancer leads clients to this service, so it has no REST API'
        : 'the plan has no public service of this name',
      prop,
      found: JSON.stringify(unknown),
      expected: publicServices.join(', ') || 'a service with a host',
      remedy: isLed
        ? 'Say in `login` or `loadBalancer` by which certificate they come, or take `login` or `edge` out of the model.'
        : 'Use the name that the model has, and give the service a `host`.',
    });
  }
  const adopted = new Set(apis.map(({ service }) => service));
  return publicServices.filter((service) => !adopted.has(service) && !notExposed.includes(service));
}
