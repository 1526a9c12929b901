import ipaddr from 'ipaddr.js';
import { codedError } from '../../coded-error.js';
import { GATEWAY } from '../../plan/names.js';
import type { Plan } from '../../plan/plan.js';
import { GATEWAY_CERTIFICATE } from '../certificates.js';
import { WITH_DIGEST } from '../guards/image-digest.js';
import { checkLabels, checkNameOf } from '../names.js';
import { checkPort } from '../port.js';
import { checkNamespace } from '../reserved-namespace.js';
import type { Labels } from '../workloads.js';
import type { IngressOptions } from './options.js';

/** The Gateway's name, that of its service account in the SPIFFE ID, and of whatever is made for it alone. */
export const INGRESS = GATEWAY;

/** Where the gateway is, and by what its pods are known. */
export interface IngressPlace {
  readonly namespace: string;
  /** Of the SPIFFE ID. */
  readonly serviceAccount: string;
  /** Its pods are where Envoy Gateway is. */
  readonly podNamespace: string;
  readonly selector: Labels;
  readonly controllerSelector: Labels;
  readonly gatewayClassName: string;
  readonly certificateSecret: string;
  readonly clientNetworks: readonly string[];
  readonly trustedHops: number;
  readonly port: number;
}

/** Ports below it are no container's: Envoy Gateway listens on those 10,000 above. */
const FIRST_UNPRIVILEGED = 1024;
/** Of Envoy Gateway 1.9 in the gateway's pods: administration, metrics, shutting down, readiness. */
const OWN_PORTS: readonly number[] = [19_000, 19_001, 19_002, 19_003];
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Throws `reserved-namespace`, `ingress-gateway`, `network-cidr`, `trusted-hops`, `image-digest`, `object-name`, `count`, `port`, `reserved-port` and `object-label`. */
export function ingressPlace({ namespace: own }: Plan, options: IngressOptions): IngressPlace {
  const { namespace = `${own}-ingress`, clientNetworks = EVERYWHERE, trustedHops = 0, port = 443 } = options;
  const place: IngressPlace = {
    namespace,
    serviceAccount: INGRESS,
    podNamespace: options.controllerNamespace ?? 'envoy-gateway-system',
    selector: {
      'gateway.envoyproxy.io/owning-gateway-name': INGRESS,
      'gateway.envoyproxy.io/owning-gateway-namespace': namespace,
    },
    controllerSelector: options.controllerSelector ?? { 'control-plane': 'envoy-gateway' },
    gatewayClassName: options.gatewayClassName ?? 'eg',
    certificateSecret: options.certificateSecret ?? GATEWAY_CERTIFICATE,
    clientNetworks,
    trustedHops,
    port,
  };
  checkPlace(own, place, options);
  return place;
}

/** The port on which its pods listen. */
export function listenPort({ port }: IngressPlace): number {
  return port < FIRST_UNPRIVILEGED ? port + 10_000 : port;
}

function checkPlace(
  own: string,
  place: IngressPlace,
  { clientNetworks, image, issuer, maxConnections, replicas }: IngressOptions,
): void {
  const { namespace, podNamespace, trustedHops, port } = place;
  checkNamespace('ingress.namespace', namespace);
  if (podNamespace === own) {
    throw codedError('ingress-gateway', 'ingress.controllerNamespace', 'it is the platform’s own namespace', {
      found: podNamespace,
      expected: 'the namespace of Envoy Gateway, which is not the platform’s',
      remedy: 'install Envoy Gateway elsewhere: everything in the platform’s namespace is denied',
    });
  }
  if ([own, podNamespace].includes(namespace)) {
    throw codedError('ingress-gateway', 'ingress.namespace', 'something else runs in this namespace', {
      found: namespace,
      expected: 'a namespace of its own',
      remedy: 'leave it out, or name another one: who may write there can be the gateway',
    });
  }
  for (const network of place.clientNetworks) {
    if (ipaddr.isValidCIDR(network)) continue;
    throw codedError('network-cidr', 'ingress.clientNetworks', 'this is no network', {
      found: network,
      expected: '10.0.0.0/16',
    });
  }
  if (!Number.isInteger(trustedHops) || trustedHops < 0 || (trustedHops > 0 && !clientNetworks)) {
    throw codedError('trusted-hops', 'ingress.trustedHops', 'anybody could name an address as theirs', {
      found: String(trustedHops),
      expected: 'the number of proxies before the gateway, and `clientNetworks` with their networks',
    });
  }
  checkPort('ingress.port', port);
  checkNameOf('Secret', 'ingress.certificateSecret', place.certificateSecret);
  checkNameOf('GatewayClass', 'ingress.gatewayClassName', place.gatewayClassName);
  checkNameOf('Issuer', 'ingress.issuer.name', issuer.name);
  checkNameOf('Namespace', 'ingress.namespace', namespace);
  checkNameOf('Namespace', 'ingress.controllerNamespace', podNamespace);
  for (const [name, count] of Object.entries({ replicas, maxConnections })) {
    if (count === undefined || (Number.isSafeInteger(count) && count > 0)) continue;
    throw codedError('count', `ingress.${name}`, 'this is no number of them', {
      found: String(count),
      expected: 'one or more',
      remedy: 'leave it out for the usual number',
    });
  }
  if (OWN_PORTS.includes(listenPort(place))) {
    throw codedError('reserved-port', 'ingress.port', 'this port of a pod is Envoy Gateway’s own', {
      found: String(port),
      expected: `none of ${OWN_PORTS.join(', ')}`,
      remedy: 'let clients come by another port: 443, for one',
    });
  }
  if (image !== undefined && !new RegExp(WITH_DIGEST).test(image)) {
    throw codedError('image-digest', 'ingress.image', 'the image has no digest', {
      found: image,
      expected: 'name@sha256:…',
    });
  }
  checkLabels(place.controllerSelector, 'ingress.controllerSelector');
}
