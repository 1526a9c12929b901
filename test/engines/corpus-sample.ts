/**
 * A request near or beyond the border of the canonical grammar, as bytes. The numbers are those of
 * known divergences between enforcement points, as in `test/policy/pitfalls.test.ts`.
 */
export interface Sample {
  readonly name: string;
  readonly pitfall?: number;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The bytes in HTTP/1.1, if they are not the plain spelling of the above; `trace` is a header line. */
  readonly http1?: (trace: string) => string;
  /** The fields in HTTP/2, if they are not the plain ones. */
  readonly http2?: (trace: readonly [string, string]) => readonly (readonly [string, string])[];
}

/** The host that the points serve. */
export const HOST = 'orders.shop.example';

const plain: Sample = { name: '', method: 'GET', path: '/a', host: HOST, headers: [] };

/** A plain request with changes. */
export function sample(name: string, changes: Partial<Sample>): Sample {
  return { ...plain, ...changes, name };
}
