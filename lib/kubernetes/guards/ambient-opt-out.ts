import { WAYPOINT } from '../waypoint.js';
import {
  everyContainer,
  exceptOf,
  type Guard,
  literals,
  NAMES_OF_CLUSTER,
  optional,
  PODS,
  RUNS_ONE_COMMAND,
} from './guard.js';
import {
  ARGUMENTS_AS_INJECTED,
  environmentAsInjected,
  MOUNTS_AS_INJECTED,
  VOLUMES_AS_INJECTED,
} from './proxy-container.js';

const MODE = 'istio.io/dataplane-mode';

/** By these Istio's CNI plugin leaves a pod out, or takes in less of it (Istio 1.31, `cni/pkg/util/podutil.go`). */
const FORBIDDEN = [
  'ambient.istio.io/bypass-inbound-capture',
  'ambient.istio.io/dns-capture',
  'istio.io/reroute-virtual-interfaces',
  'sidecar.istio.io/status',
];

/** Only the plugin writes it, once it has taken a pod in. */
const ENROLLED = 'ambient.istio.io/redirection';

/** A pod with it says that it takes tunnels in by itself. */
const TUNNEL = 'networking.istio.io/tunnel';

/**
 * A pod whose connections ztunnel does not take in, and one that would be the waypoint: every other pod lets it in. The
 * waypoint's own are as Istio's controller makes them (Istio 1.31, `files/waypoint.yaml`).
 * @param authority of `environmentAsInjected`
 * @param decisions the account of the decision service, whose pods have a sidecar (`mesh-opt-out`)
 */
export function ambientOptOut(authority: string, decisions?: string): Guard {
  const guard = optOut(authority);
  return decisions === undefined ? guard : exceptOf(decisions, guard);
}

const optOut = (authority: string): Guard => ({
  id: 'ambient-opt-out',
  purpose: 'No pod leaves the mesh, or takes connections past ztunnel and the waypoint.',
  remedy: 'leave labels, annotations and the pods of the waypoint as Istio writes them',
  guarded: [PODS],
  variables: {
    annotations: optional('object.metadata.annotations', '{}'),
    labels: optional('object.metadata.labels', '{}'),
    isWaypoint: `has(object.spec.serviceAccountName) && object.spec.serviceAccountName == '${WAYPOINT}'`,
  },
  validations: [
    {
      expression: `variables.isWaypoint || !('${MODE}' in variables.labels) || variables.labels['${MODE}'] == 'ambient'`,
      message: `the label ${MODE} keeps ztunnel away`,
    },
    {
      // Else ztunnel lends its identity to whatever runs in it.
      expression: `!variables.isWaypoint || ('${MODE}' in variables.labels && variables.labels['${MODE}'] == 'none')`,
      message: `the waypoint has the label ${MODE}: none, as Istio's controller writes it`,
    },
    {
      expression: `variables.annotations.all(key, !(key in ${literals(FORBIDDEN)}))`,
      message: 'an annotation keeps connections of the pod from ztunnel',
    },
    {
      expression: `request.operation != 'CREATE' || !('${ENROLLED}' in variables.annotations)`,
      message: `only Istio's CNI plugin writes the annotation ${ENROLLED}`,
    },
    {
      expression: `!('${TUNNEL}' in variables.labels)`,
      message: `no pod here takes tunnels in by itself (the label ${TUNNEL})`,
    },
    {
      expression:
        "variables.isWaypoint ? object.spec.containers.all(c, c.name == 'istio-proxy' && !has(c.command) && has(c.args) && " +
        "size(c.args) >= 2 && c.args[0] == 'proxy' && c.args[1] == 'waypoint' && " +
        `${ARGUMENTS_AS_INJECTED}) && !has(object.spec.initContainers) && ` +
        `!has(object.spec.ephemeralContainers) : (${everyContainer("c.name != 'istio-proxy'")})`,
      message: `only the pods of ${WAYPOINT} have a container istio-proxy, which starts as Istio's controller writes it, and they have no other`,
    },
    {
      // Else a second Envoy, of no policy, which every pod lets in.
      expression: `!variables.isWaypoint || object.spec.containers.all(c, ${RUNS_ONE_COMMAND})`,
      message: 'in the waypoint no hook and no probe runs a command',
    },
    {
      expression: `!variables.isWaypoint || object.spec.containers.all(c, ${environmentAsInjected(authority)})`,
      message: "the environment of the waypoint is not what Istio's controller writes",
    },
    {
      expression: `!variables.isWaypoint || object.spec.containers.all(c, ${MOUNTS_AS_INJECTED})`,
      message: "nothing is mounted into the waypoint but what Istio's controller mounts, where it does",
    },
    {
      expression: `!variables.isWaypoint || ${VOLUMES_AS_INJECTED}`,
      message: "a volume of the waypoint has another source than Istio's controller gives it",
    },
    {
      expression: `!variables.isWaypoint || (${NAMES_OF_CLUSTER})`,
      message: 'the waypoint finds names as the cluster says',
    },
  ],
});
