import { CLOSE_SECONDS } from '../plan/certificates.js';
import { hasLogin } from '../plan/login.js';
import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { localReply } from './local-reply.js';
import { strippedHeaders } from './stripped-headers.js';
import { extension, seconds } from './types.js';

/** Header lines of one request; Envoy's own default, written down. 431 above. */
const MAX_HEADERS = 100;
/** KiB of all header lines together; Envoy's own default, written down. 431 above. */
const MAX_HEADER_KIBIBYTES = 60;

interface JudgingManager {
  /** Names the metrics: `http.<prefix>.…`. */
  readonly prefix: string;
  readonly kind: 'gateway' | 'sidecar' | 'egress';
  readonly routes: Template;
  readonly filters: readonly Template[];
  readonly accessLog: readonly Template[];
  /** Proxies before this point, whose word for the client's address is taken. @default none: the client connects itself */
  readonly trustedHops?: number;
  /** What a refusal looks like. @default as at a gateway or a sidecar */
  readonly localReply?: Template;
  /** Peers come with connections in HTTP/2 streams (RFC 9113 section 8.5), and with nothing else. @default false */
  readonly carriesConnections?: boolean;
}

/** The HTTP side of a listener that judges. Nothing is rewritten: what was judged is what is forwarded. */
export function judgingManager(plan: Plan, parts: JudgingManager): Template {
  const { maxConnection, drain, maxStream } = plan.connections;
  const isSidecar = parts.kind === 'sidecar';
  return connectionManager(parts.prefix, {
    normalize_path: false,
    merge_slashes: false,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
    // False would believe a client's own x-forwarded-for.
    use_remote_address: true,
    ...(parts.trustedHops !== undefined && { xff_num_trusted_hops: parts.trustedHops }),
    // The verified peer's SPIFFE ID is handed on; never one of a certificate that nothing verified.
    forward_client_cert_details: isSidecar ? 'SANITIZE_SET' : 'SANITIZE',
    ...(isSidecar && { set_current_client_cert_details: { uri: true } }),
    http_protocol_options: { allow_absolute_url: false },
    http2_protocol_options: {
      // By default one malformed request closes everybody's connection.
      override_stream_error_on_invalid_http_message: true,
      max_concurrent_streams: 100,
      initial_stream_window_size: 65_536,
      initial_connection_window_size: 1_048_576,
      ...(parts.carriesConnections && { allow_connect: true }),
    },
    common_http_protocol_options: {
      headers_with_underscores_action: 'REJECT_REQUEST',
      max_connection_duration: seconds(maxConnection),
      max_stream_duration: seconds(maxStream),
      max_headers_count: MAX_HEADERS,
    },
    max_request_headers_kb: MAX_HEADER_KIBIBYTES,
    early_header_mutation_extensions: strippedHeaders(parts.kind),
    // The id that the gateway gave a request joins the log lines of all points; its clients give none.
    preserve_external_request_id: parts.kind !== 'gateway',
    drain_timeout: seconds(drain),
    delayed_close_timeout: seconds(CLOSE_SECONDS),
    request_headers_timeout: '10s',
    stream_idle_timeout: seconds(plan.firewall.requestTimeoutSeconds),
    server_header_transformation: 'PASS_THROUGH',
    local_reply_config: parts.localReply ?? localReply(parts.kind === 'gateway' && hasLogin(plan)),
    ...(parts.routes as object),
    ...(parts.carriesConnections && {
      codec_type: 'HTTP2',
      upgrade_configs: [{ upgrade_type: 'CONNECT' }],
      // A connection is logged when it begins, not minutes later.
      access_log_options: { flush_log_on_tunnel_successfully_established: true },
    }),
    http_filters: parts.filters,
    access_log: parts.accessLog,
  });
}

/** The HTTP side of any listener: with a prefix for its metrics, and what it brings. */
export function connectionManager(prefix: string, config: { readonly [name: string]: Template }): Template {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: prefix,
      ...config,
    },
  };
}
