import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { POD, RESTRICTED } from '../restricted.js';
import { APP, DEPLOYER, type GuardCase, PROXY, refused } from './case.js';
import { CONFIGURATION, NAMESPACE_CONTROLLER, configuration } from './object.js';
import { OWN, pod } from './pod.js';
import {
  besides,
  ENVIRONMENT,
  MORE,
  MOUNTS,
  OTHER_MOUNTS,
  OTHER_VARIABLES,
  OTHER_VOLUMES,
  VOLUME_OF_MINE,
} from './proxy-container.js';

const SIDECAR = ['proxy', 'sidecar'];

const RUNS = { exec: { command: ['sh', '-c', 'true'] } };

/** Of pods with what the mesh injects, of the egress gateway and of the decision service. */
export const SIDECARS: readonly GuardCase[] = [
  { what: 'an injected pod', object: pod() },
  { what: 'a pod with a native sidecar', object: pod({ proxy: 'native' }) },
  {
    what: 'a sidecar with what injection writes besides',
    object: pod({
      proxy: {
        lifecycle: {
          postStart: { exec: { command: ['pilot-agent', 'wait'] } },
          preStop: { exec: { command: ['pilot-agent', 'request', '--debug-port=15020', 'POST', 'drain'] } },
        },
        readinessProbe: { httpGet: { path: '/healthz/ready', port: 15021 } },
        env: MORE.env,
        volumeMounts: MORE.volumeMounts,
      },
      spec: { volumes: MORE.volumes },
    }),
  },
  {
    what: 'a pod with an image as a volume',
    object: pod({ spec: { volumes: [{ name: 'model', image: { reference: APP } }] } }),
  },
  { what: 'a pod with a volume', object: pod({ spec: { volumes: [{ name: 'data', emptyDir: {} }] } }) },
  {
    what: 'a pod of a service with labels of its own',
    object: pod({ labels: { app: 'orders' }, spec: { serviceAccountName: 'orders' } }),
  },
  {
    what: 'a gateway with a template of its own',
    withGateway: true,
    object: pod({
      labels: { 'app.kubernetes.io/name': 'gateway' },
      annotations: { 'inject.istio.io/templates': 'gateway', 'proxy.istio.io/overrides': '{}' },
      spec: { serviceAccountName: 'gateway' },
      app: {
        name: 'istio-proxy',
        image: PROXY,
        args: ['proxy', 'router'],
        env: ENVIRONMENT,
        volumeMounts: MOUNTS,
      },
      proxy: 'none',
    }),
  },
  {
    what: 'a configuration of the egress gateway by somebody',
    object: configuration('egress-0123456789'),
    refusedBy: 'egress-configuration',
  },
  {
    what: 'a configuration of the egress gateway by a deployer',
    object: configuration('egress-0123456789'),
    user: DEPLOYER,
  },
  { what: 'a ConfigMap of somebody', object: configuration('egress-notes') },
  ...(
    [
      ['somebody', 'somebody', 'egress-configuration'],
      ['a deployer', DEPLOYER, undefined],
      ['the controller of namespaces', NAMESPACE_CONTROLLER, undefined],
    ] as const
  ).map(([who, user, refusedBy]) => ({
    what: `a configuration of the egress gateway, taken away by ${who}`,
    object: CONFIGURATION,
    operation: 'DELETE' as const,
    user,
    ...(refusedBy && { refusedBy }),
  })),

  // mesh-opt-out
  ...refused('mesh-opt-out', [
    ['a pod without a sidecar', /no sidecar/, pod({ proxy: 'none' })],
    [
      'a sidecar that ends',
      /no sidecar/,
      pod({
        spec: {
          containers: [OWN],
          initContainers: [{ ...OWN, name: 'istio-proxy', image: PROXY, args: SIDECAR }],
        },
      }),
    ],
    ...(
      [
        ['postStart', { postStart: RUNS }],
        ['preStop', { preStop: RUNS }],
      ] as const
    ).map(
      ([hook, lifecycle]) =>
        [`a command as the ${hook} of the sidecar`, /no hook/, pod({ proxy: { lifecycle } })] as const,
    ),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
      (probe) =>
        [`a command as the ${probe} of the sidecar`, /no hook/, pod({ proxy: { [probe]: RUNS } })] as const,
    ),
    ...OTHER_VARIABLES.map(
      ([what, env]) => [`a sidecar with ${what}`, /environment/, pod({ proxy: { env: [env] } })] as const,
    ),
    ...[
      '--templateFile=/etc/istio/pod/a',
      '--templateFile',
      '--meshConfig=/etc/istio/pod/a',
      '$(ISTIO_META_NETWORK)',
    ].map(
      (argument) =>
        [
          `a sidecar with the argument ${argument}`,
          /must start/,
          pod({ proxy: { args: [...SIDECAR, argument] } }),
        ] as const,
    ),
    ...OTHER_MOUNTS.map(
      ([what, container]) =>
        [
          `a sidecar with ${what}`,
          /is mounted/,
          pod({ proxy: container, spec: { volumes: [VOLUME_OF_MINE] } }),
        ] as const,
    ),
    ...OTHER_VOLUMES.map(
      ([what, volumes]) => [`a sidecar with ${what}`, /another source/, pod({ volumes })] as const,
    ),
    [
      'an application that leaves its sidecar a key',
      /no other container/,
      pod({ app: { volumeMounts: [{ name: 'workload-certs', mountPath: '/keys' }] } }),
    ],
    [
      'something that runs before, and leaves its sidecar a socket',
      /no other container/,
      pod({
        spec: {
          initContainers: [
            { ...OWN, name: 'first', volumeMounts: [{ name: 'workload-socket', mountPath: '/socket' }] },
          ],
        },
      }),
    ],
    [
      'a status that keeps the sidecar as it was written',
      /is mounted/,
      pod({
        annotations: { 'sidecar.istio.io/status': '{"containers":[]}' },
        proxy: { volumeMounts: besides({ name: 'mine', mountPath: '/etc/istio/pod' }) },
        spec: { volumes: [VOLUME_OF_MINE] },
      }),
    ],
    ['something that sleeps as the sidecar', /must start/, pod({ proxy: { command: ['sleep', 'inf'] } })],
    ['other arguments of the sidecar', /must start/, pod({ proxy: { args: ['wait'] } })],
    ['a router in place of a sidecar', /must start/, pod({ proxy: { args: ['proxy', 'router'] } })],
    [
      'a sidecar with the environment of a ConfigMap',
      /environment/,
      pod({ proxy: { envFrom: [{ configMapRef: { name: 'a' } }] } }),
    ],
    ['a label against injection', /keeps injection/, labelled('sidecar.istio.io/inject', 'false')],
    ['clear text by a label', /must be istio/, labelled('security.istio.io/tlsMode', 'disabled')],
    ['a status of its own', /injection leaves/, annotated('sidecar.istio.io/status', '{}')],
    [
      'a container at whose sight the CNI plugin stops',
      /istio-init/,
      pod({ spec: { initContainers: [{ ...OWN, name: 'istio-init' }] } }),
    ],
    ['a command as the validation', /istio-validation/, pod({ init: { command: ['sh'] } })],
    [
      'a validation with a volume',
      /istio-validation/,
      pod({
        init: { volumeMounts: [{ name: 'mine', mountPath: '/usr/local/bin' }] },
        spec: { volumes: [VOLUME_OF_MINE] },
      }),
    ],
    [
      'a validation with a device',
      /istio-validation/,
      pod({
        init: { volumeDevices: [{ name: 'mine', devicePath: '/usr/local/bin/pilot-agent' }] },
        spec: { volumes: [VOLUME_OF_MINE] },
      }),
    ],
    [
      'a validation with another environment',
      /environment/,
      pod({ init: { env: [{ name: 'LD_PRELOAD', value: '/mine.so' }] } }),
    ],
    [
      'a debugger with the name of an injected container',
      /istio-validation/,
      pod({
        spec: { initContainers: [], ephemeralContainers: [{ name: 'istio-validation', image: PROXY }] },
      }),
    ],
    [
      "a pod of the sidecar's group",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, runAsGroup: 1337 } } }),
    ],
    [
      "files of the sidecar's group",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, fsGroup: 1337 } } }),
    ],
    [
      "the sidecar's group among others",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, supplementalGroups: [1, 1337] } } }),
    ],
    [
      "an application of the sidecar's group",
      /group 1337/,
      pod({ app: { securityContext: { ...RESTRICTED, runAsGroup: 1337 } } }),
    ],
    [
      'an image of its own for the sidecar',
      /changes what the sidecar/,
      annotated('sidecar.istio.io/proxyImage', APP),
    ],
    ['a template of its own', /only the gateway/, annotated('inject.istio.io/templates', 'mine')],
    ['a sidecar of its own', /only the gateway/, annotated('proxy.istio.io/overrides', '{}')],
    ['no interception', /keeps traffic/, annotated('sidecar.istio.io/interceptionMode', 'NONE')],
    [
      'an excluded port',
      /keeps traffic/,
      annotated('traffic.sidecar.istio.io/excludeInboundPorts', '15020,8080'),
    ],
    [
      'excluded destinations',
      /keeps traffic/,
      annotated('traffic.sidecar.istio.io/excludeOutboundIPRanges', '0.0.0.0/0'),
    ],
    [
      "a pod of the sidecar's user",
      /user and group 1337/,
      pod({ spec: { securityContext: { ...POD, runAsUser: 1337 } } }),
    ],
    [
      "an application of the sidecar's user",
      /user and group 1337/,
      pod({ app: { securityContext: { ...RESTRICTED, runAsUser: 1337 } } }),
    ],
  ]),
];

function labelled(key: string, value: string): KubernetesObject {
  return pod({ labels: { 'app.kubernetes.io/name': 'web', [key]: value } });
}

function annotated(key: string, value: string): KubernetesObject {
  return pod({ annotations: { [key]: value } });
}
