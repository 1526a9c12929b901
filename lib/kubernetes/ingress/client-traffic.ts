import { STRIPPED_HEADERS } from '../../envoy/stripped-headers.js';
import { seconds } from '../../envoy/types.js';
import type { Plan } from '../../plan/plan.js';
import { DECIDING_RULE } from '../../point/decision-headers.js';
import type { ClientTls, ClientTrafficPolicy, ClientTrafficPolicySpec } from '../kinds/index.js';
import { ENVOY_GATEWAY, GATEWAY_API } from './gateway.js';
import type { IngressOptions } from './options.js';
import { INGRESS, type IngressPlace } from './place.js';

/** Characters of one expression, by the definition of a `StringMatch`. */
const MAX_EXPRESSION = 1024;

/** Clients' connections: TLS 1.3 alone, nothing rewritten, no word of a client's own about who it is, and an end to each. */
export function clientTrafficPolicy(
  plan: Plan,
  { namespace, trustedHops }: IngressPlace,
  { maxConnections = 10_000 }: IngressOptions,
): ClientTrafficPolicy {
  const { maxConnection, maxStream } = plan.connections;
  return {
    apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
    kind: 'ClientTrafficPolicy',
    metadata: { name: INGRESS, namespace },
    spec: {
      targetRefs: [{ group: GATEWAY_API, kind: 'Gateway', name: INGRESS }],
      tls: {
        minVersion: '1.3',
        maxVersion: '1.3',
        ecdhCurves: ['X25519MLKEM768', 'X25519'],
        alpnProtocols: ['h2', 'http/1.1'],
        // Any certificate: the token says which one it must be, and the handshake proves its key.
        ...(plan.gateway.asksClientCertificate &&
          ({ clientValidation: { mode: 'Request' } } satisfies Partial<ClientTls>)),
      },
      path: { escapedSlashesAction: 'KeepUnchanged', disableMergeSlashes: true },
      headers: {
        withUnderscoresAction: 'RejectRequest',
        xForwardedClientCert: { mode: 'Sanitize' },
        requestID: 'Generate',
        // How much of a limit is left is nobody's business.
        disableRateLimitHeaders: true,
        earlyRequestHeaders: {
          removeOnMatch: expressions([...STRIPPED_HEADERS.gateway, DECIDING_RULE]).map((value) => ({
            type: 'RegularExpression',
            value,
          })),
        },
      },
      ...(trustedHops > 0 &&
        ({
          clientIPDetection: { xForwardedFor: { numTrustedHops: trustedHops } },
        } satisfies Partial<ClientTrafficPolicySpec>)),
      timeout: {
        tcp: { tlsHandshakeTimeout: '10s' },
        http: {
          requestHeadersReceivedTimeout: '10s',
          streamIdleTimeout: seconds(plan.firewall.requestTimeoutSeconds),
        },
      },
      connection: {
        bufferLimit: '32768',
        connectionLimit: {
          value: maxConnections,
          maxConnectionDuration: seconds(maxConnection),
          maxStreamDuration: seconds(maxStream),
        },
      },
      // It makes gRPC of what an application is to get as it came.
      grpc: { enableWeb: false },
      // A connection ends when it must, not with the request after that.
      http1: { disableSafeMaxConnectionDuration: true },
      http2: {
        maxConcurrentStreams: 100,
        initialStreamWindowSize: '64Ki',
        initialConnectionWindowSize: '1Mi',
        // By default one malformed request closes everybody's connection.
        onInvalidMessage: 'TerminateStream',
      },
    },
  };
}

/** Names as few expressions, none longer than may be. A name that ends with `*` stands for all that begin so. */
function expressions(names: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of names.map((each) => each.replace('*', '.*'))) {
    const longer = found.length > 0 ? `${found.at(-1)}|${name}` : name;
    if (longer.length > MAX_EXPRESSION) found.push(name);
    else found.splice(-1, 1, longer);
  }
  return found;
}
