import { randomBytes } from 'node:crypto';
import { tryResolve } from '../../../lib/plan/resolve.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { decide, type Decision } from '../../../lib/policy/decide.js';
import { indexPolicy, type PolicyIndex } from '../../../lib/policy/index-rules.js';
import type { Request } from '../../../lib/policy/request.js';
import type { Target } from '../support/connect.js';
import { Http1Client, requestBytes } from '../support/http1.js';
import { Http2Client, requestFields } from '../support/http2.js';
import { type LoggedDecision, Point } from '../support/point.js';
import type { Reply } from '../support/reply.js';
import { Testbed } from '../support/testbed.js';
import type { Received } from '../support/upstream.js';
import { type ApiGateway, clientCertificate } from '../../gateway/support/api-gateway.js';
import { type EdgePoint, keysFrom } from '../../equality/edge-point.js';
import { askEdges, edgePoints } from '../../equality/edges.js';
import { type Posed, World } from '../../equality/world.js';
import { type Instant, type PolicySpec, partsOf, type RequestSpec, revocationsOf } from './case.js';
import { explanationDifference } from './explained.js';
import { BEHIND_SIDECAR, createIssuers, modelOf, STARTING_PARTS } from './platform.js';

/** A policy that both points judge by. */
export interface Applied {
  readonly plan: Plan;
  readonly index: PolicyIndex;
}

/** One request with what `decide` says and what the point did. */
export interface Tried {
  readonly request: Request;
  readonly expected: Decision;
  readonly reply: Reply;
  /** What arrived behind the point. */
  readonly received: Received | undefined;
  /** The line of the decision log; undefined if none came, which is right for what no filter saw. */
  readonly logged: LoggedDecision | undefined;
  /** In what the authorizer's code differs, point by point: of a client's request, asked of them too. */
  readonly edges: readonly string[];
  /** In what the line differs from what `ztp explain` says of the point; undefined if in nothing. */
  readonly explained: string | undefined;
}

type Header = readonly [name: string, value: string];

/** Tries of one request, until no second has passed between asking and answering. */
const TRIES = 4;

/** What the authorizer's code says when an issuer's server did not answer in time. */
const NO_KEYS = 'the keys of the issuer are not known';

/** A gateway and a sidecar, real, the authorizer's code beside them, and everything to try requests on them. */
export class Ground {
  readonly #clients = new Map<
    string,
    { send: (spec: RequestSpec, headers: readonly Header[]) => Promise<Reply>; close(): void }
  >();
  readonly #run = randomBytes(6).toString('hex');
  #asked = 0;
  /** Deploys the authorizer's code anew, with the policy that is in force. */
  #deploy = () => {};

  private constructor(
    readonly testbed: Testbed,
    readonly world: World,
    readonly points: Readonly<Record<RequestSpec['point'], Point>>,
    /** What answers the requests of clients without an Envoy. */
    readonly edges: readonly EdgePoint[],
    /** The one client of the gateway behind an edge. */
    private readonly apiGateway: ApiGateway,
  ) {}

  static async create(): Promise<Ground> {
    const issuers = createIssuers();
    const { plan, diagnostics } = tryResolve(modelOf(STARTING_PARTS));
    if (!plan) throw new Error(`the starting model is not valid: ${JSON.stringify(diagnostics)}`);
    const testbed = await Testbed.create(plan, issuers);
    try {
      const apiGateway = await clientCertificate();
      const [gateway, behindEdge, sidecar, web] = await Promise.all([
        Point.start(testbed, plan, 'gateway'),
        Point.start(testbed, plan, 'gateway', { apiGateway: apiGateway.hash }),
        Point.start(testbed, plan, `services/${BEHIND_SIDECAR}/sidecar`),
        testbed.leaf(plan.services['web']!.sidecar.spiffeId),
      ]);
      await Promise.all([gateway, behindEdge, sidecar].map((point) => point.hasKeys()));
      const world = await World.create(plan, issuers, web);
      const edges = edgePoints({ issuers, world, keys: keysFrom(testbed.keyServer), overSockets: true });
      return new Ground(testbed, world, { gateway, behindEdge, sidecar }, edges, apiGateway);
    } catch (error) {
      await testbed.close();
      throw error;
    }
  }

  /** The instant at which placeholders of a case are filled in. */
  instant(): Instant {
    return this.world.instant();
  }

  /** Have both points judge by a policy; undefined if its model has an error. */
  async apply(policy: PolicySpec): Promise<Applied | undefined> {
    const instant = this.instant();
    const { plan } = tryResolve(modelOf(partsOf(policy, instant)));
    if (!plan) return undefined;
    const revocations = revocationsOf(policy, instant);
    this.#deploy = () => {
      for (const edge of this.edges) edge.apply(plan, revocations);
    };
    this.#deploy();
    await Promise.all(Object.values(this.points).map((point) => point.apply(plan, revocations)));
    // As a plan that was made while these were in force.
    const inForce = { ...plan, revocation: { ...plan.revocation, document: revocations } };
    return { plan: inForce, index: indexPolicy(plan.policy, revocations) };
  }

  /** Send a request and decide about it. */
  async try({ plan, index }: Applied, spec: RequestSpec): Promise<Tried> {
    for (let attempt = 1; ; attempt += 1) {
      const instant = this.instant();
      const trace = `00-${this.#run}${(this.#asked++).toString(16).padStart(20, '0')}-00f067aa0ba902b7-01`;
      const asked = (http: 1 | 2) => this.world.pose({ ...spec, http }, instant, [['traceparent', trace]]);
      const { headers, request } = asked(spec.http);
      const reply = await (await this.#client(spec)).send(spec, headers);
      const { now } = this.instant();
      const expected = decide(index, request);
      const isSure = now === instant.now || sameDecision(expected, decide(index, { ...request, now }));
      // A connection may end at its age while a request is on its way.
      const isLost = reply.status === undefined && reply.end === 'closed';
      if ((isSure && !isLost) || attempt === TRIES) {
        // HTTP's own refusals leave no line to wait for, and a 400 may be one.
        const isLogged = reply.status !== undefined && reply.status !== 400;
        const logged = isLogged ? await this.points[spec.point].decision(trace) : undefined;
        const received = this.testbed.received.get(trace);
        this.testbed.received.delete(trace);
        // These are asked in HTTP/1.1, whatever the client speaks.
        const edges = spec.point === 'gateway' ? await this.#askEdges(index, asked(1)) : [];
        const explained = isSure ? explanationDifference(plan, request, logged) : undefined;
        return { request, expected, reply, received, logged, edges, explained };
      }
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await Promise.all(this.edges.map((edge) => edge.close()));
    await Promise.all(Object.values(this.points).map((point) => point.close()));
    await this.testbed.close();
  }

  /** Keys come from a server within three seconds, which a busy machine may not give: then once more. */
  async #askEdges(index: PolicyIndex, posed: Posed): Promise<string[]> {
    const said = await askEdges(this.edges, index, posed);
    if (!said.some((text) => text.includes(NO_KEYS))) return said;
    this.#deploy();
    return askEdges(this.edges, index, posed);
  }

  /** What a gateway's client shows. */
  #clientOf({
    point,
    peer,
  }: RequestSpec): { readonly certificate: string; readonly key: string } | undefined {
    if (point === 'behindEdge') return { certificate: this.apiGateway.cert, key: this.apiGateway.key };
    const leaf = point === 'gateway' ? this.world.clients.get(peer) : undefined;
    return leaf && { certificate: leaf.certificate, key: leaf.key };
  }

  async #client(spec: RequestSpec) {
    const key = [spec.point, spec.http, spec.peer, spec.source].join(' ');
    const known = this.#clients.get(key);
    if (known) return known;
    const point = this.points[spec.point];
    const shown = spec.point === 'sidecar' ? this.world.spiffeId(spec.peer) : undefined;
    const target: Target = await point.peer(shown, spec.source);
    const leaf = this.#clientOf(spec);
    const as = leaf ? { ...target, tls: { ...target.tls, ...leaf } } : target;
    const client = this.#clients.get(key) ?? (spec.http === 1 ? http1(as) : http2(as));
    this.#clients.set(key, client);
    return client;
  }
}

function http1(target: Target) {
  const client = new Http1Client(target);
  let last: Promise<unknown> = Promise.resolve();
  return {
    close: () => client.close(),
    // One after another: HTTP/1.1 answers in order.
    send(spec: RequestSpec, headers: readonly Header[]): Promise<Reply> {
      const reply = last.then(() => client.send(requestBytes(spec.method, spec.path, spec.host, headers)));
      last = reply.catch(() => {});
      return reply;
    },
  };
}

function http2(target: Target) {
  const client = new Http2Client(target);
  return {
    close: () => client.close(),
    send: (spec: RequestSpec, headers: readonly Header[]) =>
      client.send(requestFields(spec.method, spec.path, spec.host, headers)),
  };
}

function sameDecision(a: Decision, b: Decision): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
