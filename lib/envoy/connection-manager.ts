import { CLOSE_SECONDS } from '../plan/certificates.js';
import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { localReply } from './local-reply.js';
import { extension, seconds } from './types.js';

/** By which a sidecar tells its application who the peer is. */
const PEER_HEADER = 'x-forwarded-client-cert';

/** Headers by which some platform's proxy tells an application who calls; a client's own are dropped. */
const IDENTITY_HEADERS = [
  // RFC 9440 and RFC 7239: what a proxy says of a client's certificate and address.
  'client-cert',
  'client-cert-chain',
  'forwarded',
  'x-real-ip',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-remote-user',
  'x-auth-request-user',
  'x-auth-request-email',
  'x-auth-request-groups',
  'x-amzn-oidc-data',
  'x-amzn-oidc-identity',
  'x-amzn-oidc-accesstoken',
  'x-goog-iap-jwt-assertion',
  'x-goog-authenticated-user-email',
  'x-goog-authenticated-user-id',
  'x-ms-client-principal',
  'x-ms-client-principal-id',
  'x-ms-client-principal-name',
];

/** Headers by which some frameworks take another path or method than the one that was judged. */
const OVERRIDES = [
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
];

/**
 * What the routes of a point drop: a workload that calls a sidecar is a client like any other. The peer's
 * header at a sidecar is its own, written anew for every request, and would be dropped after that.
 */
export const STRIPPED_HEADERS: Readonly<Record<'gateway' | 'sidecar', readonly string[]>> = {
  gateway: [PEER_HEADER, ...IDENTITY_HEADERS, ...OVERRIDES],
  sidecar: [...IDENTITY_HEADERS, ...OVERRIDES],
};

/** Header lines of one request; Envoy's own default, written down. 431 above. */
const MAX_HEADERS = 100;
/** KiB of all header lines together; Envoy's own default, written down. 431 above. */
const MAX_HEADER_KIBIBYTES = 60;

interface ConnectionManager {
  /** Names the metrics: `http.<prefix>.…`. */
  readonly prefix: string;
  /** Whether the verified peer's SPIFFE ID is handed on; never of a certificate that nothing verified. */
  readonly forwardsPeer: boolean;
  /** Whether the caller may name the request: a peer may, a client of the gateway may not. */
  readonly keepsRequestId: boolean;
  readonly routes: Template;
  readonly filters: readonly Template[];
  readonly accessLog: readonly Template[];
  /** What a refusal looks like. @default as at a gateway or a sidecar */
  readonly localReply?: Template;
}

/** The HTTP side of every listener. Nothing is rewritten: what was judged is what is forwarded. */
export function connectionManager(plan: Plan, parts: ConnectionManager): Template {
  const { maxConnection, drain, maxStream } = plan.connections;
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: parts.prefix,
      normalize_path: false,
      merge_slashes: false,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      // False would believe a client's own x-forwarded-for.
      use_remote_address: true,
      forward_client_cert_details: parts.forwardsPeer ? 'SANITIZE_SET' : 'SANITIZE',
      ...(parts.forwardsPeer && { set_current_client_cert_details: { uri: true } }),
      http_protocol_options: { allow_absolute_url: false },
      http2_protocol_options: {
        // By default one malformed request closes everybody's connection.
        override_stream_error_on_invalid_http_message: true,
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      common_http_protocol_options: {
        headers_with_underscores_action: 'REJECT_REQUEST',
        max_connection_duration: seconds(maxConnection),
        max_stream_duration: seconds(maxStream),
        max_headers_count: MAX_HEADERS,
      },
      max_request_headers_kb: MAX_HEADER_KIBIBYTES,
      // The id that the gateway gave a request joins the log lines of all points.
      preserve_external_request_id: parts.keepsRequestId,
      drain_timeout: seconds(drain),
      delayed_close_timeout: seconds(CLOSE_SECONDS),
      request_headers_timeout: '10s',
      stream_idle_timeout: seconds(plan.firewall.requestTimeoutSeconds),
      server_header_transformation: 'PASS_THROUGH',
      local_reply_config: parts.localReply ?? localReply(),
      ...(parts.routes as object),
      http_filters: parts.filters,
      access_log: parts.accessLog,
    },
  };
}
