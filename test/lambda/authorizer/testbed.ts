import { join } from 'node:path';
import type { HttpAnswer, RestAnswer } from '../../../lambda/authorizer/answer.js';
import type { AuthorizerData } from '../../../lambda/authorizer/data.js';
import type { FetchText } from '../../../lambda/authorizer/fetch-text.js';
import type { Handler } from '../../../lambda/authorizer/handler.js';
import type { PointOptions } from '../../../lambda/authorizer/point.js';
import type { DecisionLogEntry, JsonObject, Policy, Template } from '../../../lib/index.js';
import { TestIssuer, issuerKey } from '../../engines/support/issuer.js';
import { BUILDS, NOW, PARTNERS, PEOPLE, allow, policy, user } from '../../policy/fixture.js';

/** What the bundle exports: tests run what is deployed. */
interface Bundle {
  createHandler(options: PointOptions): Handler;
}

/** The loader of Node itself: jest's own does not look into `dist`. */
const { createRequire } = process.getBuiltinModule('node:module');
export const BUNDLE = join(__dirname, '../../../dist/lambda/authorizer/index.js');
export const bundle = createRequire(__filename)(BUNDLE) as Bundle;

export const API = 'a1b2c3d4e5';

/** Issuers of the policies of `test/policy/fixture.ts`, with a key of each kind that they use. */
export const people = new TestIssuer('people', PEOPLE, [
  issuerKey('ES256', 'people-ec'),
  issuerKey('RS256', 'people-rsa'),
]);
export const partners = new TestIssuer('partners', PARTNERS, [issuerKey('ES256', 'partners-ec')]);
export const builds = new TestIssuer('builds', BUILDS, [issuerKey('ES256', 'builds-ec')]);

/** Everybody reads `/orders`, whom `people` know may write them. */
export const ORDERS = [
  allow('read', { operations: ['GET /orders', 'GET /orders/{id}'], principals: [user('people')] }),
  allow('open', { operations: ['GET /public/**'] }),
  allow('write', {
    operations: ['POST /orders'],
    principals: [user('people')],
    conditions: [{ kind: 'multiFactor' }],
  }),
];

export function authorizerDataOf(policyOfTest: Policy, over: Partial<AuthorizerData> = {}): AuthorizerData {
  const takesProofs = policyOfTest.dpop === true || over.proofs !== undefined;
  return {
    version: 1,
    point: 'authorizer',
    policy: { ...policyOfTest, ...(takesProofs && { dpop: true }) },
    ...(takesProofs && { proofs: { maxAgeSeconds: 60, replay: { kind: 'memory' } } }),
    issuers: Object.fromEntries(
      Object.entries(policyOfTest.issuers).map(([name, { issuer }]) => [
        name,
        { jwksUri: `${issuer}/jwks`, refreshSeconds: 60, outageSeconds: 600 },
      ]),
    ),
    apis: [{ service: 'orders', api: API }],
    revocation: {
      store: { kind: 'none' },
      document: { version: 0, entries: [] },
      refreshSeconds: 60,
      outageSeconds: 300,
    },
    decisions: 'all',
    maxTokenLifetimeSeconds: 100_800,
    cacheBytes: 1024 * 1024,
    ...over,
  };
}

/** One deployed function with a clock of its own; its issuers answer at once unless a test says otherwise. */
export class Testbed {
  /** Milliseconds since the epoch. */
  now = NOW * 1000;
  readonly lines: string[] = [];
  readonly issuers = new Map<string, TestIssuer>([people, partners, builds].map((one) => [one.issuer, one]));
  readonly handler: Handler;
  fetches = 0;

  constructor(
    readonly data: AuthorizerData = authorizerDataOf(policy(ORDERS)),
    over: Partial<PointOptions> = {},
  ) {
    this.handler = bundle.createHandler({
      template: data as unknown as Template,
      refs: {},
      environment: { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
      clock: () => this.now,
      write: (line) => void this.lines.push(line),
      fetchText: this.answer,
      ...over,
    });
  }

  readonly answer: FetchText = (url) => {
    this.fetches += 1;
    const issuer = this.issuers.get(url.replace(/\/jwks$/, ''));
    if (!issuer) return Promise.reject(new Error(`nobody answers at ${url}`));
    return Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(issuer.jwks()) });
  };

  /** The outcome of an event as API Gateway would take it: a status, and nothing else may come out. */
  async status(event: unknown): Promise<200 | 401 | 403 | 500> {
    let answer: RestAnswer | HttpAnswer;
    try {
      answer = await this.handler(event);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'not an Error';
      if (message === 'Unauthorized') return 401;
      if (message === 'Unavailable') return 500;
      throw error;
    }
    if ('isAuthorized' in answer) return answer.isAuthorized ? 200 : 403;
    return answer.policyDocument.Statement[0].Effect === 'Allow' ? 200 : 403;
  }

  /** The last line of the decision log. */
  get line(): DecisionLogEntry {
    const decisions = this.lines.filter((line) => line.includes('"decision"'));
    return JSON.parse(decisions.at(-1) ?? '{}') as DecisionLogEntry;
  }

  advance(seconds: number): void {
    this.now += seconds * 1000;
  }
}

export const CLAIMS: JsonObject = {
  iss: PEOPLE,
  aud: 'https://orders.shop.test',
  sub: 'alice',
  iat: NOW - 60,
  exp: NOW + 3600,
};

/** A token that `people` signed, but for what is said; a member that is undefined is not there. */
export function tokenOf(
  claims: object = {},
  header: object = {},
  issuer = people,
  key = issuer.keys[0],
): string {
  const { algorithm, kid } = key!;
  return issuer.sign(
    defined({ alg: algorithm, kid, typ: 'JWT', ...header }),
    defined({ ...CLAIMS, iss: issuer.issuer, ...claims }),
    key,
  );
}

function defined(members: object): JsonObject {
  return JSON.parse(JSON.stringify(members)) as JsonObject;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** Every header line. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly token?: string;
  readonly certificate?: string;
  readonly sourceIp?: string;
}

/** The event of a REST API for what a client sent. */
export function restEvent({
  method = 'GET',
  path = '/orders',
  headers = [],
  token,
  certificate,
  sourceIp,
}: Sent) {
  const lines = [...headers, ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const])];
  const all = [['Host', 'evil.test'] as const, ...lines];
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:eu-west-1:123456789012:${API}/prod/${method}${path}`,
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: Object.fromEntries(all),
    multiValueHeaders: Object.fromEntries(
      all.map(([name]) => [name, all.filter(([other]) => other === name).map(([, value]) => value)]),
    ),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      path: `/prod${path}`,
      accountId: '123456789012',
      resourceId: 'r1',
      stage: 'prod',
      requestId: 'request-1',
      resourcePath: '/{proxy+}',
      httpMethod: method,
      apiId: API,
      identity: {
        sourceIp: sourceIp ?? '203.0.113.7',
        ...(certificate !== undefined && { clientCert: { clientCertPem: certificate } }),
      },
    },
  };
}

/** Where an HTTP API was asked. */
interface SentToStage extends Sent {
  /** @default '$default' */
  readonly stage?: string;
  /** @default the same */
  readonly arnStage?: string;
  /** @default the path, behind the name of the stage if it has one */
  readonly rawPath?: string;
}

/** The event of an HTTP API, payload 2.0. */
export function httpEvent(sent: SentToStage) {
  const { method = 'GET', path = '/orders', headers = [], token, sourceIp, stage = '$default' } = sent;
  const { arnStage = stage, rawPath = stage === '$default' ? path : `/${stage}${path}` } = sent;
  const lines = [...headers, ...(token === undefined ? [] : [['authorization', `Bearer ${token}`] as const])];
  const joined = new Map<string, string>();
  for (const [name, value] of lines) {
    const known = joined.get(name.toLowerCase());
    joined.set(name.toLowerCase(), known === undefined ? value : `${known},${value}`);
  }
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:eu-west-1:123456789012:${API}/${arnStage}/${method}${path}`,
    identitySource: null,
    routeKey: '$default',
    rawPath,
    rawQueryString: '',
    headers: Object.fromEntries(joined),
    requestContext: {
      accountId: '123456789012',
      apiId: API,
      stage,
      requestId: 'request-1',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: sourceIp ?? '203.0.113.7' },
    },
  };
}
