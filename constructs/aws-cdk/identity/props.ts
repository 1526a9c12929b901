import type { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Plan } from '../../../lib/plan/plan.js';
import type { IWebFirewall } from '../firewall/index.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { Weakening } from '../support/weakening.js';

/** The client that a provider knows this directory as. */
export interface ProviderClient {
  readonly clientId: string;
  /** Holds the client's secret; the secret itself never stands in a template. */
  readonly clientSecret: ISecret;
  /** The field of a JSON secret. @default the whole value is the secret */
  readonly field?: string;
  /** @default what the provider needs for an email address */
  readonly scopes?: readonly string[];
}

/** Any OpenID Connect provider. */
export interface OidcProviderClient extends ProviderClient {
  /** An `https` URL without a slash at its end. */
  readonly issuer: string;
}

/** Who may sign in besides the directory's own users. */
export interface FederatedProviders {
  readonly google?: ProviderClient;
  /** OAuth 2.0, not OpenID Connect. */
  readonly facebook?: ProviderClient;
  /** By a name that people see. */
  readonly oidc?: Readonly<Record<string, OidcProviderClient>>;
}

/** An application in which people sign in. */
export interface DirectoryClient {
  /** `https`, or `http://localhost` for development. */
  readonly callbackUrls: readonly string[];
  /** @default none */
  readonly logoutUrls?: readonly string[];
  /**
   * `browser` and `native` keep no secret and send a PKCE challenge, which Cognito checks but cannot be told to
   * require; `server` has a secret.
   * @default 'browser'
   */
  readonly kind?: 'browser' | 'native' | 'server';
  /** 5 to 60 minutes. @default Duration.minutes(15) */
  readonly accessToken?: Duration;
  /** 1 hour to 30 days; each use gives a new one. @default Duration.hours(12) */
  readonly refreshToken?: Duration;
  /** @default ['openid', 'email'] */
  readonly scopes?: readonly string[];
}

/**
 * Cognito asks its own users for a second factor, federated ones never. So either the policy asks, at every
 * point, or somebody accepts that nobody does.
 */
export type FederatedMfa =
  | {
      readonly enforcedBy: 'policy';
      readonly plan: Plan;
      /** The provider of the model whose tokens this directory issues. */
      readonly issuer: string;
      /** Writes what the federated provider says about the sign-in into the access token (trigger version 2). */
      readonly preTokenGeneration: IFunction;
    }
  | { readonly enforcedBy: 'nobody'; readonly accepted: Weakening };

/**
 * Who besides its own users signs in at a pool that exists, which synthesis cannot ask it: nobody, or others, with who asks them
 * for a second factor. By policy: the pool's own trigger writes what the federated provider says into the access token.
 */
export type PoolFederation =
  | 'none'
  | Omit<Extract<FederatedMfa, { enforcedBy: 'policy' }>, 'preTokenGeneration'>
  | Extract<FederatedMfa, { enforcedBy: 'nobody' }>;

/** Where people sign in. */
export type DirectoryDomain =
  /** `<prefix>.auth.<region>.amazoncognito.com` */
  | { readonly prefix: string }
  /** Its certificate must be of us-east-1. */
  | { readonly host: string; readonly certificate: ICertificate };

export interface UserDirectoryProps extends LogProps {
  /** Applications by name, at least one. */
  readonly clients: Readonly<Record<string, DirectoryClient>>;
  readonly domain: DirectoryDomain;
  /** @default the directory's own users alone */
  readonly providers?: FederatedProviders;
  /** For the directory's own users: an authenticator app, or a passkey with user verification. @default 'required' */
  readonly mfa?: 'required' | 'optional';
  /** Needed with `providers` while `mfa` is required. */
  readonly federatedMfa?: FederatedMfa;
  /** Audiences of services, so that an application can ask for a token of one (resource binding). @default none */
  readonly audiences?: readonly string[];
  /** Whether people may make their own account. @default false: an administrator does */
  readonly selfSignUp?: boolean;
  /** Costs by the user (feature plan Plus). @default 'enforced' */
  readonly threatProtection?: 'enforced' | 'audit' | 'none';
  /** Stands before the sign-in. @default none */
  readonly firewall?: IWebFirewall;
}
