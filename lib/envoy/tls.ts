import { type Ref, ref, type Template } from '../plan/refs.js';
import { extension } from './types.js';

/** TLS 1.3 with the post-quantum hybrid first; X25519 for clients that do not know it. */
const MESH_PARAMETERS: Template = {
  tls_minimum_protocol_version: 'TLSv1_3',
  tls_maximum_protocol_version: 'TLSv1_3',
  ecdh_curves: ['X25519MLKEM768', 'X25519'],
};

/** Names of the secrets that a point's agent keeps in watched files. */
const SECRETS = { server: 'server', peers: 'peers', edge: 'edge' } as const;

/** A sidecar's inbound side: nobody without a certificate of a trusted domain. */
export function meshServer(point: string, protocols: readonly string[] = ['h2', 'http/1.1']): Template {
  return transportSocket('DownstreamTlsContext', {
    require_client_certificate: true,
    // A resumed session would outlive the certificate that opened it.
    disable_stateless_session_resumption: true,
    common_tls_context: {
      tls_params: MESH_PARAMETERS,
      alpn_protocols: protocols,
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.server)],
      validation_context_sds_secret_config: secret(point, SECRETS.peers),
    },
  });
}

/** A connection to one peer, which must be exactly that SPIFFE ID. */
export function meshClient(point: string, spiffeId: string): Template {
  return transportSocket('UpstreamTlsContext', {
    common_tls_context: {
      tls_params: MESH_PARAMETERS,
      alpn_protocols: ['h2'],
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.server)],
      combined_validation_context: exactPeer(point, spiffeId),
    },
  });
}

function exactPeer(point: string, spiffeId: string): Template {
  return {
    default_validation_context: {
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: spiffeId } }],
    },
    validation_context_sds_secret_config: secret(point, SECRETS.peers),
  };
}

/**
 * The gateway's public side. Where a rule wants a certificate-bound token any certificate is taken:
 * the token says which one it must be, and the handshake proves its key. Nothing else may believe
 * such a certificate, so no rule of a gateway looks at a peer.
 */
export function edgeServer(point: string, asksClientCertificate: boolean): Template {
  return transportSocket('DownstreamTlsContext', {
    // Envoy says that its default will change where client certificates are looked at.
    require_client_certificate: false,
    disable_stateless_session_resumption: true,
    common_tls_context: {
      tls_params: MESH_PARAMETERS,
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.edge)],
      ...(asksClientCertificate && {
        validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' },
      }),
    },
  });
}

/**
 * What API Gateway's HTTP integrations can speak, and a load balancer to its targets: they know TLS 1.2. Forward secrecy
 * and an AEAD are kept, and no other listener takes this.
 */
const AWS_PARAMETERS: Template = {
  tls_minimum_protocol_version: 'TLSv1_2',
  tls_maximum_protocol_version: 'TLSv1_3',
  cipher_suites: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ],
  ecdh_curves: ['X25519', 'P-256'],
};

/**
 * The gateway's side towards API Gateway, whose client certificate no authority signs: its hash is
 * pinned, that of the certificate in use and that of the next, so that the two can be exchanged without
 * a gap. Envoy does not look at a pinned certificate's dates: it expires when its hash is taken away.
 */
export function apiGatewayServer(point: string): Template {
  return transportSocket('DownstreamTlsContext', {
    require_client_certificate: true,
    disable_stateless_session_resumption: true,
    disable_stateful_session_resumption: true,
    common_tls_context: {
      tls_params: AWS_PARAMETERS,
      alpn_protocols: ['http/1.1'],
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.edge)],
      validation_context: {
        verify_certificate_hash: [ref(`${point}/client/current`), ref(`${point}/client/next`)],
      },
    },
  });
}

/**
 * The gateway's side towards a load balancer that ends the TLS of browsers. It shows no certificate, so who it is only the
 * network says; nothing is judged by that.
 */
export function loadBalancerServer(point: string): Template {
  return transportSocket('DownstreamTlsContext', {
    require_client_certificate: false,
    disable_stateless_session_resumption: true,
    common_tls_context: {
      tls_params: AWS_PARAMETERS,
      alpn_protocols: ['http/1.1'],
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.edge)],
    },
  });
}

/** A connection to the key tunnel, which must be exactly that SPIFFE ID; `host` is where it is to lead. */
export function tunnelClient(point: string, spiffeId: string, host: string): Template {
  return transportSocket('UpstreamTlsContext', {
    sni: host,
    common_tls_context: {
      tls_params: MESH_PARAMETERS,
      tls_certificate_sds_secret_configs: [secret(point, SECRETS.server)],
      combined_validation_context: exactPeer(point, spiffeId),
    },
  });
}

/** A connection to an issuer's key server: its certificate and its name are verified here. */
export function issuerClient(caPath: Ref, host: string): Template {
  return publicServer(caPath, host, {});
}

/** A connection to a host outside: its certificate and its name are verified here. */
export function destinationClient(caPath: Ref, host: string): Template {
  return publicServer(caPath, host, { alpn_protocols: ['http/1.1'] });
}

function publicServer(caPath: Ref, host: string, more: { readonly [name: string]: Template }): Template {
  return transportSocket('UpstreamTlsContext', {
    sni: host,
    common_tls_context: {
      ...more,
      tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
      validation_context: {
        trusted_ca: { filename: caPath },
        match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: host } }],
      },
    },
  });
}

function transportSocket(context: string, config: { readonly [name: string]: Template }): Template {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: { '@type': extension(`transport_sockets.tls.v3.${context}`), ...config },
  };
}

function secret(point: string, name: keyof typeof SECRETS): Template {
  return {
    name,
    sds_config: {
      path_config_source: {
        path: ref(`${point}/secrets/${name}`),
        watched_directory: { path: ref(`${point}/secrets/directory`) },
      },
      resource_api_version: 'V3',
    },
  };
}
