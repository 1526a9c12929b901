import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import { meshAuthorization, meshPolicy, meshSettings } from '../../../lib/kubernetes/index.js';
import type { MeshAuthorizationOptions, MeshMode } from '../../../lib/kubernetes/mesh-options.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { spiffeId } from '../../../lib/plan/names.js';
import { indexPolicy, type PolicyIndex } from '../../../lib/policy/index-rules.js';
import { WAYPOINT } from '../../../lib/kubernetes/waypoint.js';
import { workloadsOf } from './cluster.js';
import type { IstioTranslation, Translated } from './translation.js';
import { waypointCluster, withAddress } from './waypoint-cluster.js';

const INGRESS = {
  namespace: 'edge',
  serviceAccount: 'edge',
  checksClientProofs: { reason: 'the test is of what is behind it', until: '2100-01-01' },
} as const;
const DECISION = { serviceName: 'decision', servicePort: 9000 } as const;
/** The cluster by which a sidecar calls the decision service. */
export const DECISION_CLUSTER = 'outbound|9000||decision.default.svc.cluster.local';

/** One policy as a mesh enforces it, and as `decide` does. */
export interface MeshPolicy {
  /** The plan with the ingress gateway as its gateway, and what is revoked. */
  readonly plan: Plan;
  readonly index: PolicyIndex;
  readonly translated: Translated;
  /** Of a waypoint: where a caller's tunnel goes on to, the address and port of each service. */
  readonly to?: Readonly<Record<string, string>>;
  /** The runtime of its Envoy: Istio's own, and what the mesh's configuration sets in its place. */
  readonly runtime: Readonly<Record<string, string>>;
}

/** What Istio's bootstrap sets and a decision could hang on (`pkg/bootstrap/config.go`, `extractRuntimeFlags`). */
export const ISTIO_RUNTIME = {
  're2.max_program_size.error_level': '32768',
  'envoy.reloadable_features.http_reject_path_with_fragment': 'false',
} as const;

type Settings = ReturnType<typeof meshSettings>;

export interface TranslateOptions {
  /** The port that the sidecar's Envoy listens on: rules name it. */
  readonly port: number;
  /** @default 'sidecar' */
  readonly mode?: MeshMode;
  /** @default there is one */
  readonly asksDecisions?: boolean;
  /** What becomes of the mesh's configuration. @default it stays as it is */
  readonly settings?: (settings: Settings) => Settings;
  /** What becomes of the objects before Istio reads them. @default they stay as they are */
  readonly change?: (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];
}

/** A service's policy by way of Istio's own translation. Throws for what istiod's validation refuses. */
export async function translate(
  istio: IstioTranslation,
  plan: Plan,
  service: string,
  {
    port,
    mode = 'sidecar',
    asksDecisions = true,
    change = (objects) => objects,
    settings = (own) => own,
  }: TranslateOptions,
): Promise<MeshPolicy> {
  const isAmbient = mode === 'ambient';
  const options: MeshAuthorizationOptions = {
    mode,
    services: Object.fromEntries(
      Object.keys(plan.services).map((name) => [
        name,
        { selector: { app: name }, port: name === service && !isAmbient ? port : 8080 },
      ]),
    ),
    ingressGateway: INGRESS,
    ...(asksDecisions && { decisionService: { ...DECISION, selector: { app: 'decision' } } }),
  };
  const policy = meshPolicy(plan, options);
  const gateway = {
    ...plan.gateway,
    spiffeId: spiffeId(plan.trustDomain, INGRESS.namespace, INGRESS.serviceAccount),
  };
  const cluster = [...(isAmbient ? waypointCluster(plan.namespace) : []), ...workloadsOf(plan, options)];
  const objects = change([...cluster, ...meshAuthorization(plan, options).map(withAddress)]);
  const mesh = settings(meshSettings(plan, options));
  const translated = await istio.ask({
    objects,
    mesh,
    namespace: plan.namespace,
    ...(isAmbient ? { waypoint: WAYPOINT } : { pod: service }),
  });
  const refused = (translated.refused ?? []).filter(
    (text) => !text.includes('exposes internal implementation details'),
  );
  const asked = JSON.stringify(translated.clusters[DECISION_CLUSTER] ?? {});
  const decisionId = spiffeId(plan.trustDomain, plan.namespace, DECISION.serviceName);
  if (asksDecisions && !asked.includes(`{"exact":"${decisionId}"}`)) {
    throw new Error(`Istio would ask the decision service without holding it to its SPIFFE ID: ${asked}`);
  }
  if (refused.length > 0) throw new Error(`istiod refuses an object:\n${refused.join('\n')}`);
  return {
    plan: { ...plan, gateway, policy },
    index: indexPolicy(policy, plan.revocation.document),
    translated,
    ...(isAmbient && { to: serviceAddresses(objects) }),
    runtime: {
      ...ISTIO_RUNTIME,
      ...(mesh['defaultConfig'] as { runtimeValues?: object } | undefined)?.runtimeValues,
    },
  };
}

function serviceAddresses(objects: readonly KubernetesObject[]): Readonly<Record<string, string>> {
  const services = objects.filter(({ kind }) => kind === 'Service');
  return Object.fromEntries(
    services.map(({ metadata, spec }) => {
      const { clusterIP, ports } = spec as { clusterIP: string; ports: { port: number }[] };
      return [metadata.name, `${clusterIP}:${ports[0]!.port}`];
    }),
  );
}
