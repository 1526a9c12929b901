/** A JSON Web Key Set as an issuer publishes it (RFC 7517); what is in it is judged key by key. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** The members of a key that are looked at; an issuer may write anything in them. */
export interface JsonWebKey {
  readonly kty?: unknown;
  readonly kid?: unknown;
  readonly alg?: unknown;
  readonly use?: unknown;
  readonly key_ops?: unknown;
  readonly crv?: unknown;
  readonly n?: unknown;
  readonly e?: unknown;
  readonly x?: unknown;
  readonly y?: unknown;
}
