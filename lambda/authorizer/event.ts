import type { ApiIndex } from './api-index.js';
import { type EdgeRequest, type PickedHeaders, pickHeaders } from './edge-request.js';

/** Which kind of API asks, and so in which form it is answered. */
export type EventForm = 'rest' | 'http';

/** An event of an API Gateway authorizer, taken apart. */
export interface EdgeEvent {
  readonly form: EventForm;
  /** The ARN of exactly this method and path; undefined if there is none that means nothing else. */
  readonly arn: string | undefined;
  readonly request: EdgeRequest;
}

type Members = Readonly<Record<string, unknown>>;

/** Characters that mean themselves and nothing more in a path and in a pattern of a policy. */
const HTTP_API_PATH = /^\/[A-Za-z0-9._~/-]*$/;
/** `*` and `?` match anything in a policy's resource, `${` begins a variable. */
const PATTERN = /[*?]|\$\{/;
/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>`, before `/<method>/<path>`. */
const ARN_HEAD = /^arn:[a-z-]+:execute-api:[a-z0-9-]+:[0-9]+:([A-Za-z0-9]+)\/[A-Za-z0-9_$-]+$/;
/** Characters of a resource in a policy: a longer one makes API Gateway fail. */
const MAX_ARN = 512;

const NOTHING: Members = {};

/**
 * Take an authorizer's event apart: `REQUEST` of a REST API, or payload 1.0 or 2.0 of an HTTP API. Nothing in it
 * is taken on trust: what is missing or of another type ends as a request that nothing admits.
 */
export function readEvent(event: unknown, apis: ApiIndex): EdgeEvent {
  const members = asMembers(event);
  return members['version'] === '2.0' ? readHttpEvent(members, apis) : readRestEvent(members, apis);
}

function readRestEvent(event: Members, apis: ApiIndex): EdgeEvent {
  const context = asMembers(event['requestContext']);
  const identity = asMembers(context['identity']);
  const method = asText(event['httpMethod']);
  const path = asText(event['path']);
  const arn = asText(event['methodArn']);
  const api = asText(context['apiId']);
  const headers = event['multiValueHeaders'] ?? event['headers'];
  const doubt =
    arnDoubt(arn, api, method, path) ??
    (context['httpMethod'] !== undefined && context['httpMethod'] !== method ? 'two methods' : undefined) ??
    // Of a REST API an authorizer's event has no version: this one may come from an HTTP API.
    (event['version'] === undefined ? undefined : decodedDoubt(path)) ??
    pathDoubt(path, context);
  return {
    form: 'rest',
    arn: doubt === undefined ? arn : undefined,
    request: requestOf({
      service: apis.serviceOf(api, context['resourceId']),
      method,
      path,
      doubt,
      headers: pickHeaders(asMembers(headers)),
      address: identity['sourceIp'],
      certificate: identity['clientCert'],
      requestId: context['requestId'],
    }),
  };
}

function readHttpEvent(event: Members, apis: ApiIndex): EdgeEvent {
  const context = asMembers(event['requestContext']);
  const http = asMembers(context['http']);
  const method = asText(http['method']);
  const raw = asText(event['rawPath']);
  const arn = asText(event['routeArn']);
  const api = asText(context['apiId']);
  const path = behindStage(raw, method, arn, context);
  const doubt =
    arnDoubt(arn, api, method, path) ??
    (http['path'] === raw ? undefined : 'two paths') ??
    decodedDoubt(path);
  return {
    form: 'http',
    arn: doubt === undefined ? arn : undefined,
    request: requestOf({
      service: apis.serviceOf(api, undefined),
      method,
      path,
      doubt,
      headers: pickHeaders(asMembers(event['headers'])),
      address: http['sourceIp'],
      certificate: asMembers(context['authentication'])['clientCert'],
      requestId: context['requestId'],
    }),
  };
}

/** What makes an ARN not that of this request: it must end with its API, stage, method and path. */
function arnDoubt(arn: string, api: string, method: string, path: string): string | undefined {
  if (arn.length > MAX_ARN) return 'a path too long for a policy';
  if (PATTERN.test(arn)) return 'a path that could be a pattern';
  const tail = `/${method}${path}`;
  const head = arn.endsWith(tail) ? ARN_HEAD.exec(arn.slice(0, -tail.length)) : null;
  const isThis = head?.[1] === api;
  return isThis ? undefined : 'a path that is not the ARN’s';
}

/**
 * The client's path. Behind a stage with a name the paths of an HTTP API's event begin with that name; the ARN has it apart,
 * and so says what the rest is.
 */
function behindStage(raw: string, method: string, arn: string, { apiId, stage }: Members): string {
  const prefix = `/${asText(stage)}`;
  if (!raw.startsWith(`${prefix}/`)) return raw;
  const path = raw.slice(prefix.length);
  return arn.endsWith(`:${asText(apiId)}${prefix}/${method}${path}`) ? path : raw;
}

/** `requestContext.path` is the client's path, behind the stage at the API's own address. */
function pathDoubt(path: string, { path: full, stage }: Members): string | undefined {
  if (full === undefined || full === path || full === `/${asText(stage)}${path}`) return undefined;
  return 'two paths';
}

/** An HTTP API decodes the path before anybody sees it, so only what has one spelling is beyond doubt. */
function decodedDoubt(path: string): string | undefined {
  return HTTP_API_PATH.test(path) ? undefined : 'a path that was decoded';
}

/** What an event of either form says; the last three members may be anything. */
interface Said extends Pick<EdgeRequest, 'service' | 'method' | 'path' | 'doubt'> {
  readonly headers: PickedHeaders;
  readonly address: unknown;
  readonly certificate: unknown;
  readonly requestId: unknown;
}

/** Member by member: to spread objects into one costs as much as all the rest of reading an event. */
function requestOf(said: Said): EdgeRequest {
  const { headers: picked } = said;
  const pem = asText(asMembers(said.certificate)['clientCertPem']);
  return {
    service: said.service,
    method: said.method,
    path: said.path,
    doubt: said.doubt,
    authorization: picked.authorization,
    proofs: picked.proofs,
    headers: picked.headers,
    traceparent: picked.traceparent,
    sourceAddress: asText(said.address),
    certificate: pem === '' ? undefined : pem,
    requestId: typeof said.requestId === 'string' ? said.requestId : undefined,
  };
}

function asMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : NOTHING;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
