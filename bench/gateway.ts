import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, resolve } from '../lib/plan/index.js';
import { decide, indexPolicy, type Request } from '../lib/policy/index.js';
import { processCpu } from './cpu.js';
import { type GatewayFiles, gatewayFiles, type GatewayWork, upstreamBootstrap } from './envoy-config.js';
import { freePort, type Load, Workshop } from './envoy-process.js';
import type { RunOptions, Subject } from './harness.js';
import { requestsFor } from './requests.js';
import { type Algorithm, TokenSigner } from './tokens.js';
import { platform } from './workload.js';

/** Services at every number of rules, so that only the rules differ. */
const SERVICES = 100;

/** Requests that the load goes round, each with a token of its own. */
const REQUESTS = 1000;

/** CPU time of one sample: a few hundred requests. */
const SAMPLE_MICROSECONDS = { quick: 50_000, full: 300_000 };

/** One platform, its tokens and the load on it; each subject is a gateway of it in an Envoy of its own. */
export class GatewayBench {
  readonly #workshop: Workshop;
  readonly #upstreamPort: number;
  readonly #signer = new TokenSigner();
  readonly #options: RunOptions;

  private constructor(workshop: Workshop, upstreamPort: number, options: RunOptions) {
    this.#workshop = workshop;
    this.#upstreamPort = upstreamPort;
    this.#options = options;
  }

  static async open(options: RunOptions): Promise<GatewayBench> {
    const workshop = new Workshop();
    const port = await freePort();
    const folder = workshop.folder();
    const adminSocket = join(folder, 'admin');
    await workshop.envoy(folder, upstreamBootstrap(port, adminSocket), adminSocket);
    return new GatewayBench(workshop, port, options);
  }

  /** A platform of that many rules and the requests to its gateway, with tokens signed by the algorithm. */
  async platform(rules: number, algorithm: Algorithm): Promise<{ plan: Plan; load: Load }> {
    const plan = resolve(platform({ rules, services: SERVICES }));
    const requests = admitted(plan).map((request) => this.#text(request, algorithm));
    return { plan, load: await this.#workshop.load(requests) };
  }

  /** A subject: one gateway in an Envoy of its own, which the load goes to. */
  async subject(
    name: string,
    { plan, load }: { plan: Plan; load: Load },
    work: GatewayWork,
    change: (files: GatewayFiles) => GatewayFiles = (files) => files,
  ): Promise<Subject> {
    const folder = this.#workshop.folder();
    const routesFolder = this.#workshop.folder();
    const port = await freePort();
    const adminSocket = join(folder, 'admin');
    const places = { port, upstreamPort: this.#upstreamPort, adminSocket, routesFolder };
    const { bootstrap, routes } = change(gatewayFiles(plan, work, places, this.#signer.jwks));
    writeFileSync(join(routesFolder, 'routes.json'), JSON.stringify(routes));
    const { pid } = await this.#workshop.envoy(folder, bootstrap, adminSocket);
    return {
      name,
      run: (iterations) => load.run(port, iterations),
      ...({ pid } as object),
      cpu: () => processCpu(pid!),
      sampleMicroseconds: SAMPLE_MICROSECONDS[this.#options.quick ? 'quick' : 'full'],
    };
  }

  close(): void {
    this.#workshop.close();
  }

  #text({ method, authority, path, credential }: Request, algorithm: Algorithm): string {
    const claims = credential.kind === 'jwt' ? credential.claims : {};
    return [
      `${method} ${path} HTTP/1.1`,
      `host: ${authority}`,
      'user-agent: ztp-bench',
      'accept: application/json',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      `authorization: Bearer ${this.#signer.token(algorithm, claims)}`,
      '\r\n',
    ].join('\r\n');
  }
}

/** Random requests with a person's token that the gateway admits: a refusal would spare it the upstream. */
function admitted(plan: Plan): Request[] {
  const index = indexPolicy(plan.policy);
  const now = Math.floor(Date.now() / 1000);
  const found: Request[] = [];
  for (let seed = 1; found.length < REQUESTS; seed += 1) {
    for (const drawn of requestsFor(plan, REQUESTS, seed, now)) {
      const request: Request = { ...drawn, sourceAddress: '127.0.0.1' };
      if (isPersons(plan, request) && decide(index, request).outcome === 'allow') found.push(request);
    }
  }
  return found.slice(0, REQUESTS);
}

function isPersons(plan: Plan, { point, credential }: Request): boolean {
  if (point.kind !== 'gateway' || credential.kind !== 'jwt') return false;
  const issuer = Object.values(plan.issuers).find(({ issuer: iss }) => iss === credential.claims['iss']);
  return issuer?.kind === 'user';
}
