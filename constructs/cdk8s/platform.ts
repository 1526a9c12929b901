import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { InvalidModelError } from '../../lib/diagnostic.js';
import {
  type CertificateOptions,
  type GuardOptions,
  ingressPlace,
  type Labels,
  looseEnds,
  NAMES_NAMESPACE,
  type NetworkOptions,
  requireCertificates,
  type VisibilityOptions,
  type WorkloadsOptions,
} from '../../lib/kubernetes/index.js';
import type { ZeroTrustModel } from '../../lib/model/platform.js';
import type { Plan } from '../../lib/plan/plan.js';
import { tryResolve } from '../../lib/plan/resolve.js';
import { MeshCertificates } from './certificates.js';
import { DecisionService } from './decision-service.js';
import { MeshEgress } from './egress.js';
import { WorkloadGuard } from './guard.js';
import { MeshIngress } from './ingress.js';
import { MeshAuthorization } from './mesh.js';
import { MeshNamespace } from './namespace.js';
import { MeshNetworkPolicies } from './network.js';
import { MeshPrerequisites } from './prerequisites.js';
import { chartId, type PartName } from './support/chart-id.js';
import { at, warn } from './support/diagnostics.js';
import { PartErrors } from './support/part-errors.js';
import { checkScope } from './support/place.js';
import { checkPlatformProps } from './support/props.js';
import { MeshVisibility } from './visibility.js';

export interface ZeroTrustPlatformProps extends WorkloadsOptions {
  /** Who may call what: from `defineZeroTrust`. */
  readonly model: ZeroTrustModel;
  /** What the API server refuses, and who applies the manifests. */
  readonly guard: Omit<GuardOptions, keyof WorkloadsOptions | 'certificates' | 'revision'>;
  /** The revision or tag of istiod that injects the sidecars, or runs the waypoint. @default the default revision */
  readonly revision?: string;
  /** The domain of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** Labels of every object. @default none but `app.kubernetes.io/managed-by` */
  readonly labels?: Labels;
  /** Where names, configuration and certificates come from, and the way out. @default the defaults of `NetworkOptions` */
  readonly network?: Omit<NetworkOptions, keyof WorkloadsOptions | 'certificates'>;
  /** Who signs workloads, by cert-manager. @default the mesh has its certificates from istiod, or from wherever you say */
  readonly certificates?: Omit<CertificateOptions, 'revision'>;
  /** The alarms. @default the defaults of `VisibilityOptions` */
  readonly visibility?: Omit<
    VisibilityOptions,
    'mode' | 'certificates' | 'gatewayNamespace' | 'isGatewayMade'
  >;
}

/**
 * The zero trust stack of a model as manifests for a cluster with Istio, for workloads that stay your own. Each part is
 * in a chart of its own, and so in a file of its own, numbered in the order in which they are applied.
 *
 * Throws `InvalidModelError` for a model with an error, and a `ZeroTrustError` with the code and the construct's path
 * for props that do not fit it.
 */
export class ZeroTrustPlatform extends Construct {
  /** Everything that the model comes to. */
  readonly plan: Plan;
  readonly prerequisites: MeshPrerequisites;
  readonly namespace: MeshNamespace;
  /** Absent if istiod signs. */
  readonly certificates?: MeshCertificates;
  readonly network: MeshNetworkPolicies;
  /** The access policy itself. */
  readonly mesh: MeshAuthorization;
  readonly guard: WorkloadGuard;
  /** Absent if its pods are your own, or there is none. */
  readonly decisionService?: DecisionService;
  /** Absent if nothing may leave. */
  readonly egress?: MeshEgress;
  /** Absent if none is made. */
  readonly ingress?: MeshIngress;
  readonly visibility: MeshVisibility;
  /** In the order in which they are applied. */
  readonly charts: readonly Chart[];

  constructor(scope: Construct, id: string, props: ZeroTrustPlatformProps) {
    checkScope(scope, id);
    super(scope, id);
    at(this, () => checkPlatformProps(props));
    const { services, gateway, ingressGateway, ingress, decisionService, egress, revision } = props;
    const { labels = {}, certificates, waypoint } = props;
    const mode = props.mode === undefined ? {} : { mode: props.mode };
    // Without it the guard says what it wants; whoever writes JavaScript may have left it out.
    const { proxyImage, openKinds } = (props.guard as Partial<GuardOptions> | undefined) ?? {};
    const plan = at(this, () => planOf(props.model));
    const parts = new PartErrors(this);
    parts.of(() => at(this, () => requireCertificates(plan, egress, certificates)));
    this.plan = plan;
    const common = { plan, labels };
    const workloads = {
      ...mode,
      ...(waypoint && { waypoint }),
      ...(services && { services }),
      ...(gateway && { gateway }),
      ...(ingressGateway && { ingressGateway }),
      ...(ingress && { ingress }),
      ...(decisionService && { decisionService }),
      ...(egress && { egress }),
    };
    const injection = revision === undefined ? {} : { revision };
    const domain = props.clusterDomain === undefined ? {} : { clusterDomain: props.clusterDomain };
    const charts: Chart[] = [];
    /** A chart depends on no other: cdk8s would tie every object of it to every object of the other. */
    const chart = (name: PartName) => {
      const made = new Chart(this, chartId(name));
      charts.push(made);
      return made;
    };
    this.namespace = parts.of(
      () => new MeshNamespace(chart('namespace'), 'namespace', { ...common, ...workloads, ...injection }),
    );
    this.prerequisites = parts.of(
      () =>
        new MeshPrerequisites(chart('prerequisites'), 'prerequisites', {
          ...common,
          ...mode,
          ...injection,
          ...(ingress && { ingress }),
          ...(certificates && { certificates }),
          ...(proxyImage !== undefined && { proxyImage }),
          ...(egress && { egress }),
          ...domain,
          ...(decisionService && { decisionService }),
        }),
    );
    const gatewayNamespace = parts.of(() =>
      ingress
        ? ingressPlace(plan, ingress).namespace
        : (certificates?.gatewayNamespace ?? ingressGateway?.namespace),
    );
    const atGateway = gatewayNamespace === undefined ? {} : { gatewayNamespace };
    if (certificates) {
      const own = { ...common, ...certificates, ...atGateway, ...injection };
      this.certificates = parts.of(
        () => new MeshCertificates(chart('certificates'), 'certificates', own),
        'certificates',
      );
    }
    this.network = parts.of(
      () =>
        new MeshNetworkPolicies(chart('network'), 'network', {
          ...common,
          ...workloads,
          ...(certificates && { certificates }),
          ...props.network,
        }),
      'network',
    );
    const { dns, egressGateway, shared } = props.network ?? {};
    this.mesh = parts.of(
      () =>
        new MeshAuthorization(chart('mesh'), 'mesh', {
          ...common,
          ...workloads,
          ...domain,
          ...(openKinds && { openKinds }),
          ...((dns ?? egressGateway ?? shared) && {
            calledNamespaces: [
              dns?.namespace ?? NAMES_NAMESPACE,
              ...(egressGateway ? [egressGateway.namespace] : []),
              ...(shared ?? []).map(({ namespace }) => namespace),
            ],
          }),
          ...injection,
        }),
    );
    this.guard = parts.of(
      () =>
        new WorkloadGuard(chart('guard'), 'guard', {
          ...common,
          ...workloads,
          ...injection,
          ...(certificates && { certificates }),
          ...props.guard,
        }),
      'guard',
    );
    if (decisionService?.image !== undefined) {
      const own = { ...common, ...workloads, ...domain };
      this.decisionService = parts.of(() => new DecisionService(chart('decision'), 'decision', own));
    }
    if (plan.egress) {
      const own = { ...common, ...workloads, ...domain };
      this.egress = parts.of(() => new MeshEgress(chart('egress'), 'egress', own));
    }
    if (ingress) {
      const own = { ...common, ...workloads, ingress };
      this.ingress = parts.of(() => new MeshIngress(chart('ingress'), 'ingress', own));
    }
    this.visibility = parts.of(
      () =>
        new MeshVisibility(chart('visibility'), 'visibility', {
          ...common,
          ...mode,
          ...atGateway,
          ...(certificates && { certificates }),
          ...(ingress && { isGatewayMade: true }),
          ...props.visibility,
        }),
      'visibility',
    );
    // Before: a gateway that nobody named is why the guard asks for its images.
    parts.of(() => warn(looseEnds(plan, props)));
    parts.stop();
    this.charts = charts;
  }
}

function planOf(model: ZeroTrustModel): Plan {
  const { plan, diagnostics } = tryResolve(model, { engine: 'kubernetes' });
  if (!plan) throw new InvalidModelError(diagnostics);
  warn(plan.diagnostics);
  return plan;
}
