import { type Outcome, STATUS } from '../../../lib/policy/decide.js';
import { headerValue } from '../../../lib/policy/request.js';
import { header, type Reply } from './reply.js';

/** What a caller sees of an outcome: the table of `docs/policy.md`. */
export interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  /** Of a refusal in gRPC, whose HTTP status is always 200. */
  readonly grpcStatus: string | undefined;
}

/** RFC 6750 section 3, RFC 9470 section 3. */
const CHALLENGE: Readonly<Partial<Record<Outcome, string>>> = {
  invalidToken: 'Bearer error="invalid_token"',
  tokenRequired: 'Bearer',
  stepUp: 'Bearer error="insufficient_user_authentication"',
};

/** gRPC's "HTTP to gRPC Status Code Mapping". */
const GRPC_STATUS: Readonly<Record<number, string>> = { 400: '13', 401: '16', 403: '7' };

/** The answer to a request with this outcome; the application behind the points answers 200. */
export function answerOf(outcome: Outcome, isGrpc: boolean): Answer {
  if (outcome === 'allow' || outcome === 'preflight') {
    return { status: 200, challenge: undefined, grpcStatus: undefined };
  }
  const status = STATUS[outcome];
  const challenge = CHALLENGE[outcome];
  return isGrpc
    ? { status: 200, challenge, grpcStatus: GRPC_STATUS[status] }
    : { status, challenge, grpcStatus: undefined };
}

/** The same of what came back. */
export function answered(reply: Reply): Answer | undefined {
  if (reply.status === undefined) return undefined;
  return {
    status: reply.status,
    challenge: header(reply, 'www-authenticate'),
    grpcStatus: header(reply, 'grpc-status'),
  };
}

/** Whether an Envoy answers in gRPC's way: it goes by the content type alone. */
export function isGrpc(headers: readonly (readonly [string, string])[]): boolean {
  const type = headerValue(headers, 'content-type') ?? '';
  return type === 'application/grpc' || type.startsWith('application/grpc+');
}
