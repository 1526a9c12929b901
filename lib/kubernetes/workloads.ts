import { codedError } from '../coded-error.js';
import { canonicalJson } from '../plan/json.js';
import { EGRESS, GATEWAY } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { type DecisionServiceOptions, meshDecisionService } from './decision/options.js';
import type { IngressOptions } from './ingress/options.js';
import { type IngressPlace, ingressPlace } from './ingress/place.js';
import { ISTIO } from './istio.js';
import { EGRESS_PORT, type EgressGatewayOptions, emittedEgress } from './egress/options.js';
import type {
  MeshAuthorizationOptions,
  MeshDecisionService,
  MeshIngressGateway,
  MeshMode,
  MeshService,
} from './mesh-options.js';
import { NAME_LABEL } from './name-label.js';
import { checkLabels, checkNameOf } from './names.js';
import type { Pods } from './network-policy.js';
import { checkMeshPlan } from './plan.js';
import { checkPort } from './port.js';
import { checkNamespace } from './reserved-namespace.js';
import { checkOptions, workloads as schema } from './schemas/index.js';
import type { WaypointOptions } from './waypoint-parameters.js';
import { checkWaypointName, WAYPOINT, WAYPOINT_LABELS } from './waypoint.js';

/** Labels that pods have. */
export type Labels = Readonly<Record<string, string>>;

/** Where an application listens in its pods if nothing else is said. */
export const DEFAULT_PORT = 8080;

/** The port of a Kubernetes Service if nothing else is said. */
export const SERVICE_PORT = 80;

/** The pods of a workload: they are the user's own, and run as the service account of the workload's name. */
export interface WorkloadOptions extends Partial<MeshService> {
  /** Labels that its pods have and no other pod of the namespace has. @default `app.kubernetes.io/name: <service>` */
  readonly selector?: Labels;
  /** The port that the application listens on in its pods. @default 8080 */
  readonly port?: number;
  /** The port of its Kubernetes Service, by which `ingress` finds its pods. @default 80 */
  readonly servicePort?: number;
}

/** The gateway's pods; in the plan's namespace, with the service account `gateway`. */
export interface GatewayOptions {
  /** Labels that its pods have and no other pod of the namespace has. @default `app.kubernetes.io/name: gateway` */
  readonly selector?: Labels;
  /** The ports on which it takes clients' connections. @default [8443] */
  readonly ports?: readonly number[];
  /** From where clients come, in CIDR notation: a load balancer's subnets, for one. @default everywhere */
  readonly clientNetworks?: readonly string[];
}

/** A gateway of yours in a namespace of its own, in place of the one in the plan's namespace. */
export interface IngressGatewayOptions extends MeshIngressGateway {
  /** Labels that its pods have and no other pod of its namespace has. */
  readonly selector: Labels;
}

/** What every part has to know of the pods, and no plan can. */
export interface WorkloadsOptions {
  /** Who judges requests. @default 'sidecar' */
  readonly mode?: MeshMode;
  /** How the waypoint runs, in ambient mode. @default as Istio makes it: one pod, whose node nobody drains without an interruption */
  readonly waypoint?: WaypointOptions;
  /** Pods of services, by the service's name. @default the defaults of `WorkloadOptions` */
  readonly services?: Readonly<Record<string, WorkloadOptions>>;
  /** @default the defaults of `GatewayOptions` */
  readonly gateway?: GatewayOptions;
  /**
   * The workload through which users come, if it is in another namespace: everything in the plan's own is closed to
   * users, a gateway too. @default the service account `gateway` in the plan's namespace
   */
  readonly ingressGateway?: IngressGatewayOptions;
  /** The gateway through which users come, made for Envoy Gateway. @default none is made */
  readonly ingress?: IngressOptions;
  /** Who decides what Istio cannot be told. @default nobody: a policy that needs one is refused */
  readonly decisionService?: DecisionServiceOptions;
  /** The one way out, of a model with `egress`: then it must be there. @default nothing may leave */
  readonly egress?: EgressGatewayOptions;
}

/** A workload of the platform, with everything that is known of its pods. */
export interface Workload {
  /** The service account, too. */
  readonly name: string;
  readonly selector: Labels;
  readonly ports: readonly number[];
}

export interface Workloads {
  /** In the order of the plan. */
  readonly services: Readonly<
    Record<string, Workload & { readonly serviceName: string; readonly servicePort: number }>
  >;
  /** In the plan's namespace. Absent if no service is public, or users come through `ingressGateway`. */
  readonly gateway?: Workload;
  /** The pods through which users come. Absent if no service is public. */
  readonly ingress?: Pods;
  /** The gateway that is made. Absent if none is, or no service is public. */
  readonly made?: IngressPlace;
  readonly decisionService?: Workload;
  /** Absent if nothing may leave. */
  readonly egress?: Workload;
  /** The waypoint's, whose account Istio makes. Absent where pods have sidecars. */
  readonly waypoint?: Workload;
}

/**
 * The pods of every workload of a plan. Throws `plan-version`, `wrong-engine`, `reserved-namespace`, `unknown-service`, `pod-selector` (empty, or another
 * workload's too), `no-egress-gateway`, `ambient-egress`, `no-waypoint`, `ingress-gateway`, `object-label`, `port` and
 * `reserved-port`.
 */
export function workloadsOf(plan: Plan, options: WorkloadsOptions = {}): Workloads {
  checkMeshPlan(plan);
  checkNamespace('authority.namespace', plan.namespace);
  checkNames(plan, options);
  const services = Object.fromEntries(
    Object.keys(plan.services).map((name) => {
      const given = options.services?.[name];
      const workload = workloadOf(name, `services.${name}`, given?.selector, [given?.port ?? DEFAULT_PORT]);
      const servicePort = given?.servicePort ?? SERVICE_PORT;
      checkPort(`services.${name}.servicePort`, servicePort);
      return [name, { ...workload, serviceName: given?.serviceName ?? name, servicePort }];
    }),
  );
  const { gateway: given = {}, ingressGateway, ingress } = options;
  const decisionService = options.decisionService && meshDecisionService(options.decisionService);
  checkIngress(plan, options);
  const isPublic = plan.gateway.services.length > 0;
  const made = isPublic && ingress ? ingressPlace(plan, ingress) : undefined;
  const gateway =
    isPublic && !ingressGateway && !made
      ? workloadOf(GATEWAY, 'gateway', given.selector, given.ports ?? [8443])
      : undefined;
  const found: Workloads = {
    services,
    ...(gateway && { gateway, ingress: { selector: gateway.selector } }),
    ...(isPublic &&
      ingressGateway && {
        ingress: { namespace: ingressGateway.namespace, selector: ingressGateway.selector },
      }),
    ...(made && { made, ingress: { namespace: made.podNamespace, selector: made.selector } }),
    ...(decisionService && {
      decisionService: workloadOf(
        decisionService.serviceAccount,
        'decisionService',
        decisionService.selector,
        [decisionService.port],
      ),
    }),
    ...(emittedEgress(plan, options.egress) && {
      egress: workloadOf(EGRESS, EGRESS, undefined, [EGRESS_PORT]),
    }),
  };
  checkApart(allWorkloads(found));
  checkServices(found, decisionService);
  if (options.mode !== 'ambient') {
    if (options.waypoint) {
      throw codedError('no-waypoint', 'waypoint', 'where pods have sidecars there is none', {
        found: "mode: 'sidecar'",
        expected: '`waypoint` in ambient mode alone',
        remedy: "leave it out, or have no sidecars: `mode: 'ambient'`",
      });
    }
    return found;
  }
  if (found.egress) {
    throw codedError(
      'ambient-egress',
      'mode',
      'without sidecars nobody carries a call to the egress gateway',
      {
        found: 'a model that lets calls out, in ambient mode',
        expected: 'no `egress` in the model',
        remedy: "have sidecars (`mode: 'sidecar'`), or leave the calls out on this engine",
      },
    );
  }
  checkWaypointName(Object.values(services), decisionService);
  return { ...found, waypoint: { name: WAYPOINT, selector: WAYPOINT_LABELS, ports: [ISTIO.hbonePort] } };
}

/** Services, gateway, decision service and egress gateway: those that are nobody's but the plan's. */
export function allWorkloads({ services, gateway, decisionService, egress }: Workloads): Workload[] {
  return [
    ...Object.values(services),
    ...(gateway ? [gateway] : []),
    ...(decisionService ? [decisionService] : []),
    ...(egress ? [egress] : []),
  ];
}

/** The same for `meshAuthorization`. */
export function meshOptions(plan: Plan, options: WorkloadsOptions): MeshAuthorizationOptions {
  checkOptions(schema, options);
  const { services, made } = workloadsOf(plan, options);
  return {
    ...(options.mode !== undefined && { mode: options.mode }),
    ...(options.waypoint && { waypoint: options.waypoint }),
    ...(made && { ingress: { namespace: made.namespace, serviceAccount: made.serviceAccount } }),
    services: Object.fromEntries(
      Object.values(services).map(({ name, selector, ports, serviceName }) => {
        const servicePort = options.services?.[name]?.servicePort;
        return [
          name,
          { selector, port: ports[0]!, serviceName, ...(servicePort !== undefined && { servicePort }) },
        ];
      }),
    ),
    ...(options.ingressGateway && { ingressGateway: options.ingressGateway }),
    ...(options.decisionService && { decisionService: meshDecisionService(options.decisionService) }),
  };
}

function workloadOf(
  name: string,
  path: string,
  given: Labels | undefined,
  ports: readonly number[],
): Workload {
  if (given) checkSelector(`${path}.selector`, given);
  for (const port of ports) {
    checkPort(path, port);
    if (!ISTIO.reservedPorts.some((own) => own === port)) continue;
    throw codedError('reserved-port', path, 'this port of a pod is Istio’s own', {
      found: String(port),
      expected: `none of ${ISTIO.reservedPorts.join(', ')}`,
      remedy: 'let the application listen on another port',
    });
  }
  return { name, selector: given ?? { [NAME_LABEL]: name }, ports };
}

function checkSelector(path: string, selector: Labels): void {
  if (Object.keys(selector).length === 0) {
    throw codedError('pod-selector', path, 'an empty selector is every pod of the namespace', {
      expected: 'labels that the pods of this workload alone have',
    });
  }
  checkLabels(selector, path);
}

function checkIngress(plan: Plan, options: WorkloadsOptions): void {
  const { namespace } = plan;
  const { mode, gateway, ingress, ingressGateway } = options;
  if (mode === 'ambient' && ingress) {
    throw codedError('ingress-gateway', 'ingress', 'no pod without a sidecar takes its mutual TLS', {
      found: 'ingress in ambient mode',
      expected: 'a gateway of the mesh itself',
      remedy: 'name it: `ingressGateway: { namespace, serviceAccount, selector }`',
    });
  }
  if (mode === 'ambient' && !ingressGateway && plan.gateway.services.length > 0) {
    throw codedError(
      'ingress-gateway',
      'ingressGateway',
      'ztunnel lets no client to a pod of the namespace',
      {
        found: 'the gateway in the plan’s own namespace',
        expected: 'a gateway in a namespace of its own',
        remedy: 'name it: `ingressGateway: { namespace, serviceAccount, selector }`',
      },
    );
  }
  const named = Object.entries({ gateway, ingress, ingressGateway }).flatMap(([name, one]) =>
    one ? name : [],
  );
  if (named.length > 1) {
    throw codedError('ingress-gateway', named[0]!, 'users come through one gateway', {
      found: named.join(' and '),
      expected: 'one of them',
    });
  }
  if (!ingressGateway) return;
  if (ingressGateway.namespace === namespace) {
    throw codedError('ingress-gateway', 'ingressGateway.namespace', 'it is the platform’s own namespace', {
      found: namespace,
      expected: 'a namespace of its own',
      remedy: 'run it elsewhere: there nothing but the mesh reaches a pod',
    });
  }
  if (Object.keys(ingressGateway.selector ?? {}).length === 0) {
    throw codedError('pod-selector', 'ingressGateway.selector', 'an empty selector is every pod there', {
      expected: 'labels that the pods of the gateway alone have',
    });
  }
  checkLabels(ingressGateway.selector, 'ingressGateway.selector');
}

function checkNames(plan: Plan, { services = {} }: WorkloadsOptions): void {
  for (const name of Object.keys(services)) {
    if (Object.hasOwn(plan.services, name)) continue;
    throw codedError('unknown-service', `services.${name}`, 'the model has no service of this name', {
      expected: Object.keys(plan.services).join(', '),
    });
  }
}

/** Two of one Kubernetes Service would be one host, of which Istio heeds one alone. */
function checkServices({ services, egress }: Workloads, decision?: Required<MeshDecisionService>): void {
  const owners = new Map<string, string>(egress ? [[egress.name, egress.name]] : []);
  if (decision) {
    checkPort('decisionService.servicePort', decision.servicePort);
    checkNameOf('Service', 'decisionService.serviceName', decision.serviceName);
    checkNameOf('ServiceAccount', 'decisionService.serviceAccount', decision.serviceAccount);
  }
  const named = [
    ...(decision ? [['decisionService', 'decisionService', decision.serviceName] as const] : []),
    ...Object.values(services).map(
      ({ name, serviceName }) => [name, `services.${name}`, serviceName] as const,
    ),
  ];
  for (const [owner, path, serviceName] of named) {
    if (owner !== serviceName) checkNameOf('Service', `${path}.serviceName`, serviceName);
    const other = owners.get(serviceName);
    owners.set(serviceName, owner);
    if (other === undefined) continue;
    throw codedError('object-collision', `${path}.serviceName`, `${other} has this Kubernetes Service`, {
      found: serviceName,
      expected: 'a Kubernetes Service of its own',
      remedy: 'make one for each: by its name a caller chooses whom it calls',
    });
  }
}

/**
 * Every pod of one workload must not be one of another, which would get what either may. That no single pod carries the
 * labels of two is the guard's part (`guards/workload-identity.ts`).
 */
function checkApart(workloads: readonly Workload[]): void {
  // Almost every workload has the one label, each with a value of its own: only the others are compared.
  const groups = Map.groupBy(workloads, ({ selector }) => selector[NAME_LABEL]);
  const unnamed = groups.get(undefined) ?? [];
  for (const [value, group] of groups) {
    const others = value === undefined ? [] : unnamed;
    for (const [index, one] of group.entries()) {
      for (const other of [...group.slice(0, index), ...others]) {
        if (isPartOf(one.selector, other.selector) || isPartOf(other.selector, one.selector)) {
          throw samePods(one, other);
        }
      }
    }
  }
}

function isPartOf(one: Labels, other: Labels): boolean {
  return Object.entries(one).every(([key, value]) => other[key] === value);
}

function samePods(one: Workload, other: Workload) {
  const path = `services.${one.name}.selector`;
  return codedError('pod-selector', path, `pods of ${one.name} and of ${other.name} are the same`, {
    found: canonicalJson([one.selector, other.selector]),
    expected: 'labels that the pods of this workload alone have',
    remedy: 'give each workload a label with a value of its own',
  });
}
