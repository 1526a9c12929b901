import {
  egressObjects,
  type KubernetesObject,
  meshAuthorization,
  meshSettings,
} from '../../../lib/kubernetes/index.js';
import { allow, allowOut, connect, defineZeroTrust, http, tcp, workload } from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { workloadsOf } from './cluster.js';
import type { MeshGround } from './mesh-ground.js';

const HOST = 'api.bank.example';
/** Whose namespace it is, and one in which our workloads call. */
const OTHERS = ['attacker', 'kube-system'] as const;
/** One with the `Sidecar` of the namespace, and one with its own. */
const PODS = ['web', 'ledger'] as const;

const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    authority: { namespace: 'shop' },
    services: { web: http(), orders: http(), ledger: tcp() },
    access: [
      allow(workload('web'), workload('ledger')).to('orders', 'GET /a/**'),
      allow(workload('web')).to('ledger', connect()),
    ],
    egress: [allowOut(workload('web'), workload('ledger')).to(`https://${HOST}`, 'GET /**')],
  }),
  { engine: 'kubernetes' },
);

const options = {
  services: Object.fromEntries(
    Object.keys(plan.services).map((name) => [name, { selector: { app: name }, port: 8080 }]),
  ),
};

const CALLED: readonly string[] = [HOST, `orders.${plan.namespace}.svc.cluster.local`];

const objects = [
  ...meshAuthorization(plan, options),
  ...egressObjects(plan, { egress: { image: `registry.example/envoy@sha256:${'0'.repeat(64)}` } }),
];

/**
 * Whether what other tenants write about hosts that our workloads call leaves those calls as they are, by Istio's own
 * translation of the callers' sidecars; and for each part of what keeps it so, whether its absence is seen.
 */
export async function foreignRoutes(ground: MeshGround): Promise<Readonly<Record<string, boolean>>> {
  const routes = async (pod: string, change: Change, foreign: readonly KubernetesObject[]) => {
    const { outbound } = await ground.istio.ask({
      objects: [...workloadsOf(plan, options), ...change(objects).filter(isOfMesh), ...foreign],
      mesh: { ...meshSettings(plan, options), outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
      namespace: plan.namespace,
      pod,
      outbound: 80,
    });
    const { virtual_hosts: hosts } = outbound!['route_config'] as { virtual_hosts: { domains: string[] }[] };
    return JSON.stringify(hosts.filter(({ domains }) => domains.some((domain) => CALLED.includes(domain))));
  };
  const isSteered = async (pod: string, namespace: string, change: Change) =>
    (await routes(pod, change, [])) !== (await routes(pod, change, foreignObjects(namespace)));
  const found: Record<string, boolean> = {};
  for (const pod of PODS) {
    const calls = await routes(pod, (all) => all, []);
    found[`${pod} calls another service and a host outside`] = CALLED.every((host) =>
      calls.includes(`"${host}"`),
    );
    for (const namespace of OTHERS)
      found[`a foreign route of ${namespace} for ${pod}'s calls is not heeded`] = !(await isSteered(
        pod,
        namespace,
        (all) => all,
      ));
  }
  found['a namespace without its Sidecar'] = await isSteered('web', 'attacker', (all) =>
    all.filter(({ kind, metadata }) => kind !== 'Sidecar' || metadata.name !== 'default'),
  );
  found['a Sidecar of a TCP service that says nothing of calls'] = await isSteered(
    'ledger',
    'attacker',
    (all) =>
      all.map((object) => {
        if (object.kind !== 'Sidecar' || object.metadata.name === 'default') return object;
        const { egress: _, ...spec } = object['spec'] as { egress: unknown };
        return { ...object, spec };
      }),
  );
  return found;
}

type Change = (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];

function isOfMesh({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.includes('istio.io/') || kind === 'Service';
}

/** Older than ours, as the older of two wins. */
function foreignObjects(namespace: string): readonly KubernetesObject[] {
  const host = `mine.${namespace}.svc.cluster.local`;
  const creationTimestamp = '2020-01-01T00:00:00Z';
  const steered = (name: string, hosts: readonly string[]): KubernetesObject => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace, ...{ creationTimestamp } },
    spec: {
      hosts,
      http: [{ rewrite: { uri: '/a/refund' }, route: [{ destination: { host, port: { number: 80 } } }] }],
    },
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'mine', namespace },
      spec: { clusterIP: '10.9.8.8', ports: [{ name: 'http', port: 80 }] },
    },
    ...CALLED.map((called, at) => steered(`steered-${at}`, [called])),
  ];
}
