import { GATEWAY } from '../../plan/names.js';
import { ISTIO } from '../istio.js';
import { everyContainer, type Guard, literals, optional, PODS } from './guard.js';

/** What changes what a sidecar takes in, what it is, or who configures it. Injection itself writes none of these. */
const FORBIDDEN = [
  'istio.io/reroute-virtual-interfaces',
  'proxy.istio.io/config',
  'sidecar.istio.io/bootstrapOverride',
  'sidecar.istio.io/discoveryAddress',
  'sidecar.istio.io/proxyImage',
  'sidecar.istio.io/userVolume',
  'sidecar.istio.io/userVolumeMount',
  'status.sidecar.istio.io/port',
  'traffic.sidecar.istio.io/excludeInterfaces',
  'traffic.sidecar.istio.io/excludeOutboundPorts',
  'traffic.sidecar.istio.io/includeOutboundPorts',
  'traffic.sidecar.istio.io/kubevirtInterfaces',
];

/** A gateway brings its own template and container; nobody else may. */
const GATEWAYS_OWN = ['inject.istio.io/templates', 'proxy.istio.io/overrides'];

/** What injection writes beside Istio's CNI plugin (Istio 1.31, injection template): everything is taken in. */
const AS_INJECTED: Readonly<Record<string, readonly string[]>> = {
  'sidecar.istio.io/inject': ['true'],
  'sidecar.istio.io/interceptionMode': ['REDIRECT', 'TPROXY'],
  'traffic.sidecar.istio.io/includeInboundPorts': ['*'],
  'traffic.sidecar.istio.io/includeOutboundIPRanges': ['*'],
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': [''],
  'traffic.sidecar.istio.io/excludeInboundPorts': ['', String(ISTIO.probePort)],
};

/** Containers that injection adds. */
export const INJECTED = ['istio-proxy', 'istio-validation', 'istio-init'];

/**
 * A pod with no sidecar, or one past which traffic goes. It is judged after injection: that the sidecar is there is what
 * counts, whatever kept it away.
 */
export const meshOptOut: Guard = {
  id: 'mesh-opt-out',
  guarded: [PODS],
  variables: {
    annotations: optional('object.metadata.annotations', '{}'),
    account: optional('object.spec.serviceAccountName', "'default'"),
  },
  validations: [
    {
      // A native sidecar is an init container.
      expression:
        "object.spec.containers.exists(c, c.name == 'istio-proxy') || " +
        "(has(object.spec.initContainers) && object.spec.initContainers.exists(c, c.name == 'istio-proxy'))",
      message: 'the pod has no sidecar; let the mesh inject one',
    },
    {
      expression: `variables.annotations.all(key, !(key in ${literals(FORBIDDEN)}))`,
      message: 'an annotation changes what the sidecar takes in, or what it is',
    },
    {
      expression: `variables.account == '${GATEWAY}' || variables.annotations.all(key, !(key in ${literals(GATEWAYS_OWN)}))`,
      message: 'only the gateway brings a sidecar of its own',
    },
    {
      expression: Object.entries(AS_INJECTED)
        .map(
          ([key, values]) =>
            `(!('${key}' in variables.annotations) || variables.annotations['${key}'] in ${literals(values)})`,
        )
        .join(' && '),
      message: 'an annotation keeps traffic from the sidecar',
    },
    {
      expression:
        `(!has(object.spec.securityContext) || !has(object.spec.securityContext.runAsUser) || object.spec.securityContext.runAsUser != ${ISTIO.proxyUser}) && ` +
        everyContainer(
          `c.name in ${literals(INJECTED)} || !has(c.securityContext) || !has(c.securityContext.runAsUser) || c.securityContext.runAsUser != ${ISTIO.proxyUser}`,
        ),
      message: `user ${ISTIO.proxyUser} is the sidecar's own, whose traffic is not taken in`,
    },
  ],
};
