/** Where a decision is taken. A sidecar knows one service; a gateway every public service. */
export type Point =
  | {
      readonly kind: 'gateway';
      /** An edge stands before it that the client's own connection ended at, and that judged what hangs on it. */
      readonly behindEdge?: boolean;
    }
  | { readonly kind: 'sidecar'; readonly service: string };

/** A JSON value as a token carries it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** A header line. The name in lower case; of the value, HTTP/1.1 leaves out the white space around it. */
export type HeaderLine = readonly [name: string, value: string];

/** What the `Authorization` header lines of a request hold. */
export type Credential =
  | { readonly kind: 'none' }
  /** Anything but exactly one `Bearer` or `DPoP` token of three base64url parts with JSON objects in the first two. */
  | { readonly kind: 'malformed'; readonly reason: string }
  | {
      readonly kind: 'jwt';
      /** @default Bearer */
      readonly scheme?: 'DPoP';
      readonly header: JsonObject;
      readonly claims: JsonObject;
      /** Bytes of the compact token. */
      readonly bytes: number;
      /** Whether a key that the issuer named by `iss` publishes signed it, with that key's algorithm. */
      readonly signature: 'valid' | 'invalid';
    };

/** One request as a point sees it, after TLS and before anything is interpreted. */
export interface Request {
  readonly point: Point;
  /** The SPIFFE ID that the peer of this connection proved, if it proved one. */
  readonly peer?: string;
  readonly method: string;
  /** `:authority`, or the value of `Host` as `headerValue` reads it, byte for byte. */
  readonly authority: string;
  /** The request target, byte for byte, with the query. */
  readonly path: string;
  readonly headers: readonly HeaderLine[];
  readonly credential: Credential;
  /**
   * At a gateway, of a service with login: the token that the session cookies hold, if they were sealed here for
   * this very authority and have not ended. It counts only where `credential` is `none`.
   */
  readonly session?: Credential;
  /** The address at the other end of this connection. */
  readonly sourceAddress: string;
  /** base64url SHA-256 of the client's certificate on this connection, if it showed one (RFC 8705). */
  readonly certificateThumbprint?: string;
  /** Thumbprint (RFC 7638) of the key that made a good DPoP proof of this request and token (RFC 9449 section 4.3). */
  readonly provenKey?: string;
  /** Seconds since the epoch; fractions count for nothing. */
  readonly now: number;
}

/**
 * The value of a header at every point: its lines that are not empty, joined by commas; undefined if
 * there is no line at all. Joined lines never equal a value that one line was expected to have.
 */
export function headerValue(headers: readonly HeaderLine[], name: string): string | undefined {
  let value: string | undefined;
  for (const [known, line] of headers) {
    if (known === name) value = value && line ? `${value},${line}` : value || line;
  }
  return value;
}

/** The host of an authority, which services are known by: without its port, in lower case. */
export function hostOf(authority: string): string {
  return authority.replace(/:[0-9]*$/, '').toLowerCase();
}
