import { EGRESS, GATEWAY } from '../../plan/names.js';
import { ISTIO } from '../istio.js';
import { everyContainer, type Guard, literals, NO_COMMAND_PROBES, optional, PODS } from './guard.js';
import {
  ARGUMENTS_AS_INJECTED,
  environmentAsInjected,
  MOUNTS_AS_INJECTED,
  NO_MOUNT_OF_PROXY,
  NO_MOUNTS,
  VOLUMES_AS_INJECTED,
} from './proxy-container.js';

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

const INJECT = 'sidecar.istio.io/inject';
const STATUS = 'sidecar.istio.io/status';
const TLS_MODE = 'security.istio.io/tlsMode';

/** What injection writes beside Istio's CNI plugin (Istio 1.31, injection template): everything is taken in. */
const AS_INJECTED: Readonly<Record<string, readonly string[]>> = {
  [INJECT]: ['true'],
  'sidecar.istio.io/interceptionMode': ['REDIRECT', 'TPROXY'],
  'traffic.sidecar.istio.io/includeInboundPorts': ['*'],
  'traffic.sidecar.istio.io/includeOutboundIPRanges': ['*'],
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': [''],
  'traffic.sidecar.istio.io/excludeInboundPorts': ['', String(ISTIO.probePort)],
};

/** Containers that injection adds beside the CNI plugin. `istio-init` is none: at its sight the plugin takes nothing in. */
export const INJECTED = ['istio-proxy', 'istio-validation'];

/** Of a container `c`: no hook and no probe is a command, but for those that injection writes (Istio 1.31, injection template). */
const HOOKS_AS_INJECTED = (() => {
  const [started, ends] = ['c.lifecycle.postStart', 'c.lifecycle.preStop'];
  const drain = ['pilot-agent', 'request', '', 'POST', 'drain']
    .map((word, index) =>
      word === ''
        ? `${ends}.exec.command[${index}].startsWith('--debug-port=')`
        : `${ends}.exec.command[${index}] == '${word}'`,
    )
    .join(' && ');
  return (
    `(!has(c.lifecycle) || ((!has(${started}) || !has(${started}.exec) || ${started}.exec.command == ['pilot-agent', 'wait']) && ` +
    `(!has(${ends}) || !has(${ends}.exec) || (size(${ends}.exec.command) == 5 && ${drain})))) && ${NO_COMMAND_PROBES}`
  );
})();

const OWN = ISTIO.proxyUser;
const IS_GATEWAY = `variables.account == '${GATEWAY}'`;
const startsAs = (list: string, ...args: readonly string[]) =>
  `!has(c.command) && has(c.args) && size(c.args) >= ${args.length} && ${args
    .map((arg, index) => `${list}[${index}] == '${arg}'`)
    .join(' && ')}`;

/**
 * A pod with no sidecar, with something else in its place, or with a way past it. It is judged after injection, so that
 * what injection wrote is there.
 * @param authority of `environmentAsInjected`
 * @param hasGateway a gateway is among the platform's workloads: it brings a template, and runs Envoy as a router
 * @param hasEgress the egress gateway is among them: it is an Envoy of its own (`egress-gateway.ts`)
 */
export function meshOptOut(authority: string, hasGateway = false, hasEgress = false): Guard {
  const unlessGateway = hasGateway ? `${IS_GATEWAY} || ` : '';
  const mode = hasGateway
    ? `(${startsAs('c.args', 'proxy', 'sidecar')}) || (${IS_GATEWAY} && ${startsAs('c.args', 'proxy', 'router')})`
    : startsAs('c.args', 'proxy', 'sidecar');
  const isTlsMode = `'${TLS_MODE}' in variables.labels`;
  return {
    id: 'mesh-opt-out',
    purpose: 'Every connection of a pod passes a sidecar that runs as the mesh injects it.',
    remedy: 'let the mesh inject the sidecar, and take out what changes it',
    guarded: [PODS],
    ...(hasEgress && {
      unless: `has(object.spec.serviceAccountName) && object.spec.serviceAccountName == '${EGRESS}'`,
    }),
    variables: {
      annotations: optional('object.metadata.annotations', '{}'),
      labels: optional('object.metadata.labels', '{}'),
      account: optional('object.spec.serviceAccountName', "'default'"),
    },
    validations: [
      {
        // A native sidecar is an init container that goes on running; one that ends is none.
        expression:
          "object.spec.containers.exists(c, c.name == 'istio-proxy') || " +
          "(has(object.spec.initContainers) && object.spec.initContainers.exists(c, c.name == 'istio-proxy' && has(c.restartPolicy) && c.restartPolicy == 'Always'))",
        message: 'the pod has no sidecar',
      },
      {
        expression: `'${STATUS}' in variables.annotations && !(variables.annotations['${STATUS}'] in ['', '{}'])`,
        message: `injection leaves the annotation ${STATUS}`,
      },
      {
        expression: `!('${INJECT}' in variables.labels) || variables.labels['${INJECT}'] == 'true'`,
        message: `the label ${INJECT} keeps injection away`,
      },
      {
        // By another value every caller speaks clear text to it.
        expression: hasGateway
          ? `${isTlsMode} ? variables.labels['${TLS_MODE}'] == 'istio' : ${IS_GATEWAY}`
          : `${isTlsMode} && variables.labels['${TLS_MODE}'] == 'istio'`,
        message: `the label ${TLS_MODE} must be istio, as injection writes it`,
      },
      {
        expression: everyContainer("c.name != 'istio-init'"),
        message:
          'no container is istio-init: the CNI plugin takes in what it would, and passes over a pod that has one',
      },
      {
        expression: everyContainer(`c.name != 'istio-proxy' || ((${mode}) && ${ARGUMENTS_AS_INJECTED})`),
        message: 'the container istio-proxy must start as injection writes it',
      },
      {
        // Else a second Envoy, of no policy, as the user whose traffic is not taken in.
        expression: everyContainer(`c.name != 'istio-proxy' || (${HOOKS_AS_INJECTED})`),
        message: 'in istio-proxy no hook and no probe runs a command but those of injection',
      },
      {
        expression: everyContainer(`c.name != 'istio-proxy' || (${MOUNTS_AS_INJECTED})`),
        message: 'nothing is mounted into istio-proxy but what injection mounts, where it does',
      },
      {
        expression: VOLUMES_AS_INJECTED,
        message: 'a volume of istio-proxy has another source than injection gives it',
      },
      {
        // Else an application leaves its sidecar another identity or configuration there.
        expression: everyContainer(`c.name == 'istio-proxy' || (${NO_MOUNT_OF_PROXY})`),
        message: 'no other container mounts the volumes of istio-proxy',
      },
      {
        expression: everyContainer(
          `!(c.name in ${literals(INJECTED)}) || (${environmentAsInjected(authority)})`,
        ),
        message: 'the environment of an injected container is not what injection writes',
      },
      {
        expression:
          "object.spec.containers.all(c, c.name != 'istio-validation') && " +
          `(!has(object.spec.initContainers) || object.spec.initContainers.all(c, c.name != 'istio-validation' || (!has(c.restartPolicy) && ${startsAs('c.args', 'istio-iptables')} && ${NO_MOUNTS}))) && ` +
          `(!has(object.spec.ephemeralContainers) || object.spec.ephemeralContainers.all(c, !(c.name in ${literals(INJECTED)})))`,
        message: 'istio-validation must be the one that injection adds',
      },
      {
        expression: `variables.annotations.all(key, !(key in ${literals(FORBIDDEN)}))`,
        message: 'an annotation changes what the sidecar takes in, or what it is',
      },
      {
        expression: `${unlessGateway}variables.annotations.all(key, !(key in ${literals(GATEWAYS_OWN)}))`,
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
          `(!has(object.spec.securityContext) || (${POD_IDS.map((field) => isOther('object.spec.securityContext', field)).join(' && ')} && ` +
          `(!has(object.spec.securityContext.supplementalGroups) || object.spec.securityContext.supplementalGroups.all(g, g != ${OWN})))) && ` +
          everyContainer(
            `c.name in ${literals(INJECTED)} || !has(c.securityContext) || (${CONTAINER_IDS.map((field) => isOther('c.securityContext', field)).join(' && ')})`,
          ),
        message: `user and group ${OWN} are the sidecar's own, whose traffic is not taken in`,
      },
    ],
  };
}

const CONTAINER_IDS = ['runAsUser', 'runAsGroup'];
const POD_IDS = [...CONTAINER_IDS, 'fsGroup'];

function isOther(context: string, field: string): string {
  return `(!has(${context}.${field}) || ${context}.${field} != ${OWN})`;
}
