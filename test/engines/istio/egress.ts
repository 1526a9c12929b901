import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  egressObjects,
  type KubernetesObject,
  meshAuthorization,
  meshSettings,
} from '../../../lib/kubernetes/index.js';
import { keyServerEntries } from '../../../lib/kubernetes/decision/keys.js';
import { allow, defineZeroTrust, http, oidc, user } from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { spiffeId } from '../../../lib/plan/names.js';
import type { Template } from '../../../lib/plan/refs.js';
import { type Decision, STATUS } from '../../../lib/policy/decide.js';
import { decideEgress } from '../../../lib/policy/egress.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import { isLive } from '../../../lib/point/admin.js';
import { drawCall, drawPlan, HOSTS } from '../egress/draw.js';
import { Outside } from '../egress/outside.js';
import { EgressPod } from '../egress/pod.js';
import { CALLERS } from '../egress/way-out.js';
import { Draw } from '../equality/draw.js';
import type { Leaf } from '../support/authority.js';
import { Http1Connection, requestBytes } from '../support/http1.js';
import { workloadsOf } from './cluster.js';
import { type Counts, Disagreement } from './explore.js';
import type { MeshGround } from './mesh-ground.js';
import type { Translated } from './translation.js';

/** What every run must have met. */
export const WANTED_EGRESS = [
  ...['allow', 'forbidden', 'nonCanonical'].map((one) => `call that leaves: ${one}`),
  'call that leaves: a host of no plan',
  'call that leaves: would be allowed',
] as const;

export interface EgressExploration {
  readonly seed: number;
  readonly policies: number;
  readonly calls: number;
  /** What becomes of the objects. @default they stay as they are */
  readonly change?: (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];
  /** As whom the pods of the egress gateway run. @default as themselves */
  readonly runsAs?: string;
}

const IMAGE = `registry.example/envoy@sha256:${'0'.repeat(64)}`;
const PORT = 80;

/**
 * The way to the keys of an issuer at one of the hosts that are called: the mesh knows it twice, by two ports. That the keys
 * come by their own TLS is for `decisionWay` to see.
 */
const KEYS = keyServerEntries(
  resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'test',
      authority: { namespace: 'shop' },
      identity: {
        providers: { people: oidc({ issuer: `https://${HOSTS[0]}`, jwksUri: `https://${HOSTS[0]}/keys` }) },
      },
      services: { caller: http({ host: 'www.shop.example' }) },
      access: [allow(user()).to('caller', 'GET /')],
    }),
    { engine: 'kubernetes' },
  ),
  { image: IMAGE, apiServer: { networks: ['127.0.0.1/32'], port: 6443 } },
  'cluster.local',
);

/**
 * Random egress rules: what an application calls goes by Istio's own translation of its sidecar, on a real Envoy, over mutual
 * TLS to the egress gateway as its manifests have it, on another, and from there to hosts outside. Throws at the first call
 * on which that differs from `decideEgress`: by its status, or whether it arrived.
 */
export async function exploreEgress(
  ground: MeshGround,
  { seed, policies, calls, change = (objects) => objects, runsAs }: EgressExploration,
  counts: Counts,
): Promise<number> {
  const outside = await Outside.create();
  for (const host of HOSTS) await outside.serve(host);
  const places = Object.fromEntries(
    HOSTS.map((host) => {
      const { address, port } = outside.standIns[host]!;
      return [host, { address, port, standIn: address }];
    }),
  );
  let tried = 0;
  try {
    for (const value of fc.sample(fc.noBias(fc.gen()), { seed, numRuns: policies })) {
      const draw = new Draw(value);
      const { plan: drawn, revocations: entries } = drawPlan(
        draw,
        (host) => outside.standIns[host]!.port,
        'kubernetes',
      );
      if (!drawn.egress) continue;
      const revocation = { ...drawn.revocation, document: { version: 1, entries } };
      const plan = { ...drawn, revocation };
      const objects = change([
        ...meshAuthorization(plan, optionsOf(plan)),
        ...egressObjects(plan, { egress: { image: IMAGE } }),
        ...KEYS,
      ]);
      const pod = await EgressPod.start({
        objects,
        leaf: await ground.testbed.leaf(spiffeId(plan.trustDomain, plan.namespace, runsAs ?? 'egress')),
        roots: ground.testbed.authority.root,
        places,
        publicRoots: outside.roots(),
      });
      const callers = await CallerSidecars.start(ground, plan, objects, pod).catch(async (error: unknown) => {
        await pod.close();
        throw error;
      });
      try {
        const index = indexPolicy(plan.egress!.policy, plan.revocation.document);
        for (let number = 0; number < calls; number += 1) {
          const { as, method, path, host } = drawCall(draw);
          const before = outside.arrived.length;
          const status = await callers.call(as, method, path, host);
          const decision = decideEgress(index, {
            peer: plan.services[as]!.sidecar.spiffeId,
            method,
            authority: host,
            path,
            headers: [],
            now: Date.now() / 1000,
          });
          tried += 1;
          const isKnown = Object.hasOwn(plan.egress!.destinations, hostOf(host));
          tell(counts, decision, isKnown);
          const arrived = outside.arrived.length - before;
          if (isAsDecided(decision, isKnown, status, arrived)) continue;
          throw new Disagreement(
            `seed ${seed}: decide says ${decision.outcome} of ${method} http://${host}${path} by ${as}; ` +
              `answered ${status}, ${arrived} arrived\n${JSON.stringify(plan.egress!.policy.services)}`,
          );
        }
      } finally {
        await callers.close();
        await pod.close();
      }
    }
  } finally {
    await outside.close();
  }
  return tried;
}

/** What the mesh knows no host of ends at the caller's own sidecar; what is malformed may be reset there. */
function isAsDecided(
  { outcome }: Decision,
  isKnown: boolean,
  status: number | undefined,
  arrived: number,
): boolean {
  if (outcome === 'allow') return status === 200 && arrived === 1;
  if (arrived > 0) return false;
  if (!isKnown) return status === 502 || status === 404 || status === 403 || status === 400;
  return status === STATUS[outcome];
}

function hostOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d+$/, '');
}

function tell(counts: Counts, { outcome, wouldAllow }: Decision, isKnown: boolean): void {
  const add = (name: string) => {
    counts.set(`call that leaves: ${name}`, (counts.get(`call that leaves: ${name}`) ?? 0) + 1);
  };
  add(outcome);
  if (!isKnown) add('a host of no plan');
  if (wouldAllow !== undefined) add('would be allowed');
}

function optionsOf(plan: Plan) {
  return {
    services: Object.fromEntries(
      Object.keys(plan.services).map((name) => [name, { selector: { app: name }, port: 8080 }]),
    ),
  };
}

/** The sidecars of all callers on one stock Envoy, each with the listener for calls to port 80 that Istio made. */
class CallerSidecars {
  private constructor(
    private readonly child: Child,
    private readonly endpoints: Readonly<Record<string, { readonly address: string; readonly port: number }>>,
  ) {}

  static async start(
    ground: MeshGround,
    plan: Plan,
    objects: readonly KubernetesObject[],
    pod: EgressPod,
  ): Promise<CallerSidecars> {
    const { binary, state, guardian, addresses } = ground.testbed;
    const options = optionsOf(plan);
    const folder = state.folder('istio.egress');
    const address = await addresses.address('istio-egress');
    const listeners: Template[] = [];
    const clusters: Template[] = [];
    const endpoints: Record<string, { address: string; port: number }> = {};
    for (const [at, name] of CALLERS.entries()) {
      const translated = await ground.istio.ask({
        objects: [...workloadsOf(plan, options), ...objects.filter(isOfMesh)],
        mesh: { ...meshSettings(plan, options), outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
        namespace: plan.namespace,
        pod: name,
        outbound: PORT,
      });
      const refused = (translated.refused ?? []).filter((text) => !text.includes('internal implementation'));
      if (refused.length > 0) throw new Error(`istiod refuses an object:\n${refused.join('\n')}`);
      const port = await addresses.port(address, 20_000 + at);
      endpoints[name] = { address, port };
      const leaf = await ground.testbed.leaf(plan.services[name]!.sidecar.spiffeId);
      const secrets = filesOf(folder, name, leaf, ground.testbed.authority.root);
      const own = (template: Template) =>
        JSON.parse(
          JSON.stringify(template).replaceAll(`"outbound|${PORT}|`, `"${name}|${PORT}|`),
        ) as Template;
      listeners.push(listener(name, { address, port }, own(translated.outbound!)));
      clusters.push(...clustersOf(translated, secrets, pod.endpoint).map(own));
    }
    const admin = state.socket('istio.egress');
    const file = join(folder, 'bootstrap.json');
    const unique = [...new Map(clusters.map((one) => [(one as { name: string }).name, one])).values()];
    writeFileSync(
      file,
      JSON.stringify({
        node: { id: 'sidecar', cluster: 'sidecar' },
        admin: { address: { pipe: { path: admin, mode: 0o600 } } },
        static_resources: { listeners, clusters: unique },
      }),
    );
    const args = [
      '--config-path',
      file,
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '--log-level',
      'warning',
    ];
    const launch = binary.docker
      ? dockerLaunch(binary.docker, state.path, args)
      : { command: binary.path, args };
    const environment = binary.docker ? process.env : {};
    const child = new Child({ ...launch, directory: folder, environment, guardian });
    const deadline = performance.now() + 30_000;
    while (!(await isLive(admin))) {
      if (!child.running || performance.now() > deadline) {
        throw new Error(`the Envoy of the callers did not start:\n${child.tail().join('\n')}`);
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    return new CallerSidecars(child, endpoints);
  }

  /** The status that the application of a workload gets. */
  async call(as: string, method: string, path: string, host: string): Promise<number | undefined> {
    const connection = await Http1Connection.open(this.endpoints[as]!);
    const { status } = await connection.send(requestBytes(method, path, host, []));
    connection.close();
    return status;
  }

  async close(): Promise<void> {
    await this.child.stop();
  }
}

/** The control plane reads no pods of ours, nor what they read. */
function isOfMesh({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.includes('istio.io/') || kind === 'Service';
}

function listener(name: string, at: { address: string; port: number }, manager: Template): Template {
  return {
    name,
    address: { socket_address: { address: at.address, port_value: at.port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              ...(manager as object),
            },
          },
        ],
      },
    ],
  };
}

/** As istiod names them, and its agent has them. */
function filesOf(folder: string, name: string, { certificate, key }: Leaf, root: string) {
  const file = (suffix: string, text: string) => {
    const path = join(folder, `${name}.${suffix}`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    certificate: {
      certificate_chain: { filename: file('pem', certificate) },
      private_key: { filename: file('key', key) },
    },
    roots: { trusted_ca: { filename: file('roots', root) } },
  };
}

/** The clusters of hosts outside, with files in place of what the agent serves, and the pod in place of its Service. */
function clustersOf(
  { clusters }: Translated,
  { certificate, roots }: ReturnType<typeof filesOf>,
  { address, port }: EgressPod['endpoint'],
): Template[] {
  const isOutside = (name: string) =>
    ['BlackHoleCluster', 'PassthroughCluster'].includes(name) ||
    HOSTS.some((host) => name.endsWith(`|${host}`));
  return Object.values(clusters)
    .filter((one) => isOutside((one as { name: string }).name))
    .map(
      (one) =>
        JSON.parse(JSON.stringify(one), (key, value: unknown) => {
          if (key === 'socket_address') return { address, port_value: port };
          if (typeof value !== 'object' || value === null || !('common_tls_context' in value)) return value;
          const { common_tls_context: context, ...more } = value as unknown as {
            common_tls_context: Record<string, { default_validation_context?: object }>;
          };
          const {
            tls_certificate_sds_secret_configs: _,
            combined_validation_context: validation,
            ...rest
          } = context;
          return {
            ...more,
            common_tls_context: {
              ...rest,
              tls_certificates: [certificate],
              validation_context: { ...roots, ...validation?.default_validation_context },
            },
          };
        }) as Template,
    );
}
