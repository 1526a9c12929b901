import {
  CONNECTION,
  type Credential,
  type Decision,
  decide,
  decideEgress,
  indexPolicy,
  type Outcome,
  type Plan,
  readCredential,
  STATUS,
} from 'zero-trust-platform';
import { calledService, type DemoRequest } from './requests.js';

/** What `decide` says of a request on its whole way. */
export interface Expected {
  /** `allow`, a refusal, or `unreachable` where no connection comes about. */
  readonly outcome: Outcome | 'unreachable';
  /** The point that refuses, or the last that admits. */
  readonly point: string;
  /** The HTTP status, of a gRPC service's the gRPC status; `open` or `closed`; `refused` without a connection. */
  readonly status: string;
  /** The rule that decides there; none where nothing allows it. */
  readonly rule?: string;
}

/** The gRPC status that stands for an HTTP status (gRPC's "HTTP to gRPC Status Code Mapping"). */
const GRPC: Readonly<Record<number, number>> = { 200: 0, 400: 13, 401: 16, 403: 7, 503: 14 };

export interface Presented {
  readonly headers: readonly (readonly [string, string])[];
  readonly certificateThumbprint?: string;
  /** The token of the session that the cookies are. */
  readonly session?: string;
}

/** Ask the reference: first the gateway, if the request goes through it, then the service's sidecar. */
export function expected(plan: Plan, request: DemoRequest, presented: Presented): Expected {
  if (request.to === 'egress') return expectedOutside(plan, request, presented);
  const index = indexPolicy(plan.policy);
  const straight = request.to === 'gateway' ? undefined : request.to.sidecar;
  if (straight !== undefined && request.as === undefined) {
    return { outcome: 'unreachable', point: sidecarOf(plan, straight), status: 'refused' };
  }
  const session = presented.session && tokenOf(`Bearer ${presented.session}`);
  const credential = readCredential(presented.headers, () => true);
  const common = {
    method: request.method,
    authority: plan.services[request.host]!.authority,
    path: request.path,
    headers: presented.headers,
    credential,
    ...(session && { session }),
    sourceAddress: '127.0.0.1',
    now: Math.floor(Date.now() / 1000),
    ...(presented.certificateThumbprint && { certificateThumbprint: presented.certificateThumbprint }),
  };
  const grpc = plan.services[calledService(request)]?.protocol === 'grpc';
  const result = (decision: Decision, point: string): Expected => {
    const status = decision.outcome === 'allow' ? 200 : STATUS[decision.outcome];
    const connection = decision.outcome === 'allow' ? 'open' : 'closed';
    return {
      outcome: decision.outcome,
      point,
      status: request.method === CONNECTION ? connection : grpc ? `grpc ${GRPC[status]}` : String(status),
      ...(decision.rule !== undefined && { rule: decision.rule }),
    };
  };
  if (straight === undefined) {
    const outer = decide(index, { ...common, point: { kind: 'gateway' } });
    if (outer.outcome !== 'allow') return result(outer, plan.gateway.key);
  }
  const service = straight ?? request.host;
  const peer =
    straight === undefined || request.as === 'gateway'
      ? plan.gateway.spiffeId
      : plan.services[request.as!]!.sidecar.spiffeId;
  // Behind the gateway a session is the token that it holds.
  const passed = credential.kind === 'none' && session ? session : credential;
  const inner = decide(index, { ...common, credential: passed, point: { kind: 'sidecar', service }, peer });
  return result(inner, sidecarOf(plan, service));
}

/** The demo's own tokens are signed by the development identity provider. */
function tokenOf(authorization: string): Credential {
  return readCredential([['authorization', authorization]], () => true);
}

/** Ask the reference of the one point on the way out. */
function expectedOutside(plan: Plan, request: DemoRequest, { headers }: Presented): Expected {
  const { key, policy } = plan.egress!;
  if (request.as === undefined) return { outcome: 'unreachable', point: key, status: 'refused' };
  const { outcome, rule } = decideEgress(indexPolicy(policy), {
    peer: plan.services[request.as]!.sidecar.spiffeId,
    method: request.method,
    authority: request.host,
    path: request.path,
    headers,
    now: Math.floor(Date.now() / 1000),
  });
  const status = String(outcome === 'allow' ? 200 : STATUS[outcome]);
  return { outcome, point: key, status, ...(rule !== undefined && { rule }) };
}

function sidecarOf(plan: Plan, service: string): string {
  return plan.services[service]!.sidecar.key;
}
