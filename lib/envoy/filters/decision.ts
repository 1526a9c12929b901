import type { Template } from '../../plan/refs.js';
import { CERTIFICATE_HASH, DECIDING_RULE, PEER, SOURCE_ADDRESS } from '../../point/decision-headers.js';
import { FILTERS } from '../filter-order.js';
import { extension, seconds } from '../types.js';

/** The cluster of the decision service beside a point. */
export const DECISION = 'decision';

/** Seconds for an answer: the service may have to fetch an issuer's keys first. */
const TIMEOUT = 2;

/**
 * Asks the decision service, on the routes that switch it on. Only 200 admits, any other answer is the
 * client's, and none is 503.
 */
export function decisionFilter(kind: 'gateway' | 'sidecar'): Template {
  const { headers, added, timeout } = decisionQuestion(kind);
  return {
    name: FILTERS.decision,
    disabled: true,
    typed_config: {
      '@type': extension('filters.http.ext_authz.v3.ExtAuthz'),
      failure_mode_allow: false,
      status_on_error: { code: 'ServiceUnavailable' },
      // With method, path, host and authorization.
      allowed_headers: { patterns: headers.map((exact) => ({ exact })) },
      http_service: {
        server_uri: { uri: `http://${DECISION}`, cluster: DECISION, timeout },
        authorization_request: {
          headers_to_add: Object.entries(added).map(([key, value]) => ({ key, value })),
        },
        authorization_response: {
          // With status and challenge.
          allowed_client_headers: { patterns: [{ exact: 'dpop-nonce' }] },
          // Which rule admits, for the log.
          dynamic_metadata_from_headers: { patterns: [{ exact: DECIDING_RULE }] },
        },
      },
    },
  };
}

/** What the decision service is told beyond method, path, host and authorization. */
export function decisionQuestion(kind: 'gateway' | 'sidecar'): {
  /** Of the request's own headers. */
  readonly headers: readonly string[];
  /** From the connection itself: what a client sends under these names is not passed on. */
  readonly added: Readonly<Record<string, string>>;
  readonly timeout: string;
} {
  return {
    headers: ASKED,
    added: {
      [SOURCE_ADDRESS]: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
      ...(kind === 'gateway'
        ? { [CERTIFICATE_HASH]: '%DOWNSTREAM_PEER_FINGERPRINT_256%' }
        : { [PEER]: '%DOWNSTREAM_PEER_URI_SAN%' }),
    },
    timeout: seconds(TIMEOUT),
  };
}

/**
 * Never `content-type`: of a question with that of gRPC Envoy makes its own word that nobody answers a 200 (measured on
 * 1.40), and 200 admits.
 */
const ASKED = ['dpop', 'origin', 'access-control-request-method', 'traceparent', 'x-request-id'] as const;

/** Switches the filter on for a route. */
export function decisionPerRoute(): Template {
  return {
    '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
    config: { '@type': extension('filters.http.ext_authz.v3.ExtAuthzPerRoute'), check_settings: {} },
  };
}
