import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { localReply } from './local-reply.js';
import { extension, seconds } from './types.js';

/** Headers by which some platform's proxy tells an application who calls; a client's own are dropped. */
const IDENTITY_HEADERS = [
  'x-forwarded-client-cert',
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

/** Added to the routes of the outermost point. */
export const STRIPPED_HEADERS: readonly string[] = IDENTITY_HEADERS;

interface ConnectionManager {
  /** Names the metrics: `http.<prefix>.…`. */
  readonly prefix: string;
  /** Whether the verified peer's SPIFFE ID is handed on; never of a certificate that nothing verified. */
  readonly forwardsPeer: boolean;
  readonly routes: Template;
  readonly filters: readonly Template[];
  readonly accessLog: readonly Template[];
}

/** The HTTP side of every listener. Nothing is rewritten: what was judged is what is forwarded. */
export function connectionManager(plan: Plan, parts: ConnectionManager): Template {
  const { maxConnection, drain, maxStream } = plan.connections;
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: parts.prefix,
      codec_type: 'AUTO',
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
        idle_timeout: seconds(plan.connections.bound),
      },
      drain_timeout: seconds(drain),
      request_headers_timeout: '10s',
      stream_idle_timeout: seconds(plan.firewall.requestTimeoutSeconds),
      server_header_transformation: 'PASS_THROUGH',
      local_reply_config: localReply(),
      ...(parts.routes as object),
      http_filters: parts.filters,
      access_log: parts.accessLog,
    },
  };
}
