import { allow, workload } from '../../../lib/model/index.js';
import { ruleOf } from '../../../lib/model/access.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import { spiffeId } from '../../../lib/plan/names.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { modelOf } from '../equality/platform.js';
import { workloadsOf } from './cluster.js';
import { FOREIGN, type MeshGround } from './mesh-ground.js';
import { translate, type TranslateOptions } from './mesh-policy.js';
import type { Ambient } from './translation.js';
import { ztunnelConnects } from './ztunnel.js';

const PORTS = [8080, 9000, 1] as const;
/** A pod of the namespace that no policy of ours selects. */
const STRAY_POD = '10.1.9.9';

const plan = resolve(modelOf({ access: [allow(workload('web')).to('orders', 'GET /a/**')].map(ruleOf) }), {
  engine: 'kubernetes',
});

/**
 * Whether the waypoint serves every Service and nobody connects to a pod past it, by what Istio tells ztunnel; and for
 * each part of it, whether its absence is seen.
 */
export async function waysPast(ground: MeshGround): Promise<Readonly<Record<string, boolean>>> {
  const told = async (change: Change) => {
    const { translated } = await translate(ground.istio, plan, 'orders', {
      port: 8080,
      mode: 'ambient',
      change: (objects) => change([...objects, ...stray()]),
    });
    return waysOf(translated.ambient!);
  };
  const whole = await told((objects) => objects);
  const differs = async (change: Change) => (await told(change)).join('\n') !== whole.join('\n');
  return {
    'nobody but the waypoint connects to a pod, and only to its application': isClosed(whole),
    'a namespace without the allow-nothing': await differs(without('AuthorizationPolicy', 'allow-nothing')),
    'a service without the policy that admits the waypoint': await differs(
      without('AuthorizationPolicy', 'orders.from-waypoint'),
    ),
    'a namespace without the label of the waypoint': await differs(withoutLabel('istio.io/use-waypoint')),
    'a namespace without the label for ingress gateways': await differs(
      withoutLabel('istio.io/ingress-use-waypoint'),
    ),
    'a namespace without mutual TLS alone': await differs(without('PeerAuthentication', 'default')),
    'a waypoint for workloads': await differs(
      replaced('"istio.io/waypoint-for":"service"', '"istio.io/waypoint-for":"workload"'),
    ),
    'a policy that admits the waypoint of any trust domain': await differs(
      replaced(`"${plan.trustDomain}/ns/default/sa/waypoint"`, '"*"'),
    ),
  };
}

type Change = TranslateOptions['change'] & object;

function stray(): readonly KubernetesObject[] {
  const services = { stray: { selector: { app: 'stray' }, port: 8080 } };
  const objects = workloadsOf(
    { ...plan, services: { stray: plan.services['orders']! } },
    { mode: 'ambient', services },
  );
  return JSON.parse(
    JSON.stringify(objects).replaceAll('10.1.1.1', STRAY_POD).replaceAll('10.9.1.1', '10.9.9.9'),
  );
}

/** Who connects to which pod, who is held to mutual TLS, and which Service is behind the waypoint. */
function waysOf(ambient: Ambient): readonly string[] {
  if (ambient.unsupported?.length) throw new Error(ambient.unsupported.join('\n'));
  const id = (domain: string, namespace: string, account: string) => spiffeId(domain, namespace, account);
  const peers = [
    undefined,
    id(plan.trustDomain, plan.namespace, 'waypoint'),
    id(FOREIGN, plan.namespace, 'waypoint'),
    id(plan.trustDomain, 'elsewhere', 'waypoint'),
    id(plan.trustDomain, 'edge', 'edge'),
    ...Object.values(plan.services).map(({ sidecar }) => sidecar.spiffeId),
  ];
  return Object.entries(ambient.addresses)
    .flatMap(([address, known]) =>
      known.flatMap(({ workload: pod, service, ingressUseWaypoint }) => {
        if (service) {
          const how = service.waypoint ? 'behind the waypoint' : 'past the waypoint';
          const ingress = ingressUseWaypoint ? ', for gateways too' : '';
          return [`${service.hostname}: ${how}${ingress}`];
        }
        // Tunnels end in the one, and the other has a sidecar: no ztunnel is before them.
        if (!pod || pod.name === 'waypoint' || pod.name === 'decision' || !address.startsWith('10.1.'))
          return [];
        const isStrict = pod.authorizationPolicies?.includes('istio-system/istio_converted_static_strict');
        return [
          `${pod.name}: ${isStrict ? 'mutual TLS alone' : 'clear text as well'}`,
          ...peers.flatMap((peer) =>
            PORTS.filter((port) => ztunnelConnects(ambient, address, peer, port)).map(
              (port) => `${peer ?? 'clear text'} → ${pod.name}:${port}`,
            ),
          ),
        ];
      }),
    )
    .sort();
}

function isClosed(found: readonly string[]): boolean {
  const waypoint = spiffeId(plan.trustDomain, plan.namespace, 'waypoint');
  const services = Object.keys(plan.services);
  const expected = [
    ...services.map((name) => `${waypoint} → ${name}:8080`),
    ...[...services, 'stray'].map((name) => `${name}: mutual TLS alone`),
    ...[...services, 'stray', 'decision'].map(
      (name) => `${name}.default.svc.cluster.local: behind the waypoint, for gateways too`,
    ),
  ].sort();
  return expected.join('\n') === found.filter((line) => !line.startsWith('waypoint.')).join('\n');
}

function without(kind: string, name: string): Change {
  return (objects) => objects.filter((object) => object.kind !== kind || object.metadata.name !== name);
}

function withoutLabel(label: string): Change {
  return (objects) =>
    objects.map((object) => {
      const { [label]: _, ...labels } = object.metadata.labels ?? {};
      return object.kind === 'Namespace' ? { ...object, metadata: { ...object.metadata, labels } } : object;
    });
}

function replaced(from: string, to: string): Change {
  return (objects) => JSON.parse(JSON.stringify(objects).replaceAll(from, to)) as typeof objects;
}
