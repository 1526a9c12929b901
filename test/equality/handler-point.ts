import { join } from 'node:path';
import type { HttpAnswer, RestAnswer } from '../../lambda/authorizer/answer.js';
import type { Handler } from '../../lambda/authorizer/handler.js';
import type { PointOptions } from '../../lambda/authorizer/point.js';
import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import type { Plan } from '../../lib/plan/plan.js';
import { pathOf } from '../../lib/policy/canonical.js';
import type { Outcome } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import { type HeaderLine, hostOf, type Request } from '../../lib/policy/request.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import {
  apiOf,
  type EdgeAnswer,
  type EdgeOptions,
  type EdgePoint,
  NO_AUTHORITY,
  pointOptions,
} from './edge-point.js';
import type { Posed } from './world.js';

/** The loader of Node itself: jest's own does not look into `dist`. */
const { createRequire } = process.getBuiltinModule('node:module');
const { createHandler } = createRequire(__filename)(
  join(__dirname, '../../dist/lambda/authorizer/index.js'),
) as { readonly createHandler: (options: PointOptions) => Handler };

/** What API Gateway makes of each outcome; see the table of `docs/authorizer.md`. */
const REST: Readonly<Record<Outcome, number>> = {
  allow: 200,
  preflight: 200,
  nonCanonical: 403,
  invalidToken: 401,
  login: 401,
  tokenRequired: 401,
  stepUp: 401,
  forbidden: 403,
};

/** The bundled Lambda handler, asked by the events of an API Gateway. */
export class HandlerPoint implements EdgePoint {
  #handler: Handler | undefined;
  #policy: PolicyIndex['byAuthority'] = new Map();
  #public = new Set<string>();
  #now = 0;
  #line: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly form: 'REST API' | 'HTTP API',
    private readonly options: EdgeOptions,
  ) {}

  apply(plan: Plan, revocations: RevocationDocument): void {
    this.#handler = createHandler(
      pointOptions(this.options, plan, revocations, {
        clock: () => this.#now,
        write: (line) => {
          if (line.includes('"decision"')) this.#line = line;
        },
      }),
    );
    this.#public = new Set(plan.gateway.services);
    this.#policy = new Map(Object.values(plan.services).map(({ authority, name }) => [authority, name]));
  }

  /** One after another: the clock is that of the request which is asked about. */
  ask(posed: Posed): Promise<EdgeAnswer> {
    const answer = this.#last.then(() => this.#ask(posed));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** An event names its API and not its host, and has no query. */
  seenBy(index: PolicyIndex, request: Request): Request {
    const service = this.#service(request.authority);
    const authority = service && index.policy.services[service]?.authority;
    return { ...request, authority: authority ?? NO_AUTHORITY, path: pathOf(request.path) };
  }

  statusOf(outcome: Outcome): number {
    const status = REST[outcome];
    return this.form === 'REST API' || status === 200 ? status : 403;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The service whose API a client with this host comes to. */
  #service(authority: string): string | undefined {
    const service = this.#policy.get(hostOf(authority));
    return service !== undefined && this.#public.has(service) ? service : undefined;
  }

  async #ask({ spec, request }: Posed): Promise<EdgeAnswer> {
    this.#now = request.now * 1000;
    this.#line = undefined;
    const certificate = this.options.world.clients.get(spec.peer)?.certificate;
    const api = apiOf(this.#service(request.authority) ?? 'nobody');
    const sent = { api, certificate, headers: request.headers, request };
    const { event, arn } = this.form === 'REST API' ? restEvent(sent) : httpEvent(sent);
    const status = statusOf(await this.#handler!(event).catch(thrown), arn);
    return { status, ...(this.#line !== undefined && { line: JSON.parse(this.#line) as DecisionLogEntry }) };
  }
}

/** 401 and 500 are the messages of errors; an Allow counts for this very resource alone. */
function statusOf(answer: RestAnswer | HttpAnswer | number | undefined, arn: string): number | undefined {
  if (typeof answer !== 'object') return answer;
  if ('isAuthorized' in answer) return answer.isAuthorized ? 200 : 403;
  const [{ Effect: effect, Resource: resource }] = answer.policyDocument.Statement;
  if (effect === 'Deny') return 403;
  return resource === arn ? 200 : undefined;
}

function thrown(error: unknown): number | undefined {
  const message = error instanceof Error ? error.message : '';
  return message === 'Unauthorized' ? 401 : message === 'Unavailable' ? 500 : undefined;
}

interface Sent {
  readonly api: string;
  readonly certificate: string | undefined;
  readonly headers: readonly HeaderLine[];
  readonly request: Request;
}

const ACCOUNT = 'arn:aws:execute-api:eu-west-1:123456789012';

function restEvent({ api, certificate, headers, request }: Sent) {
  const path = pathOf(request.path);
  const arn = `${ACCOUNT}:${api}/prod/${request.method}${path}`;
  const values = Map.groupBy(headers, ([name]) => name);
  const multiValueHeaders = Object.fromEntries(
    [...values].map(([name, lines]) => [name, lines.map(([, value]) => value)]),
  );
  const event = {
    type: 'REQUEST',
    methodArn: arn,
    resource: '/{proxy+}',
    path,
    httpMethod: request.method,
    headers: Object.fromEntries(headers),
    multiValueHeaders: { host: ['evil.example'], ...multiValueHeaders },
    requestContext: {
      path: `/prod${path}`,
      resourceId: 'r1',
      stage: 'prod',
      httpMethod: request.method,
      apiId: api,
      identity: {
        sourceIp: request.sourceAddress,
        ...(certificate !== undefined && { clientCert: { clientCertPem: certificate } }),
      },
    },
  };
  return { event, arn };
}

function httpEvent({ api, certificate, headers, request }: Sent) {
  const path = pathOf(request.path);
  const arn = `${ACCOUNT}:${api}/$default/${request.method}${path}`;
  // Payload 2.0 joins the lines of a header by commas.
  const joined = Map.groupBy(headers, ([name]) => name);
  const event = {
    version: '2.0',
    type: 'REQUEST',
    routeArn: arn,
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: Object.fromEntries(
      [...joined].map(([name, lines]) => [name, lines.map(([, value]) => value).join(',')]),
    ),
    requestContext: {
      apiId: api,
      stage: '$default',
      http: { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: request.sourceAddress },
      ...(certificate !== undefined && { authentication: { clientCert: { clientCertPem: certificate } } }),
    },
  };
  return { event, arn };
}
