/**
 * What an Envoy adds to the question that it asks its decision service, over whatever a client sent under
 * these names: the client's address, its certificate's SHA-256 in hex, and the SPIFFE ID of a sidecar's peer.
 */
export const SOURCE_ADDRESS = 'x-ztp-source-address';
export const CERTIFICATE_HASH = 'x-ztp-certificate-hash';
export const PEER = 'x-ztp-peer';

/** What the decision service tells an Envoy besides 200: the rule that admits. */
export const DECIDING_RULE = 'x-ztp-rule';
