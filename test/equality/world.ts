import type { Plan } from '../../lib/plan/plan.js';
import type { HeaderLine, Request } from '../../lib/policy/request.js';
import { readCredential } from '../../lib/policy/token.js';
import type { Instant, RequestSpec } from '../engines/equality/case.js';
import { BEHIND_SIDECAR } from '../engines/equality/platform.js';
import { authorization } from '../engines/equality/token.js';
import { type Leaf, TestAuthority } from '../engines/support/authority.js';
import type { TestIssuer } from '../engines/support/issuer.js';

/** A drawn request with its tokens signed: the lines that are sent, and how `decide` reads them. */
export interface Posed {
  readonly spec: RequestSpec;
  /** As they are sent. */
  readonly headers: readonly HeaderLine[];
  readonly request: Request;
}

/** The issuers and the clients that random requests speak of. */
export class World {
  readonly #issuers: ReadonlyMap<string, TestIssuer>;

  private constructor(
    issuers: readonly TestIssuer[],
    /** By the name that a request has for its client. */
    readonly clients: ReadonlyMap<string, Leaf>,
    private readonly plan: Plan,
  ) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.name, issuer]));
  }

  /** `web` is the leaf of a workload: a gateway believes no certificate, not one that the mesh itself issued either. */
  static async create(plan: Plan, issuers: readonly TestIssuer[], web: Leaf): Promise<World> {
    const stranger = await TestAuthority.create(plan.certificates, 'clients.invalid');
    const alice = await stranger.workload('spiffe://clients.invalid/ns/default/sa/alice');
    const clients = new Map([
      ['alice', alice],
      ['web', web],
    ]);
    return new World(issuers, clients, plan);
  }

  /** The instant at which placeholders of a case are filled in. */
  instant(now = Math.floor(Date.now() / 1000)): Instant {
    return { now, thumbprint: (name) => this.clients.get(name)?.thumbprint ?? '' };
  }

  pose(spec: RequestSpec, instant: Instant, more: readonly HeaderLine[] = []): Posed {
    const headers = [
      ...more,
      ...spec.headers.map(
        ([name, value]): HeaderLine => [
          name,
          typeof value === 'string' ? value : authorization(value, this.#issuers, instant),
        ],
      ),
    ];
    return { spec, headers, request: this.#request(spec, headers, instant.now) };
  }

  spiffeId(peer: string): string {
    const { gateway, services } = this.plan;
    return peer === 'gateway' ? gateway.spiffeId : services[peer]!.sidecar.spiffeId;
  }

  #request(spec: RequestSpec, headers: readonly HeaderLine[], now: number): Request {
    // HTTP/1.1 leaves out the white space around a value.
    const seen = spec.http === 1 ? headers.map(([name, value]): HeaderLine => [name, value.trim()]) : headers;
    const credential = readCredential(seen, (compact, header, claims) => {
      const issuer = [...this.#issuers.values()].find((known) => known.issuer === claims['iss']);
      return issuer?.verify(compact, header) ?? false;
    });
    const isSidecar = spec.point === 'sidecar';
    const thumbprint = spec.point === 'gateway' ? this.clients.get(spec.peer)?.thumbprint : undefined;
    return {
      point: isSidecar
        ? { kind: 'sidecar', service: BEHIND_SIDECAR }
        : { kind: 'gateway', ...(spec.point === 'behindEdge' && { behindEdge: true }) },
      ...(isSidecar && { peer: this.spiffeId(spec.peer) }),
      method: spec.method,
      authority: spec.host,
      path: spec.path,
      headers: seen,
      credential,
      sourceAddress: spec.source,
      ...(thumbprint !== undefined && { certificateThumbprint: thumbprint }),
      now,
    };
  }
}
