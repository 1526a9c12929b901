/** What came back for one request. */
export interface Reply {
  /** Undefined if the other end closed or reset without an answer. */
  readonly status: number | undefined;
  /** Every header line in its order, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /**
   * How it ended: `complete`, or `reset` (HTTP/2 RST_STREAM or TCP RST), `closed` (the connection ended
   * before the answer did), `timeout` (no end within the client's patience).
   */
  readonly end: 'complete' | 'reset' | 'closed' | 'timeout';
  /** The HTTP/2 error code of a reset (RFC 9113 section 7). */
  readonly code?: number;
}

/** The first value of a header. */
export function header(reply: Reply, name: string): string | undefined {
  return reply.headers.find(([key]) => key === name)?.[1];
}
