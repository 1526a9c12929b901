import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FOR_ENVOY } from '../../../gateway/decision/server.js';
import { meshDecisionData } from '../../../lambda/authorizer/data.js';
import { createDecisionService } from '../../../lambda/authorizer/service.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Template } from '../../../lib/plan/refs.js';
import type { TestIssuer } from '../support/issuer.js';

/** The decision service of a mesh, by its own code over a socket; its sidecar is not here: `asks` is said to ask. */
export class DecisionServer {
  /** `traceparent` of every request that it was asked about. */
  readonly asked = new Set<string>();

  private constructor(
    readonly endpoint: { readonly address: string; readonly port: number },
    private readonly server: Server,
  ) {}

  static async start(plan: Plan, asks: string, issuers: readonly TestIssuer[]): Promise<DecisionServer> {
    const asker = `By=none;Hash=${'0'.repeat(64)};URI=${asks}`;
    const keys = new Map(
      issuers.map((issuer) => [plan.issuers[issuer.name]?.jwksUri, JSON.stringify(issuer.jwks())]),
    );
    const answer = createDecisionService({
      template: meshDecisionData(plan, plan.policy) as unknown as Template,
      refs: {},
      environment: {},
      write: () => {},
      fetchText: async (url) => ({ status: 200, headers: {}, text: keys.get(url) ?? '' }),
    });
    const server = createServer(FOR_ENVOY, (request, response) => {
      const { traceparent } = request.headers;
      if (typeof traceparent === 'string') started.asked.add(traceparent);
      request.rawHeaders.push('x-forwarded-client-cert', asker);
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    const started = new DecisionServer(
      { address: '127.0.0.1', port: (server.address() as AddressInfo).port },
      server,
    );
    return started;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
