import { codedErrors } from '../../coded-error.js';
import type { Plan } from '../../plan/plan.js';
import { emittedDecisionService, meshDecisionService } from '../decision/options.js';
import { checkedObjects } from '../names.js';
import { meshLabels } from '../namespace.js';
import type { KubernetesObject } from '../object.js';
import {
  allWorkloads,
  SERVICE_PORT,
  type Workloads,
  workloadsOf,
  type WorkloadsOptions,
} from '../workloads.js';
import { checkOptions, guard } from '../schemas/index.js';
import { type CertificateOptions, checkIssuer, istioCsrAddress } from '../certificates.js';
import { GATEWAY_KINDS } from '../foreign-kinds.js';
import { accountTokens } from './account-tokens.js';
import { ambientOptOut } from './ambient-opt-out.js';
import { certificateRequests } from './certificate-requests.js';
import { decisionDeployment } from '../decision/deployment.js';
import { egressDeployment } from '../egress/index.js';
import type { PodSpec, WrittenObject } from '../kinds/index.js';
import { decisionDocuments } from './decision-documents.js';
import type { Deployers } from './deployers.js';
import { enrolment } from './enrolment.js';
import { decisionPods } from './decision-service.js';
import { egressConfiguration } from './egress-configuration.js';
import { egressGateway } from './egress-gateway.js';
import { dryRun } from './dry-run.js';
import { foreignPolicy, guardedKinds, type OpenKind } from './foreign-policy.js';
import { type Guard, guardObjects, onlyOf } from './guard.js';
import { hostAccess } from './host-access.js';
import { guardFindings } from './findings.js';
import { imageDigest } from './image-digest.js';
import { ingressGuards } from './ingress.js';
import { meshOptOut } from './mesh-opt-out.js';
import { meshRoots } from './mesh-roots.js';
import { podBinding } from './pod-binding.js';
import { podStatus } from './pod-status.js';
import { serviceEndpoints } from './service-endpoints.js';
import { type OwnService, waypointBypass } from './waypoint-bypass.js';
import { waypointParameters } from './waypoint-parameters.js';
import { workloadIdentity } from './workload-identity.js';
import { type AllowedImages, workloadImages } from './workload-images.js';

export type { AllowedImages, Deployers, Guard, OpenKind };

export interface GuardOptions extends WorkloadsOptions {
  /** Who applies the platform's objects. Nobody else may change policies of its namespace. */
  readonly deployers: Deployers;
  /** The image that the mesh injects, with its digest: injected containers must have exactly this one. */
  readonly proxyImage: string;
  /** Others that they may have while the mesh goes over to that one, each with its digest. @default none */
  readonly formerProxyImages?: readonly string[];
  /**
   * Images that the pods of a service account may have, by the account: `name@sha256:…`, or what begins so, as
   * `registry.example/shop/*` or `registry.example/shop/web@*`. The accounts of a gateway in the plan's namespace and of
   * the decision service must be there: whoever runs as one of them speaks for every user. An empty list leaves the
   * injected containers alone. The images of a decision service that is emitted and of the egress gateway are allowed besides.
   * @default no other images of those two; of other accounts any image with a digest
   */
  readonly images?: AllowedImages;
  /** Who besides them writes what is revoked, of a decision service that is emitted: whoever is on duty. @default nobody */
  readonly revokers?: Deployers;
  /**
   * Kinds that others than the deployers write in the namespace, with the reason. They can then change the platform’s own
   * of that kind as well, and so where a call goes; not who may make it. @default none
   */
  readonly openKinds?: readonly OpenKind[];
  /** Of `MeshCertificates`: nobody else asks that issuer. @default no issuer is guarded */
  readonly certificates?: CertificateOptions;
  /** The revision of `NamespaceOptions`. @default the default revision */
  readonly revision?: string;
}

/** What the API server refuses in the platform's namespace, in the order of their names. */
export function guardsOf(plan: Plan, options: GuardOptions): readonly Guard[] {
  checkOptions(guard, options);
  if (options.certificates) checkIssuer('certificates.issuer', options.certificates);
  const workloads = workloadsOf(plan, options);
  const images = imagesOf(plan, options, workloads);
  const { mode, revision, certificates, deployers, openKinds, revokers, formerProxyImages = [] } = options;
  const { waypoint, decisionService, gateway, egress, made } = workloads;
  const found = guardFindings({ ...options, images }, workloads, [
    plan.namespace,
    ...(made ? [made.namespace] : []),
  ]);
  if (found.length > 0) throw codedErrors(found);
  const emitted = emittedDecisionService(plan, options.decisionService);
  const authority = istioCsrAddress(certificates);
  const allowed = waypoint ? { ...images, [waypoint.name]: [] } : images;
  return [
    accountTokens,
    ...(waypoint ? [ambientOptOut(authority, decisionService?.name)] : []),
    ...(certificates
      ? [certificateRequests(certificates, deployers, drivenAccount(plan, options, workloads))]
      : []),
    ...(emitted
      ? [
          decisionDocuments(emitted, deployers, revokers),
          decisionPods(podSpecOf(decisionDeployment(plan, emitted, WHATEVER)), emitted),
        ]
      : []),
    dryRun,
    ...(egress
      ? [
          egressConfiguration(deployers),
          egressGateway(podSpecOf(egressDeployment(plan, egress, options.egress!, WHATEVER))),
        ]
      : []),
    enrolment({ labels: meshLabels(mode, revision), deployers }),
    foreignPolicy(deployers, openKinds, made ? guardedKinds(GATEWAY_KINDS) : []),
    hostAccess,
    imageDigest([options.proxyImage, ...formerProxyImages]),
    // Of a mesh without sidecars the decision service alone has one.
    ...(waypoint ? [] : [meshOptOut(authority, gateway !== undefined, egress !== undefined)]),
    ...(waypoint && decisionService ? [onlyOf(decisionService.name, meshOptOut(authority))] : []),
    meshRoots(options.certificates),
    podBinding,
    podStatus,
    ...(waypoint ? [serviceEndpoints(workloads), waypointBypass(ownServices(options, workloads))] : []),
    ...(waypoint && options.waypoint ? [waypointParameters(deployers)] : []),
    workloadIdentity([...allWorkloads(workloads), ...(waypoint ? [waypoint] : [])]),
    ...(Object.keys(allowed).length > 0 ? [workloadImages(allowed)] : []),
  ];
}

/** In place of the name of a ConfigMap, which a guard knows by what it begins with. */
const WHATEVER = 'whatever';

function podSpecOf(objects: readonly WrittenObject[]): PodSpec {
  const [spec] = objects.flatMap((each) => (each.kind === 'Deployment' ? [each.spec.template.spec] : []));
  return spec!;
}

/** The Services that a waypoint judges by, and its own. */
function ownServices(options: GuardOptions, { services, waypoint }: Workloads): OwnService[] {
  return [
    ...Object.values(services).map((service) => ({
      ...service,
      servicePort: options.services?.[service.name]?.servicePort ?? SERVICE_PORT,
    })),
    ...(waypoint ? [{ ...waypoint, serviceName: waypoint.name }] : []),
  ];
}

/** The account of the egress gateway, unless it has its certificate in another way. */
function drivenAccount({ namespace }: Plan, options: GuardOptions, { egress }: Workloads) {
  return egress && !options.egress?.certificates ? { namespace, serviceAccount: egress.name } : undefined;
}

/** What was given, and the images of a decision service that is emitted and of the egress gateway. */
function imagesOf(
  plan: Plan,
  { images = {}, decisionService, egress }: GuardOptions,
  workloads: Workloads,
): AllowedImages {
  const emitted = emittedDecisionService(plan, decisionService);
  const own = {
    ...(emitted && { [meshDecisionService(emitted).serviceAccount]: emitted.image }),
    ...(workloads.egress && { [workloads.egress.name]: egress!.image }),
  };
  const besides = Object.entries(own).map(([account, image]) => {
    const given = Object.hasOwn(images, account) ? images[account]! : [];
    return [account, [...new Set([image, ...given])]] as const;
  });
  return { ...images, ...Object.fromEntries(besides) };
}

/** A policy and its binding for each guard. Throws the findings of `guardFindings` at once, `no-issuer`, and the errors of `workloadsOf`. */
export function guardPolicies(plan: Plan, options: GuardOptions): readonly KubernetesObject[] {
  const own = guardsOf(plan, options).flatMap((guard) => guardObjects(guard, plan.namespace));
  const { made } = workloadsOf(plan, options);
  const atIngress = made ? ingressGuards(made, options.deployers, options.certificates) : [];
  return checkedObjects([...own, ...atIngress.flatMap((guard) => guardObjects(guard, made!.namespace))]);
}
