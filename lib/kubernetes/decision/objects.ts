import type { Plan } from '../../plan/plan.js';
import { contentMap } from '../content-map.js';
import { checkedObjects } from '../names.js';
import type { ConfigMap, Service, Sidecar, WrittenObject } from '../kinds/index.js';
import type { KubernetesObject } from '../object.js';
import { checkOptions, inCluster } from '../schemas/index.js';
import { NAMES_NAMESPACE, servicesOf } from '../sidecar-scope.js';
import { workloadsOf, type WorkloadsOptions } from '../workloads.js';
import { decisionDeployment } from './deployment.js';
import { keyServerEntries, keyServerHosts } from './keys.js';
import {
  type EmittedDecisionService,
  emittedDecisionService,
  meshDecisionService,
  policyPrefix,
} from './options.js';
import { revocationObjects } from './revocations.js';

export interface DecisionServiceObjectsOptions extends WorkloadsOptions {
  /** The domain of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
}

/**
 * The decision service as a Deployment in the mesh, and whatever it needs. `policy` is the text of its `policy.json`.
 * None if it has no image: its pods are the user's own then.
 *
 * Throws `policy-size` and the errors of `emittedDecisionService` and `workloadsOf`.
 */
export function decisionServiceObjects(
  plan: Plan,
  options: DecisionServiceObjectsOptions,
  policy: string,
): readonly KubernetesObject[] {
  checkOptions(inCluster, options);
  workloadsOf(plan, options);
  const emitted = emittedDecisionService(plan, options.decisionService);
  if (!emitted) return [];
  const { clusterDomain = 'cluster.local' } = options;
  const map = policyMap(plan, emitted, policy);
  return checkedObjects<WrittenObject>([
    map,
    ...revocationObjects(plan, emitted),
    ...keyServerEntries(plan, emitted, clusterDomain),
    sidecar(plan, emitted, clusterDomain),
    service(plan, emitted),
    ...decisionDeployment(plan, emitted, map.metadata.name),
  ]);
}

/** Its name follows from its bytes: another policy is another name, and new pods. */
function policyMap({ namespace }: Plan, options: EmittedDecisionService, text: string): ConfigMap {
  return contentMap({
    namespace,
    prefix: policyPrefix(options),
    data: { 'policy.json': text },
    whole: text,
    tooLarge: {
      code: 'policy-size',
      path: 'decisionService',
      message: 'a ConfigMap does not take in the policy',
      remedy: 'split the platform, or run a decision service of your own with the policy in its image',
    },
  });
}

/**
 * What its sidecar takes in, and what it lets out. The process listens on loopback alone: whoever connects to the pod
 * meets the sidecar, or nobody.
 */
function sidecar(plan: Plan, options: EmittedDecisionService, clusterDomain: string): Sidecar {
  const { serviceName: name, selector, port } = meshDecisionService(options);
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name, namespace: plan.namespace },
    spec: {
      workloadSelector: { labels: selector },
      ingress: [
        { port: { name: 'http', number: port, protocol: 'HTTP' }, defaultEndpoint: `127.0.0.1:${port}` },
      ],
      egress: [
        {
          hosts: [
            servicesOf(NAMES_NAMESPACE, clusterDomain),
            `default/kubernetes.default.svc.${clusterDomain}`,
            ...keyServerHosts(plan, options, clusterDomain),
          ],
        },
      ],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    },
  };
}

function service({ namespace }: Plan, options: EmittedDecisionService): Service {
  const { serviceName: name, selector, servicePort, port } = meshDecisionService(options);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      selector,
      ports: [{ name: 'http', appProtocol: 'http', port: servicePort, targetPort: port }],
    },
  };
}
