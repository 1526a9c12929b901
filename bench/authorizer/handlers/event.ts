/** What a handler takes of the event of an HTTP API. */
export interface Event {
  readonly headers: { readonly authorization: string };
}

/** The bearer token of an event. */
export function tokenIn({ headers }: Event): string {
  return headers.authorization.slice('Bearer '.length);
}

/** What every peer is configured by, as ours is. */
export const {
  AUTHZ_ISSUER: issuer = '',
  AUTHZ_AUDIENCE: audience = '',
  AUTHZ_JWKS: jwks = '',
} = process.env;

/** The policy: the scope has `orders/read`. */
export function answer(scope: unknown): { readonly isAuthorized: boolean } {
  return { isAuthorized: ` ${String(scope)} `.includes(' orders/read ') };
}
