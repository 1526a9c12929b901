import type { HeaderLine } from '../../lib/policy/request.js';

/** One request as an entry of the authorizer sees it, whatever brought it. */
export interface EdgeRequest {
  /** The service, by what was configured for whatever brought the request; never by its `Host`. */
  readonly service: string | undefined;
  readonly method: string;
  /** As the client sent it; with the query where that is known. */
  readonly path: string;
  /** Why the path is not the client's beyond doubt, or could be taken for a pattern; then it is refused. */
  readonly doubt?: string | undefined;
  /** The values of every `Authorization` header. */
  readonly authorization: readonly string[];
  /** The values of every `DPoP` header. */
  readonly proofs: readonly string[];
  /** The header lines that a decision looks at, names in lower case. */
  readonly headers: readonly HeaderLine[];
  readonly sourceAddress: string;
  /** The SPIFFE ID that the other end of a sidecar's connection proved. */
  readonly peer?: string | undefined;
  /** The SPIFFE ID of the Envoy that asks, where one is asked over mutual TLS. */
  readonly asker?: string | undefined;
  /** The certificate that the client showed, PEM. */
  readonly certificate?: string | undefined;
  /** base64url SHA-256 of that certificate, where only this is known. */
  readonly certificateThumbprint?: string | undefined;
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** What is picked from the headers of a request. */
export type PickedHeaders = Pick<EdgeRequest, 'authorization' | 'proofs' | 'headers' | 'traceparent'>;

/** The headers that a preflight is told by. */
const PREFLIGHT = ['origin', 'access-control-request-method'];

const NONE: readonly string[] = [];

/**
 * Pick what is looked at, in one pass that copies nothing else. A name with `_` stays in, so that the
 * request is refused for it.
 */
export function pickHeaders(headers: Readonly<Record<string, unknown>>): PickedHeaders {
  let authorization = NONE;
  let proofs = NONE;
  let traceparent: string | undefined;
  const lines: HeaderLine[] = [];
  for (const name in headers) {
    const lower = isLooked(name) ? name.toLowerCase() : '';
    if (lower === 'authorization') authorization = [...authorization, ...valuesOf(headers[name])];
    else if (lower === 'dpop') proofs = [...proofs, ...valuesOf(headers[name])];
    else if (lower === 'traceparent') traceparent = valuesOf(headers[name])[0];
    else if (PREFLIGHT.includes(lower))
      for (const value of valuesOf(headers[name])) lines.push([lower, value]);
    else if (name.includes('_')) lines.push([name, '']);
  }
  return { authorization, proofs, headers: lines, traceparent };
}

/** Whether a header's name is as long as one that is looked at. */
function isLooked({ length }: string): boolean {
  return length === 13 || length === 4 || length === 6 || length === 11 || length === 29;
}

/** The values of a header, in either form of an event; one that is no text is still there. */
function valuesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((item) => (typeof item === 'string' ? item : ''));
}
