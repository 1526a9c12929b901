import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { ingressObjects } from '../../../lib/kubernetes/index.js';
import { meshPolicy } from '../../../lib/kubernetes/mesh-policy.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import { meshOptions } from '../../../lib/kubernetes/workloads.js';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import { spiffeId } from '../../../lib/plan/names.js';
import { tryResolve } from '../../../lib/plan/resolve.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { type Decision, decide } from '../../../lib/policy/decide.js';
import { indexPolicy, type PolicyIndex } from '../../../lib/policy/index-rules.js';
import type { Request } from '../../../lib/policy/request.js';
import { type Posed, World } from '../../equality/world.js';
import { type Instant, type PolicySpec, partsOf, type RequestSpec, revocationsOf } from '../equality/case.js';
import { createIssuers, modelOf, STARTING_PARTS } from '../equality/platform.js';
import type { Leaf } from '../support/authority.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { Http2Client, requestFields } from '../support/http2.js';
import type { Reply } from '../support/reply.js';
import { Testbed } from '../support/testbed.js';
import { Upstream, type Received } from '../support/upstream.js';
import { EdgeDecision } from './edge-decision.js';
import { type Edge, EdgeEnvoy } from './edge-envoy.js';
import { surroundings } from './surroundings.js';
import { buildTranslation, translate, type TranslatedGateway } from './translation.js';

const DECISION = { serviceName: 'decision', servicePort: 80, selector: { app: 'decision' } } as const;
const INGRESS_NAMESPACE = 'edge';

export interface ServedEdge {
  /** The plan with the ingress as its gateway, and what is revoked. */
  readonly plan: Plan;
  readonly index: PolicyIndex;
  readonly port: number;
  readonly decision: EdgeDecision;
  readonly problems: readonly string[];
}

/** One request, what `decide` says, and what the gateway did. */
export interface TriedEdge {
  readonly posed: Posed;
  readonly request: Request;
  readonly expected: Decision;
  readonly reply: Reply;
  readonly received: Received | undefined;
  readonly wasAsked: boolean;
}

/** What becomes of the objects before Envoy Gateway reads them. */
export type Change = (objects: readonly KubernetesObject[]) => readonly KubernetesObject[];

/** The namespace `default` is the cluster's own. */
function inCluster(model: ZeroTrustModel): ZeroTrustModel {
  return { ...model, authority: { ...model.authority, namespace: 'shop' } };
}

/** Tries of one request, until no second has passed between asking and answering. */
const TRIES = 4;

/** Gateways of Envoy Gateway on real Envoys, services of a mesh behind them, and everything to try requests on them. */
export class EdgeGround {
  /** Who called services, by the names in their certificates. */
  readonly callers = new Set<string>();
  readonly #run = randomBytes(6).toString('hex');
  readonly #open: { close(): unknown }[] = [];
  readonly #known = new Map<string, TranslatedGateway>();
  #asked = 0;

  private constructor(
    private readonly program: string,
    readonly testbed: Testbed,
    readonly world: World,
    readonly issuers: ReturnType<typeof createIssuers>,
    private readonly upstreams: ReadonlyMap<string, { readonly upstream: Upstream; readonly port: number }>,
    private readonly leaves: { readonly edge: Leaf; readonly identity: Leaf; readonly decision: Leaf },
  ) {}

  static async create(): Promise<EdgeGround> {
    const program = buildTranslation();
    const issuers = createIssuers();
    const { plan } = tryResolve(inCluster(modelOf(STARTING_PARTS)), { engine: 'kubernetes' });
    const { services, trustDomain, namespace, gateway } = plan!;
    const testbed = await Testbed.create(plan!, issuers);
    const address = await testbed.addresses.address('behind');
    const upstreams = new Map<string, { upstream: Upstream; port: number }>();
    for (const service of gateway.services) {
      const port = await testbed.addresses.port(address, 8080 + upstreams.size);
      const leaf = await testbed.leaf(services[service]!.sidecar.spiffeId);
      const upstream = await Upstream.start({
        ...{ service, address, port },
        tls: { leaf, ca: testbed.authority.root },
        onRequest: (received) => {
          const trace = received.headers.find(([name]) => name === 'traceparent')?.[1];
          if (trace !== undefined) testbed.received.set(trace, received);
        },
      });
      upstreams.set(service, { upstream, port });
    }
    const world = await World.create(plan!, issuers, await testbed.leaf(services['web']!.sidecar.spiffeId));
    const hosts = gateway.services.map((name) => services[name]!.authority);
    const leaves = {
      edge: await testbed.authority.edge(hosts),
      identity: await testbed.leaf(spiffeId(trustDomain, INGRESS_NAMESPACE, 'gateway')),
      decision: await testbed.leaf(spiffeId(trustDomain, namespace, DECISION.serviceName)),
    };
    const ground = new EdgeGround(program, testbed, world, issuers, upstreams, leaves);
    for (const { upstream } of upstreams.values()) {
      upstream.server.on('secureConnection', (socket: TLSSocket) =>
        ground.callers.add(socket.getPeerX509Certificate()?.subjectAltName ?? 'nobody'),
      );
    }
    return ground;
  }

  /** The plan of a policy for Kubernetes, with what is revoked in force. */
  planOf(spec: PolicySpec, instant: Instant): Plan {
    const now = new Date(instant.now * 1000);
    const { plan, diagnostics } = tryResolve(inCluster(modelOf(partsOf(spec, instant))), {
      engine: 'kubernetes',
      now,
    });
    if (!plan) throw new Error(`a policy that was valid is not: ${JSON.stringify(diagnostics)}`);
    return { ...plan, revocation: { ...plan.revocation, document: revocationsOf(spec, instant) } };
  }

  /** Have an Envoy enforce each of the plans; what was there before ends. */
  async serve(plans: readonly Plan[], change: Change = (objects) => objects): Promise<ServedEdge[]> {
    await this.clear();
    const { addresses, authority } = this.testbed;
    const address = await addresses.address('edge');
    const served: ServedEdge[] = [];
    const edges: Edge[] = [];
    for (const plan of plans) {
      const port = await addresses.port(address, 20_000 + ((this.#asked + served.length) % 20_000));
      const options = {
        decisionService: DECISION,
        ingress: { namespace: INGRESS_NAMESPACE, issuer: { name: 'mesh' } },
      };
      const policy = meshPolicy(plan, meshOptions(plan, options));
      const translated = this.#translate(plan, change(ingressObjects(plan, options)));
      const own = { ...plan, policy };
      const decision = await EdgeDecision.start(own, {
        issuers: this.issuers,
        leaf: this.leaves.decision,
        roots: authority.root,
      });
      this.#open.push(decision);
      served.push({
        plan: own,
        index: indexPolicy(policy, plan.revocation.document),
        port,
        decision,
        problems: translated.problems,
      });
      const behind = await addresses.address('behind');
      edges.push({
        listen: { address, port },
        translated,
        placeOf: (cluster) => {
          const service = /^(?:http|grpc)route\/[^/]+\/([^/]+)\//.exec(cluster)?.[1];
          return service === undefined
            ? decision.endpoint
            : { address: behind, port: this.upstreams.get(service)!.port };
        },
      });
    }
    const { edge, identity } = this.leaves;
    this.#open.push(await EdgeEnvoy.start(this.testbed, edges, { edge, identity, roots: authority.root }));
    return served;
  }

  /** Most policies come to the same objects, since it is the decision service that knows the rules. */
  #translate(plan: Plan, objects: readonly KubernetesObject[]): TranslatedGateway {
    const key = JSON.stringify(objects);
    const known = this.#known.get(key);
    if (known) return known;
    const around = surroundings(plan, {
      services: [...plan.gateway.services, DECISION.serviceName],
      ingressNamespace: INGRESS_NAMESPACE,
      edge: this.leaves.edge,
      identity: this.leaves.identity,
      roots: this.testbed.authority.root,
    });
    const made = translate(this.program, [...around, ...objects]);
    this.#known.set(key, made);
    return made;
  }

  async try(served: ServedEdge, spec: RequestSpec): Promise<TriedEdge> {
    for (let attempt = 1; ; attempt += 1) {
      const instant = this.world.instant();
      const trace = `00-${this.#run}${(this.#asked++).toString(16).padStart(20, '0')}-00f067aa0ba902b7-01`;
      const posed = this.world.pose(spec, instant, [['traceparent', trace]]);
      const request = this.#asShown(served, posed.request);
      const reply = await this.#send(served, spec, posed);
      const expected = decide(served.index, request);
      const later = decide(served.index, { ...request, now: this.world.instant().now });
      const isSure = expected.outcome === later.outcome;
      const isLost = reply.status === undefined && reply.end === 'closed';
      // A busy machine may take longer than the gateway waits for the decision service.
      const isLate = reply.status === 503;
      if ((!isSure || isLost || isLate) && attempt < TRIES) continue;
      const received = this.testbed.received.get(trace);
      this.testbed.received.delete(trace);
      return { posed, request, expected, reply, received, wasAsked: served.decision.asked.has(trace) };
    }
  }

  /** A client shows no certificate to who asks for none; what is bound to one is nobody's there. */
  #asShown({ plan }: ServedEdge, request: Request): Request {
    const { certificateThumbprint: _, ...without } = request;
    return plan.gateway.asksClientCertificate ? request : without;
  }

  async #send({ port }: ServedEdge, spec: RequestSpec, { headers }: Posed): Promise<Reply> {
    const address = await this.testbed.addresses.address('edge');
    const client = this.world.clients.get(spec.peer);
    const shown = client && { certificate: client.certificate, key: client.key };
    const tls = { ca: this.testbed.authority.root, ...shown };
    const target = { address, port, localAddress: spec.source, tls };
    const http = spec.http === 1 ? new Http1Client(target) : new Http2Client(target);
    try {
      return http instanceof Http1Client
        ? await http.send(requestBytes(spec.method, spec.path, spec.host, headers))
        : await http.send(requestFields(spec.method, spec.path, spec.host, headers));
    } finally {
      http.close();
    }
  }

  async clear(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one.close();
  }

  async close(): Promise<void> {
    await this.clear();
    for (const { upstream } of this.upstreams.values()) await upstream.close();
    await this.testbed.close();
  }
}
