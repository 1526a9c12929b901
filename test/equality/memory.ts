import { setImmediate as immediately } from 'node:timers/promises';
import type fc from 'fast-check';
import { explain } from '../../lib/insight/explain.js';
import { tryResolve } from '../../lib/plan/resolve.js';
import { pathOf } from '../../lib/policy/canonical.js';
import { decide } from '../../lib/policy/decide.js';
import { indexPolicy, rulesFor } from '../../lib/policy/index-rules.js';
import type { Request } from '../../lib/policy/request.js';
import { type Case, partsOf, revocationsOf } from '../engines/equality/case.js';
import { Draw } from '../engines/equality/draw.js';
import type { Applied } from '../engines/equality/ground.js';
import { createIssuers, modelOf, STARTING_PARTS } from '../engines/equality/platform.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { shrink } from '../engines/equality/shrink.js';
import type { Statistics } from '../engines/equality/statistics.js';
import { repaired } from '../engines/equality/validity.js';
import { TestAuthority } from '../engines/support/authority.js';
import { Random } from '../policy/random.js';
import { CedarPoint } from './cedar-point.js';
import type { EdgePoint } from './edge-point.js';
import { askEdges, edgePoints } from './edges.js';
import { rulesCovering } from './linear.js';
import { type Posed, World } from './world.js';

/** Seconds since the epoch of every case: a seed gives the same requests, and tokens, on every day. */
const NOW = 1_900_000_000;

/** The choices of one policy of a seed, and of its requests; `Draw` asks for nothing but whole numbers. */
export function seededDraw(seed: number, policy: number): Draw {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ policy);
  const value = (_: unknown, { max }: { readonly max: number }) => random.below(max + 1);
  return new Draw(value as unknown as fc.GeneratorValue);
}

export interface Campaign {
  readonly seed: number;
  /** Random policies. */
  readonly policies: number;
  /** Random requests for each. */
  readonly requests: number;
}

/** Requests at a sidecar for each at the gateway: Cedar alone is asked about them here. */
const AT_SIDECAR = 0.25;

/** `decide` beside the bundled authorizer and Cedar, all in this process: tens of thousands of requests a minute. */
export class Memory {
  readonly #cedar = new CedarPoint();

  private constructor(
    readonly world: World,
    readonly edges: readonly EdgePoint[],
    /** Whose tokens the requests have. */
    readonly issuers: ReturnType<typeof createIssuers>,
  ) {}

  static async create(): Promise<Memory> {
    const issuers = createIssuers();
    const { plan, diagnostics } = tryResolve(modelOf(STARTING_PARTS));
    if (!plan) throw new Error(`the starting model is not valid: ${JSON.stringify(diagnostics)}`);
    const authority = await TestAuthority.create(plan.certificates, plan.trustDomain);
    const web = await authority.workload(plan.services['web']!.sidecar.spiffeId);
    const world = await World.create(plan, issuers, web);
    return new Memory(world, edgePoints({ issuers, world, overSockets: false }), issuers);
  }

  /** Try random requests under random policies. Throws at the first disagreement, with the smallest case of it. */
  async explore({ seed, policies, requests }: Campaign, statistics: Statistics): Promise<void> {
    for (let number = 0; number < policies; number += 1) {
      // A turn of the event loop, so that an interruption is heard.
      await immediately();
      await this.#explorePolicy(seed, number, requests, statistics);
    }
  }

  async #explorePolicy(
    seed: number,
    number: number,
    requests: number,
    statistics: Statistics,
  ): Promise<void> {
    const instant = this.world.instant(NOW);
    const draw = seededDraw(seed, number);
    const { policy } = repaired(drawPolicy(draw), instant);
    const applied = this.apply(policy);
    if (!applied) throw new Error(`a policy that was valid is not: ${JSON.stringify(policy)}`);
    const decided = new Set<string>();
    const atSidecar = Math.floor(requests * AT_SIDECAR);
    for (let count = 0; count < requests + atSidecar; count += 1) {
      const point = count < requests ? 'gateway' : 'sidecar';
      const request = drawRequest(draw, applied.plan, policy.revocations, point);
      const posed = this.world.pose(request, instant);
      const before = this.#cedar.asked;
      const found = await this.differences(applied, posed);
      const expected = decide(applied.index, posed.request);
      statistics.add(applied, { request: posed.request, expected }, request.http);
      if (expected.rule !== undefined) decided.add(`${expected.service}/${expected.rule}`);
      if (point === 'gateway') for (const { form } of this.edges) statistics.engine(form);
      if (this.#cedar.asked > before) statistics.engine('Cedar');
      if (found.length > 0) throw new Error(await this.#report({ policy, request }, seed, statistics.pairs));
    }
    const rules = Object.values(applied.plan.policy.services).flatMap((service) => service.rules);
    statistics.rules(rules.length, decided.size);
  }

  /** Deploy a policy at every point; undefined if its model has an error. */
  apply(policy: Case['policy']): Applied | undefined {
    const instant = this.world.instant(NOW);
    const { plan } = tryResolve(modelOf(partsOf(policy, instant)), { now: new Date(NOW * 1000) });
    if (!plan) return undefined;
    const revocations = revocationsOf(policy, instant);
    for (const edge of this.edges) edge.apply(plan, revocations);
    this.#cedar.apply(plan, revocations);
    return { plan, index: indexPolicy(plan.policy, revocations) };
  }

  /** In what the points, Cedar and the reading of the rules one by one differ from `decide`. */
  async differences(applied: Applied, posed: Posed): Promise<string[]> {
    const isClients = posed.spec.point === 'gateway';
    const cedar = this.#cedar.difference(applied.index, posed.request);
    return [
      ...(isClients ? await askEdges(this.edges, applied.index, posed) : []),
      ...(cedar === undefined ? [] : [cedar]),
      ...this.#indexed(applied, posed),
    ];
  }

  /** The differences of a case by itself; none if its model is not valid. */
  async differencesOf({ policy, request }: Case): Promise<string[]> {
    const applied = this.apply(policy);
    return applied ? this.differences(applied, this.world.pose(request, this.world.instant(NOW))) : [];
  }

  /** What `ztp explain` says about a request, where no revocation is in force: it knows the plan's alone. */
  explained({ plan }: Applied, request: Request) {
    const { method, authority, path, headers, credential, sourceAddress, now } = request;
    const thumbprint = request.certificateThumbprint;
    const call = { method, authority, path, headers, credential, sourceAddress, now };
    return explain(plan, { ...call, ...(thumbprint !== undefined && { certificateThumbprint: thumbprint }) });
  }

  #indexed({ index }: Applied, { request }: Posed): string[] {
    const decision = decide(index, request);
    const { service } = decision;
    if (service === undefined || decision.outcome === 'nonCanonical') return [];
    const path = pathOf(request.path);
    const indexed = rulesFor(index, service, request.method, path).map(
      ({ id, operation }) => `${id} ${operation}`,
    );
    const read = rulesCovering(index.policy.services[service]!, request.method, path);
    return indexed.join('\n') === read.join('\n')
      ? []
      : [`index: [${indexed.join(', ')}]; read one by one: [${read.join(', ')}]`];
  }

  async #report(found: Case, seed: number, pairs: number): Promise<string> {
    const [said = ''] = await this.differencesOf(found);
    const kind = said.split(':', 1)[0];
    const smallest = await shrink(found, async (smaller) => {
      try {
        return (await this.differencesOf(smaller)).some((text) => text.split(':', 1)[0] === kind);
      } catch {
        return false;
      }
    });
    return [
      `a point and decide differ, after ${pairs} pairs, seed ${seed}`,
      `found:    ${said}`,
      `smallest: ${(await this.differencesOf(smallest)).join('; ')}`,
      'For test/equality/regressions.json:',
      JSON.stringify(smallest),
    ].join('\n');
  }
}
