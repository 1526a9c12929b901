import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { FOR_ENVOY } from '../../../gateway/decision/server.js';
import { meshDecisionData } from '../../../lambda/authorizer/data.js';
import { createDecisionService } from '../../../lambda/authorizer/service.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Template } from '../../../lib/plan/refs.js';
import type { Leaf } from '../support/authority.js';
import type { TestIssuer } from '../support/issuer.js';

const FORWARDED = 'x-forwarded-client-cert';

interface Around {
  readonly issuers: readonly TestIssuer[];
  readonly leaf: Leaf;
  readonly roots: string;
}

/** The decision service of a mesh, by its own code, with its sidecar: mutual TLS, and word of who asks. */
export class EdgeDecision {
  /** `traceparent` of every request that it was asked about. */
  readonly asked = new Set<string>();

  private constructor(
    readonly endpoint: { readonly address: string; readonly port: number },
    private readonly server: Server,
  ) {}

  static async start(plan: Plan, { issuers, leaf, roots }: Around): Promise<EdgeDecision> {
    const keys = new Map(
      issuers.map((issuer) => [plan.issuers[issuer.name]?.jwksUri, JSON.stringify(issuer.jwks())]),
    );
    const service = createDecisionService({
      template: meshDecisionData(plan, plan.policy) as unknown as Template,
      refs: {},
      environment: {},
      write: () => {},
      fetchText: async (url) => ({ status: 200, headers: {}, text: keys.get(url) ?? '' }),
    });
    const tls = {
      cert: leaf.certificate,
      key: leaf.key,
      ca: roots,
      requestCert: true,
      minVersion: 'TLSv1.3',
    } as const;
    const server = createServer({ ...tls, ...FOR_ENVOY }, (request, response) => {
      const { traceparent } = request.headers;
      if (typeof traceparent === 'string') started.asked.add(traceparent);
      const { subjectAltName = 'nobody' } = (request.socket as TLSSocket).getPeerX509Certificate() ?? {};
      // As its sidecar writes it, over whatever came.
      const others = request.rawHeaders.findIndex((name) => name.toLowerCase() === FORWARDED);
      if (others >= 0) request.rawHeaders.splice(others, 2);
      request.rawHeaders.push(
        FORWARDED,
        `By=none;Hash=${'0'.repeat(64)};${subjectAltName.replace('URI:', 'URI=')}`,
      );
      service(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    const started = new EdgeDecision(
      { address: '127.0.0.1', port: (server.address() as AddressInfo).port },
      server,
    );
    return started;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
