import { randomBytes } from 'node:crypto';
import type { MeshMode } from '../../../lib/kubernetes/mesh-options.js';
import { tryResolve } from '../../../lib/plan/resolve.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { type Decision, decide } from '../../../lib/policy/decide.js';
import type { Request } from '../../../lib/policy/request.js';
import { type Posed, World } from '../../equality/world.js';
import { type Instant, type PolicySpec, partsOf, type RequestSpec, revocationsOf } from '../equality/case.js';
import { BEHIND_SIDECAR, createIssuers, modelOf, STARTING_PARTS } from '../equality/platform.js';
import { TestAuthority } from '../support/authority.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { Http2Client, requestFields } from '../support/http2.js';
import type { Reply } from '../support/reply.js';
import { Testbed } from '../support/testbed.js';
import { Upstream } from '../support/upstream.js';
import { DecisionServer } from './decision-server.js';
import { MeshEnvoy } from './mesh-envoy.js';
import { type MeshPolicy, translate, type TranslateOptions } from './mesh-policy.js';
import { IstioTranslation } from './translation.js';

/** A trust domain whose roots the mesh takes as well, as one that is federated. */
export const FOREIGN = 'other.example';

export interface Served extends MeshPolicy {
  readonly port: number;
  readonly decision: DecisionServer;
}

/** One request, what `decide` says, and what the sidecar did. */
export interface Tried {
  readonly posed: Posed;
  readonly request: Request;
  readonly expected: Decision;
  readonly reply: Reply;
  readonly arrived: boolean;
  /** The decision service was asked about it. */
  readonly wasAsked: boolean;
}

/** Who asks the decision service: the one sidecar that is tried, or the waypoint. */
function askerIn({ plan }: MeshPolicy): string {
  return plan.policy.waypoint ?? plan.services[BEHIND_SIDECAR]!.sidecar.spiffeId;
}

/** Tries of one request, until no second has passed between asking and answering, and it was answered. */
const TRIES = 4;

/** Sidecars of Istio on real Envoys, and everything to try requests on them. */
export class MeshGround {
  readonly #run = randomBytes(6).toString('hex');
  #asked = 0;
  readonly #open: { close(): unknown }[] = [];

  private constructor(
    readonly istio: IstioTranslation,
    readonly testbed: Testbed,
    readonly world: World,
    readonly issuers: ReturnType<typeof createIssuers>,
    readonly foreign: TestAuthority,
    readonly application: { readonly address: string; readonly port: number },
    private readonly upstream: Upstream,
  ) {}

  static async create(mode: MeshMode = 'sidecar'): Promise<MeshGround> {
    const istio = IstioTranslation.start(mode);
    const issuers = createIssuers();
    const { plan } = tryResolve(modelOf(STARTING_PARTS), { engine: 'kubernetes' });
    const testbed = await Testbed.create(plan!, issuers);
    const address = await testbed.addresses.address('application');
    const application = { address, port: await testbed.addresses.port(address, 8080) };
    const upstream = await Upstream.start({
      service: BEHIND_SIDECAR,
      ...application,
      onRequest: (received) => {
        const trace = received.headers.find(([name]) => name === 'traceparent')?.[1];
        if (trace !== undefined) testbed.received.set(trace, received);
      },
    });
    const world = await World.create(
      plan!,
      issuers,
      await testbed.leaf(plan!.services['web']!.sidecar.spiffeId),
    );
    const foreign = await TestAuthority.create(plan!.certificates, FOREIGN);
    return new MeshGround(istio, testbed, world, issuers, foreign, application, upstream);
  }

  /** The plan of a policy for Kubernetes, with what is revoked in force. */
  planOf(spec: PolicySpec, instant: Instant): Plan {
    const now = new Date(instant.now * 1000);
    const { plan, diagnostics } = tryResolve(modelOf(partsOf(spec, instant)), { engine: 'kubernetes', now });
    if (!plan) throw new Error(`a policy that was valid is not: ${JSON.stringify(diagnostics)}`);
    return { ...plan, revocation: { ...plan.revocation, document: revocationsOf(spec, instant) } };
  }

  /** Have an Envoy enforce each of the plans; what was there before ends. */
  async serve(plans: readonly Plan[], options: Omit<TranslateOptions, 'port'> = {}): Promise<Served[]> {
    await this.clear();
    const { addresses, authority } = this.testbed;
    const address = await addresses.address('istio');
    const served: Served[] = [];
    for (const plan of plans) {
      const port = await addresses.port(address, 20_000 + ((this.#asked + served.length) % 20_000));
      const policy = await translate(this.istio, plan, BEHIND_SIDECAR, { ...options, port });
      const decision = await DecisionServer.start(policy.plan, askerIn(policy), this.issuers);
      this.#open.push(decision);
      served.push({ ...policy, port, decision });
    }
    const [{ trustDomain, services }] = plans as [Plan, ...Plan[]];
    const leaf = await this.testbed.leaf(services[BEHIND_SIDECAR]!.sidecar.spiffeId);
    const roots = { [trustDomain]: authority.root, [FOREIGN]: this.foreign.root };
    const sidecars = served.map(({ port, translated, runtime, decision }) => ({
      listen: { address, port },
      translated,
      runtime,
      application: this.application,
      decision: decision.endpoint,
    }));
    this.#open.push(await MeshEnvoy.start(this.testbed, sidecars, leaf, roots));
    return served;
  }

  /** @param service of the waypoint's: whose address the request goes to */
  async try(served: Served, spec: RequestSpec, peer: string, service = BEHIND_SIDECAR): Promise<Tried> {
    for (let attempt = 1; ; attempt += 1) {
      const instant = this.world.instant();
      const trace = `00-${this.#run}${(this.#asked++).toString(16).padStart(20, '0')}-00f067aa0ba902b7-01`;
      const posed = this.world.pose(spec, instant, [['traceparent', trace]]);
      const request = { ...posed.request, peer, point: { kind: 'sidecar', service } as const };
      const reply = await this.#send(served, spec, peer, posed, served.to?.[service]);
      const expected = decide(served.index, request);
      const later = decide(served.index, { ...request, now: this.world.instant().now });
      const isSure = expected.outcome === later.outcome;
      const isLost = reply.status === undefined && reply.end === 'closed';
      // A machine with other work may keep the decision service longer than an Envoy waits; `decide` never says so.
      const isLate = reply.status === 503;
      if ((!isSure || isLost || isLate) && attempt < TRIES) continue;
      const arrived = this.testbed.received.delete(trace);
      return { posed, request, expected, reply, arrived, wasAsked: served.decision.asked.has(trace) };
    }
  }

  async #send(
    { port }: Served,
    spec: RequestSpec,
    peer: string,
    { headers }: Posed,
    to: string | undefined,
  ): Promise<Reply> {
    const address = await this.testbed.addresses.address('istio');
    const { certificate, key } = peer.startsWith(`spiffe://${FOREIGN}/`)
      ? await this.foreign.workload(peer)
      : await this.testbed.leaf(peer);
    const tls = { ca: this.testbed.authority.root, certificate, key };
    const target = {
      address,
      port,
      localAddress: spec.source,
      tls,
      ...(to !== undefined && { tunnel: { to } }),
    };
    const client = spec.http === 1 ? new Http1Client(target) : new Http2Client(target);
    try {
      return client instanceof Http1Client
        ? await client.send(requestBytes(spec.method, spec.path, spec.host, headers))
        : await client.send(requestFields(spec.method, spec.path, spec.host, headers));
    } finally {
      client.close();
    }
  }

  async clear(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one.close();
  }

  async close(): Promise<void> {
    await this.clear();
    this.istio.close();
    await this.upstream.close();
    await this.testbed.close();
  }
}
