import { Annotations, Stack } from 'aws-cdk-lib';
import { type IVpcLink, VpcLink } from 'aws-cdk-lib/aws-apigateway';
import { InterfaceVpcEndpointAwsService, type SubnetSelection, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { EDGE_CERTIFICATE } from '../../../gateway/agent/logged.js';
import { checkLoadBalancer } from '../load-balancer/checks.js';
import { ledIn, loadBalancedServices } from '../load-balancer/led-in.js';
import { LoadBalancerEdge } from '../load-balancer/load-balancer-edge.js';
import { loadBalancerProtection } from '../load-balancer/protection.js';
import { checkLogins, checkSealRotation, loginServices } from '../login/checks.js';
import { loginVariables } from '../login/login-variables.js';
import { sessionProtection } from '../login/protection.js';
import { SessionSecrets } from '../login/session-secrets.js';
import { runtimePlatform } from '../mesh/agent-image.js';
import type { Mesh } from '../mesh/index.js';
import type { PointOptions } from '../mesh/point.js';
import { pointPorts, PORTS } from '../mesh/ports.js';
import { gatewayRefs } from '../mesh/refs.js';
import { checkScaling, isOpen, scaledService } from '../mesh/scaled-service.js';
import { ConstructError } from '../support/error.js';
import { checkFargateSize } from '../support/fargate-size.js';
import { checkSecretName } from '../support/secret-name.js';
import { acceptWeakening, type Weakening } from '../support/weakening.js';
import { ClientCertificates } from './client-certificates.js';
import { DaysLeft } from './days-left.js';
import { GatewayServiceBase, type GatewayServiceAttributes, type IGatewayService } from './gateway-base.js';
import { GatewayLoadBalancer } from './load-balancer.js';
import type { GatewayServiceProps } from './props.js';
import { gatewayProtection } from './protection.js';
import { letRead } from './secret-reader.js';

/** A task's size, if nobody says another. */
const CPU = 512;
const MEMORY_MIB = 2048;

/** Days between two rotations of what seals sessions, if nobody says others. */
const SEAL_DAYS = 30;

/** Days before the end of the server's certificate at which the alarm comes. */
const CERTIFICATE_DAYS = 21;

/** How APIs lead to the gateway. */
interface WayOfApis {
  readonly loadBalancer: GatewayLoadBalancer;
  readonly link: IVpcLink;
}

/**
 * The gateway between API Gateway and the services: Envoy on Fargate behind an internal load balancer that
 * passes TLS through. It takes API Gateway's pinned certificate and nobody else's, serves public services
 * only, and verifies the token and the rules again.
 *
 * Throws `ConstructError`.
 */
export class GatewayService extends GatewayServiceBase {
  /**
   * A gateway of another stack or app, for a `ServiceEdge` there. It takes the certificate that is shown now: who
   * exchanges certificates (`clientCertificateStep`) deploys that app too, after each step.
   */
  static fromAttributes(scope: Construct, id: string, attributes: GatewayServiceAttributes): IGatewayService {
    class Import extends GatewayServiceBase {
      readonly link = VpcLink.fromVpcLinkId(this, 'Link', attributes.vpcLinkId);
      readonly clientCertificateId = attributes.clientCertificateId;
      readonly unverifiedCertificate = attributes.unverifiedCertificate;
      protected readonly platform = attributes.platform;
    }
    return new Import(scope, id);
  }

  readonly taskDefinition: FargateTaskDefinition;
  readonly service: FargateService;
  /** Whether APIs lead to it: not where the load balancer leads clients to every service. */
  readonly takesApis: boolean;
  readonly clientCertificates: ClientCertificates;
  readonly clientCertificateId: string;
  readonly unverifiedCertificate: Weakening | undefined;
  /** How clients come past API Gateway; absent where no service has `login` or `edge: 'loadBalancer'`. */
  readonly loadBalancerEdge?: LoadBalancerEdge;
  /** What seals sessions of browsers; absent where no service has `login`. */
  readonly sessionSecrets?: SessionSecrets;
  protected readonly platform: string;
  private readonly way?: WayOfApis;

  constructor(scope: Construct, id: string, props: GatewayServiceProps) {
    super(scope, id);
    const { mesh, alarmActions = [] } = props;
    const { plan } = mesh;
    const subnets = props.subnets ?? privateSubnets(mesh.vpc);
    this.check(props, subnets);
    this.platform = plan.trustDomain;
    this.unverifiedCertificate = props.unverifiedCertificate;
    this.clientCertificates = new ClientCertificates(this, 'ClientCertificates', {
      trustDomain: plan.trustDomain,
      step: props.clientCertificateStep ?? 1,
      logs: mesh.logs,
      alarmActions,
    });
    this.clientCertificateId = this.clientCertificates.currentId;
    const { cpu = CPU, memoryMiB = MEMORY_MIB } = props;
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu,
      memoryLimitMiB: memoryMiB,
      runtimePlatform: runtimePlatform(mesh.platform),
    });
    if (props.login) {
      this.sessionSecrets = new SessionSecrets(this, 'Sessions', {
        trustDomain: plan.trustDomain,
        services: loginServices(plan),
        days: props.login.sealRotation?.toDays() ?? SEAL_DAYS,
        logs: mesh.logs,
      });
    }
    const led = ledIn(this, props);
    const ports = [...pointPorts(PORTS.edge), ...(led ? [PORTS.browsers] : [])];
    const point: PointOptions = {
      name: plan.gateway.key,
      containerName: 'gateway',
      port: PORTS.edge,
      refs: {
        ...gatewayRefs(plan, mesh.namespace.namespaceName, this.clientCertificates.hashes),
        ...mesh.directoryRefs(plan.gateway.services),
      },
      memoryMiB: Math.floor(memoryMiB / 2),
      environment: { ZTP_EDGE_CERTIFICATE: this.serverCertificate(props), ...this.loginEnvironment(props) },
    };
    const container = mesh.addPoint(this.taskDefinition, point, ports);
    if (led) container.addPortMappings({ containerPort: PORTS.browsers });
    const { securityGroup, logGroup } = mesh.network(plan.gateway.key);
    const { taskDefinition } = this;
    this.service = scaledService(this, 'Service', {
      cluster: mesh.cluster,
      taskDefinition,
      subnets,
      securityGroup,
      scaling: props,
    });
    this.takesApis = loadBalancedServices(plan).length < plan.gateway.services.length;
    if (this.takesApis) {
      const loadBalancer = new GatewayLoadBalancer(this, 'Internal', {
        mesh,
        service: this.service,
        subnets,
      });
      const link = new VpcLink(this, 'Link', { targets: [loadBalancer.loadBalancer] });
      this.way = { loadBalancer, link };
    }
    if (led) {
      const { service } = this;
      this.loadBalancerEdge = new LoadBalancerEdge(this, 'Browsers', { ...led, mesh, service });
    }
    if (props.certificate) {
      new DaysLeft(this, 'CertificateDaysLeft', {
        logGroup,
        logged: EDGE_CERTIFICATE,
        trustDomain: plan.trustDomain,
        metricName: 'GatewayCertificateDaysLeft',
        days: CERTIFICATE_DAYS,
        description: `The gateway's certificate ends in less than ${CERTIFICATE_DAYS} days: write another into its secret`,
        actions: alarmActions,
      });
    }
  }

  /** By which API Gateway reaches it. Throws where no API leads here (`takesApis`). */
  get loadBalancer(): GatewayLoadBalancer {
    return this.wayOfApis().loadBalancer;
  }

  /** What integrations of REST APIs lead to. Throws where no API leads here (`takesApis`). */
  get link(): IVpcLink {
    return this.wayOfApis().link;
  }

  /**
   * Statements for a service control policy or a permissions boundary. Whoever may make a REST API in this account can
   * let it show the client certificate and lead it here without an authorizer: these deny it to all but the deployers.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { ids: clientCertificateIds, reader } = this.clientCertificates;
    const target = { stack: Stack.of(this), clientCertificateIds, vpcLinkIds: this.linkIds(), reader };
    return [
      ...gatewayProtection(target, deployers),
      ...(this.loadBalancerEdge ? loadBalancerProtection(this.loadBalancerEdge, deployers) : []),
      ...(this.sessionSecrets ? sessionProtection(this.sessionSecrets, deployers) : []),
    ];
  }

  protected override shownCertificates(): readonly string[] {
    return this.clientCertificates.ids;
  }

  protected override linkIds(): readonly string[] {
    return this.way ? [this.way.link.vpcLinkId] : [];
  }

  private wayOfApis(): WayOfApis {
    if (this.way) return this.way;
    throw new ConstructError(this, {
      code: 'no-api-edge',
      message:
        'the load balancer leads clients to every service of this gateway, so no API leads to it and it has no link for one',
      expected: 'a public service without `login` and `edge`',
      remedy: 'Use loadBalancerEdge, by which programs with a token come too.',
    });
  }

  private serverCertificate({ mesh, certificate, unverifiedCertificate }: GatewayServiceProps): string {
    if (!certificate) {
      acceptWeakening(this, 'unverifiedCertificate', unverifiedCertificate!);
      return 'self-made';
    }
    checkSecretName(this, 'certificate', certificate);
    letRead(this.taskDefinition.taskRole, certificate);
    this.needSecrets(mesh, 'its certificate');
    return certificate.secretArn;
  }

  /** Where the secrets of logins are; what they are, only the tasks read. */
  private loginEnvironment({ mesh, login }: GatewayServiceProps): Readonly<Record<string, string>> {
    if (!login || !this.sessionSecrets) return {};
    const { secrets } = this.sessionSecrets;
    const { taskRole } = this.taskDefinition;
    for (const [service, { clientSecret }] of Object.entries(login.services)) {
      checkSecretName(this, `login.services.${service}.clientSecret`, clientSecret);
      letRead(taskRole, clientSecret);
    }
    for (const secret of Object.values(secrets)) secret.grantRead(taskRole);
    this.needSecrets(mesh, 'the secrets of its logins');
    return { ZTP_LOGINS: loginVariables(this, mesh.plan, login, secrets) };
  }

  private needSecrets(mesh: Mesh, what: string): void {
    if (mesh.endpoints) {
      mesh.endpoints.add('SecretsManager', InterfaceVpcEndpointAwsService.SECRETS_MANAGER);
    } else {
      Annotations.of(this).addInfoV2(
        `zero-trust-platform:endpoint-needed:${this.node.path}`,
        `The gateway reads ${what} from Secrets Manager: behind endpointSecurityGroup there must be an endpoint for secretsmanager, or no gateway starts.`,
      );
    }
  }

  private check(props: GatewayServiceProps, subnets: SubnetSelection): void {
    const { mesh, certificate, unverifiedCertificate } = props;
    if (mesh.plan.gateway.services.length === 0) {
      throw new ConstructError(this, {
        code: 'no-public-service',
        message: 'users reach no service of this plan, so there is nothing for a gateway to do',
        prop: 'mesh',
        remedy: 'Give a service a host, or leave the gateway out.',
      });
    }
    if ((certificate === undefined) === (unverifiedCertificate === undefined)) {
      throw new ConstructError(this, {
        code: 'no-server-certificate',
        message: 'API Gateway verifies certificates of public authorities only, and the gateway needs one',
        prop: 'certificate',
        found: certificate ? 'certificate and unverifiedCertificate' : 'neither',
        expected: 'one of certificate and unverifiedCertificate',
        remedy:
          'Give a secret with a public certificate, or say in unverifiedCertificate why there is none and until when.',
      });
    }
    checkLogins(this, mesh.plan, props.login);
    if (props.login) checkSealRotation(this, props.login);
    checkLoadBalancer(this, mesh.plan, props.loadBalancer);
    if (isOpen(mesh.vpc, subnets)) {
      throw new ConstructError(this, {
        code: 'public-subnets',
        message: 'the gateway would stand in a network that the internet has a way into',
        prop: 'subnets',
        found: 'a public subnet',
        expected: 'private subnets in two zones or more',
        remedy: 'Leave it out for the private subnets of the VPC.',
      });
    }
    const zones = new Set(mesh.vpc.selectSubnets(subnets).availabilityZones);
    if (zones.size < 2) {
      throw new ConstructError(this, {
        code: 'one-zone',
        message: 'a gateway in one zone ends with that zone',
        prop: 'subnets',
        found: [...zones].join(', ') || 'no subnet',
        expected: 'private subnets in two zones or more',
        remedy: 'Name subnets of another zone too, or give the VPC more zones.',
      });
    }
    checkScaling(this, props);
    const { cpu = CPU, memoryMiB = MEMORY_MIB } = props;
    checkFargateSize(this, { cpu: ['cpu', cpu], memoryMiB: ['memoryMiB', memoryMiB] });
  }
}

function privateSubnets(vpc: GatewayServiceProps['mesh']['vpc']): SubnetSelection {
  return {
    subnetType: vpc.privateSubnets.length > 0 ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED,
  };
}
