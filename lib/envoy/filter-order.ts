/**
 * The HTTP filters of every point, in order, one reason each. The names are the keys of per-route
 * configuration: Envoy ignores a key that names no filter, so nothing else may spell them.
 */
export const FILTERS = {
  /** Nothing else may read a path that has two spellings, and a 400 must not become a 401. */
  canonical: 'ztp.canonical',
  /** Refuses hosts of another listener; before anything is answered for them, and only where a gateway has two edges. */
  edge: 'ztp.edge',
  /**
   * Refuses what another site makes a browser with a session do; before the session is looked at, and only at a
   * gateway of services with login, as the next two.
   */
  crossSite: 'ztp.cross-site',
  /** Makes a token of the session, so that whatever follows judges one that came in no other way. */
  login: 'envoy.filters.http.oauth2',
  /** Drops the session's cookies, which nobody behind it may see. */
  session: 'ztp.session',
  /** A preflight carries no token; only where a service declares it, and only at the gateway. */
  cors: 'envoy.filters.http.cors',
  /** Verifies the token and fills the metadata that every later rule reads. */
  jwt: 'envoy.filters.http.jwt_authn',
  /** Needs the token's payload and feeds the rules: is the client's certificate the bound one? */
  bound: 'ztp.bound',
  /** What else makes a token bad: a 401 must not become a 403. Looks first whose it is, for the log. */
  token: 'ztp.token',
  /**
   * What makes a good token bad at this service: its audience, its revocation. Not the filter before with
   * other policies: a copy of those for each service costs a tenth of all at 10,000 rules.
   */
  audience: 'ztp.audience',
  /**
   * The next four only look. What they see must be there before anything refuses, and not as the shadow rules
   * of what refuses: Envoy makes its answer before it writes those down.
   */
  challenge: 'ztp.challenge',
  lasting: 'ztp.lasting',
  auditDeny: 'ztp.audit-deny',
  auditAllow: 'ztp.audit-allow',
  /** Deny wins over allow. */
  deny: 'ztp.deny',
  /** Nothing passes that no rule admits, nor what has no route. */
  allow: 'ztp.allow',
  /** What no filter can be told; after the refusals that cost no question, and only where a plan needs it. */
  decision: 'envoy.filters.http.ext_authz',
  /** Counts and buffers admitted requests only. */
  rateLimit: 'envoy.filters.http.local_ratelimit',
  bodyLimit: 'envoy.filters.http.buffer',
  router: 'envoy.filters.http.router',
} as const;

export type FilterName = (typeof FILTERS)[keyof typeof FILTERS];

/** Prefixes of what each RBAC filter writes into the request's metadata and the metrics. */
export const METADATA_PREFIX = {
  canonical: 'canonical.',
  edge: 'edge.',
  crossSite: 'cross-site.',
  issuer: 'issuer.',
  token: 'token.',
  audience: 'audience.',
  challenge: 'challenge.',
  lasting: 'lasting.',
  auditDeny: 'audit-deny.',
  auditAllow: 'audit-allow.',
  deny: 'deny.',
  allow: 'allow.',
} as const;

/** The metadata namespace of every RBAC filter, whatever its name. */
export const RBAC_NAMESPACE = 'envoy.filters.http.rbac';
