/** Where browsers sign in: the paths of a provider's OpenID Connect metadata that a gateway needs. */
export interface ProviderEndpoints {
  /** `authorization_endpoint`: where a browser is sent. */
  readonly authorization: string;
  /** `token_endpoint`: where the gateway exchanges a code; it verifies certificate and name. */
  readonly token: string;
  /** `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0). @default a sign-out ends the session here alone */
  readonly endSession?: string;
}

/**
 * Browser login at the gateway: a navigation without a session is led to the provider and comes back with
 * one, by the authorization code flow with PKCE. What the session holds is an access token, which every point
 * judges like any other.
 */
export interface Login {
  /** A provider of the model, with `endpoints`. */
  readonly provider: string;
  /** The confidential client that is registered there; its secret is the deployment's and never in a model. */
  readonly clientId: string;
  /**
   * What the client asks for. Of Entra ID also `<application>/.default`.
   *
   * @default ['openid']
   */
  readonly scopes?: readonly string[];
  /**
   * The resource that the token is asked for (RFC 8707): an absolute URI, or `none` for a provider that goes
   * by scopes or by the client.
   *
   * @default the service's audience at the provider, where that is an `https` URL; of Entra ID and Cognito none
   */
  readonly resource?: string;
}

/** `http({ host: 'www.shop.example', login: login({ provider: 'people', clientId: 'www' }) })` */
export function login(options: Login): Login {
  return options;
}
