import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PointOptions } from '../../lambda/authorizer/point.js';
import { CERTIFICATE_HASH, SOURCE_ADDRESS } from '../../lambda/authorizer/service.js';
import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import type { Plan } from '../../lib/plan/plan.js';
import { type Outcome, STATUS } from '../../lib/policy/decide.js';
import { isCanonicalAuthority } from '../../lib/policy/canonical.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import { type HeaderLine, hostOf, type Request } from '../../lib/policy/request.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import { Http1Client, requestBytes } from '../engines/support/http1.js';
import {
  type EdgeAnswer,
  type EdgeOptions,
  type EdgePoint,
  NO_AUTHORITY,
  pointOptions,
} from './edge-point.js';
import type { Posed } from './world.js';

const { createRequire } = process.getBuiltinModule('node:module');
const { createDecisionService } = createRequire(__filename)(
  join(__dirname, '../../dist/gateway/decision/index.js'),
) as { readonly createDecisionService: (options: PointOptions) => RequestListener };

/** The bundled decision service, asked as Envoy's `ext_authz` asks, over a loopback socket or in this process. */
export class DecisionPoint implements EdgePoint {
  readonly form = 'decision service';
  #service: RequestListener | undefined;
  #server: Server | undefined;
  #client: Http1Client | undefined;
  #now = 0;
  #line: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: EdgeOptions) {}

  apply(plan: Plan, revocations: RevocationDocument): void {
    this.#service = createDecisionService(
      pointOptions(this.options, plan, revocations, {
        clock: () => this.#now,
        write: (line) => {
          if (line.includes('"decision"')) this.#line = line;
        },
      }),
    );
  }

  /** One after another: the clock is that of the request which is asked about. */
  ask(posed: Posed): Promise<EdgeAnswer> {
    const answer = this.#last.then(() => this.#ask(posed));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** It finds the service by the host, and knows no service that is not public. */
  seenBy(index: PolicyIndex, request: Request): Request {
    if (!isCanonicalAuthority(request.authority)) return request;
    const service = index.byAuthority.get(hostOf(request.authority));
    const known = service === undefined ? undefined : index.policy.services[service];
    return { ...request, authority: known?.public ? known.authority : NO_AUTHORITY };
  }

  statusOf(outcome: Outcome): number {
    return outcome === 'allow' ? 200 : STATUS[outcome];
  }

  async close(): Promise<void> {
    this.#client?.close();
    this.#server?.closeAllConnections();
    const server = this.#server;
    if (server) await new Promise<void>((done) => server.close(() => done()));
  }

  async #ask({ spec, request }: Posed): Promise<EdgeAnswer> {
    this.#now = request.now * 1000;
    this.#line = undefined;
    const thumbprint = request.certificateThumbprint;
    const added: HeaderLine[] = [
      [SOURCE_ADDRESS, request.sourceAddress],
      ...(thumbprint === undefined
        ? []
        : [[CERTIFICATE_HASH, Buffer.from(thumbprint, 'base64url').toString('hex')] as const]),
    ];
    const headers = [...request.headers, ...added];
    const { method, path, host } = spec;
    const status = await (this.options.overSockets
      ? this.#send(requestBytes(method, path, host, headers))
      : this.#call(method, path, [['host', host], ...headers]));
    return { status, ...(this.#line !== undefined && { line: JSON.parse(this.#line) as DecisionLogEntry }) };
  }

  /** What Node's HTTP server refuses by itself is a 400 without a line. */
  async #send(bytes: string): Promise<number | undefined> {
    this.#client ??= new Http1Client(await this.#listen());
    const { status, end } = await this.#client.send(bytes);
    // A machine that is too busy for an answer says nothing of what the answer would be.
    if (end === 'timeout') throw new Error(`the decision service did not answer in time: ${bytes}`);
    return status;
  }

  async #listen(): Promise<{ address: string; port: number }> {
    const server = createServer({ maxHeaderSize: 65_536 }, (request, response) =>
      this.#service?.(request, response),
    );
    this.#server = server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    const { address, port } = server.address() as AddressInfo;
    return { address, port };
  }

  #call(method: string, url: string, headers: readonly HeaderLine[]): Promise<number> {
    return new Promise((done) => {
      let status = 0;
      const response = {
        writeHead: (given: number) => {
          status = given;
        },
        end: () => done(status),
      };
      this.#service?.({ method, url, rawHeaders: headers.flat() } as never, response as never);
    });
  }
}
