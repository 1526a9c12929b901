import type { Plan } from '../../plan/plan.js';
import type { EnvoyProxy, Gateway } from '../kinds/index.js';
import { gatewayLogLine, LOGGED_HERE } from './log.js';
import type { IngressOptions } from './options.js';
import { INGRESS, type IngressPlace } from './place.js';

export const GATEWAY_API = 'gateway.networking.k8s.io';
export const ENVOY_GATEWAY = 'gateway.envoyproxy.io';
/** The one listener. */
export const LISTENER = 'https';
/** The Secret with the gateway's leaf. */
export const IDENTITY = 'gateway-identity';

/** The Gateway with one listener for every host, and how its Envoys run. */
export function gatewayObjects(
  plan: Plan,
  place: IngressPlace,
  options: IngressOptions,
): (EnvoyProxy | Gateway)[] {
  const { namespace } = place;
  return [
    envoyProxy(plan, place, options),
    {
      apiVersion: `${GATEWAY_API}/v1`,
      kind: 'Gateway',
      metadata: { name: INGRESS, namespace },
      spec: {
        gatewayClassName: place.gatewayClassName,
        infrastructure: {
          parametersRef: { group: ENVOY_GATEWAY, kind: 'EnvoyProxy', name: INGRESS },
        },
        listeners: [
          {
            name: LISTENER,
            port: place.port,
            protocol: 'HTTPS',
            tls: {
              mode: 'Terminate',
              certificateRefs: [{ group: '', kind: 'Secret', name: place.certificateSecret }],
            },
            // Nobody else's route leads clients anywhere.
            allowedRoutes: {
              namespaces: {
                from: 'Selector',
                selector: { matchLabels: { 'kubernetes.io/metadata.name': plan.namespace } },
              },
            },
          },
        ],
      },
    },
  ];
}

type Pods = EnvoyProxy['spec']['provider']['kubernetes'];

/** It calls services under the gateway's SPIFFE ID, by TLS 1.3 alone. */
function envoyProxy(
  plan: Plan,
  { namespace }: IngressPlace,
  { replicas = 2, image }: IngressOptions,
): EnvoyProxy {
  return {
    apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
    kind: 'EnvoyProxy',
    metadata: { name: INGRESS, namespace },
    spec: {
      // A pod is what its own certificate says; behind a Service's address it could be any.
      routingType: 'Endpoint',
      backendTLS: {
        clientCertificateRef: { group: '', kind: 'Secret', name: IDENTITY },
        minVersion: '1.3',
        maxVersion: '1.3',
        ecdhCurves: ['X25519MLKEM768', 'X25519'],
      },
      provider: {
        type: 'Kubernetes',
        kubernetes: {
          envoyDeployment: {
            replicas,
            ...(image !== undefined && ({ container: { image } } satisfies Partial<Pods['envoyDeployment']>)),
          },
          ...(replicas > 1 && ({ envoyPDB: { minAvailable: 1 } } satisfies Partial<Pods>)),
        },
      },
      telemetry: {
        accessLog: {
          settings: [
            {
              type: 'Route',
              matches: [LOGGED_HERE],
              format: { type: 'JSON', json: gatewayLogLine(plan) },
              sinks: [{ type: 'File', file: { path: '/dev/stdout' } }],
            },
          ],
        },
      },
    },
  };
}
