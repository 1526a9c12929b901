/** The words that random policies and random requests share, few enough that they often meet. */

/** Literal segments of paths: some that a careless expression would mix up. */
export const SEGMENTS = ['orders', 'items', 'a', 'A', 'x.y', 'x-y', '~t', '7', '..a', 'v1.0'] as const;
/** Canonical segments that no literal of a rule can be. */
export const OTHER_SEGMENTS = ['xzy', '%C3%A9', 'a:b', 'x%20y', "o'brien", 'a,b', '%22', '*'] as const;
export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'] as const;
export const RPCS = ['shop.Pay/Charge', 'shop.Pay/Refund', 'shop.Pay/Void', 'other.v1.Pay/Charge'] as const;

export const GROUPS = ['staff', 'admin', 'a.b', 'axb', 'Staff', 'grüße', 'with space'] as const;
export const SCOPES = ['read', 'write', 'orders:write', 'readwrite'] as const;
/** Values that claims have, in rules and in tokens. */
export const VALUES = ['gold', 'g.ld', 'g+', 'Gold', 'gold ', '"', 'é', '(?s).*', '1', 'true'] as const;
export const NUMBERS = [0, 1, 2, -3, 9007199254740991] as const;
/** Top-level claims that rules ask for; a name with a dot, a URL, one that objects have by themselves. */
export const CLAIMS = ['tier', 'level', 'active', 'a.b', 'https://shop.example/tier', 'toString'] as const;
export const NESTED = [
  ['org', 'unit'],
  ['a', 'b'],
  ['org', 'tags'],
] as const;

export const ORIGINS = ['https://app.example', 'https://app.example:8443', 'https://axapp.example'] as const;
export const AUDIENCES = [
  'https://shared.example',
  'https://orders.shop.example',
  'client-orders',
  'api',
  'API',
] as const;
export const RANGES = [
  '127.0.0.0/29',
  '127.0.0.9/32',
  '127.0.0.0/8',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '::/0',
  '127.0.0.8/30',
] as const;
/** Where requests come from. */
export const SOURCES = ['127.0.0.1', '127.0.0.9', '127.1.2.3'] as const;
export const SUBJECTS = ['alice', 'bob', ''] as const;
/** Values of `jti`, `sid` and `client_id`. */
export const IDENTIFIERS = ['id-1', 'id-2'] as const;
