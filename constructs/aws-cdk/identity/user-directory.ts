import { ArnFormat, Duration, Names, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnLogDeliveryConfiguration,
  CfnManagedLoginBranding,
  type CfnUserPool,
  CfnUserPoolRiskConfigurationAttachment,
  FeaturePlan,
  type IUserPool,
  type IUserPoolIdentityProvider,
  LambdaVersion,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  PasskeyUserVerification,
  StandardThreatProtectionMode,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
  type UserPoolDomain,
  UserPoolOperation,
  UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct, IConstruct } from 'constructs';
import { encryptedLogGroup, grantToLogs, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import { checkDirectory } from './checks.js';
import { checkFederatedMfa, checkPoolFederation } from './federated-mfa.js';
import type { DirectoryClient, DirectoryDomain, PoolFederation, UserDirectoryProps } from './props.js';
import { federatedProviders } from './providers.js';

/** Where people's tokens come from. */
export interface IUserDirectory extends IConstruct {
  readonly userPool: IUserPool;
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;
  /** Where its keys are. */
  readonly jwksUri: string;
  /** The host of that. */
  readonly jwksHost: string;
  /** The client id of an application, which stands in for the audience in its access tokens. Throws `unknown-client`. */
  clientId(name: string): string;
}

/** A refresh token that was used once more within this time is an answer that got lost, not a theft. */
const ROTATION_GRACE = Duration.seconds(10);

/**
 * A directory of people: a Cognito user pool with codes and PKCE, never the implicit grant, tokens of minutes,
 * refresh tokens that change with each use, an authenticator app or a passkey as second factor, and threat
 * protection. Others sign in through Google, Facebook or any OpenID Connect provider.
 *
 * Throws `ConstructError` if a second factor is required of federated users and nobody would ask for it.
 */
export class UserDirectory extends Resource implements IUserDirectory {
  /**
   * A pool that exists: what it enforces is not known. Throws `ConstructError` if `federation` says that the policy asks
   * federated users for a second factor, and it does not.
   * @param clientIds of its applications, by name
   * @param federation who signs in besides its own users; a warning while nobody says it
   */
  static fromUserPool(
    scope: Construct,
    id: string,
    userPool: IUserPool,
    clientIds: Readonly<Record<string, string>> = {},
    federation?: PoolFederation,
  ): IUserDirectory {
    class Import extends Resource implements IUserDirectory {
      readonly userPool = userPool;
      readonly jwksHost = hostOf(scope);
      readonly issuer = `https://${this.jwksHost}/${userPool.userPoolId}`;
      readonly jwksUri = `${this.issuer}/.well-known/jwks.json`;
      clientId(name: string): string {
        return known(this, clientIds[name], name, Object.keys(clientIds));
      }
    }
    const made = new Import(scope, id);
    checkPoolFederation(made, federation);
    return made;
  }

  readonly userPool: UserPool;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly jwksHost: string;
  readonly domain: UserPoolDomain;
  private readonly clients: ReadonlyMap<string, UserPoolClient>;

  constructor(scope: Construct, id: string, props: UserDirectoryProps) {
    super(scope, id);
    checkDirectory(this, props);
    checkFederatedMfa(this, props);
    this.userPool = this.pool(props);
    this.jwksHost = hostOf(this);
    this.issuer = `https://${this.jwksHost}/${this.userPool.userPoolId}`;
    this.jwksUri = `${this.issuer}/.well-known/jwks.json`;
    this.domain = this.signInDomain(props.domain);
    const providers = federatedProviders(this, this.userPool, props.providers ?? {});
    for (const identifier of props.audiences ?? []) this.audience(identifier);
    this.clients = new Map(
      Object.entries(props.clients).map(([name, client]) => [name, this.client(name, client, providers)]),
    );
    if ((props.threatProtection ?? 'enforced') !== 'none') this.watchSignIns(props);
    props.firewall?.protect('Firewall', this.userPool, this);
    if (props.federatedMfa?.enforcedBy === 'policy') {
      this.userPool.addTrigger(
        UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
        props.federatedMfa.preTokenGeneration,
        LambdaVersion.V2_0,
      );
    }
  }

  clientId(name: string): string {
    return this.clientOf(name).userPoolClientId;
  }

  /** The application itself, for what this construct does not set. */
  clientOf(name: string): UserPoolClient {
    return known(this, this.clients.get(name), name, [...this.clients.keys()]);
  }

  private pool(props: UserDirectoryProps): UserPool {
    const { mfa = 'required', threatProtection = 'enforced' } = props;
    const pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: props.selfSignUp ?? false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      keepOriginal: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(1),
      },
      mfa: mfa === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      signInPolicy: { allowedFirstAuthFactors: { password: true, passkey: true } },
      passkeyRelyingPartyId: this.relyingParty(props.domain),
      passkeyUserVerification: PasskeyUserVerification.REQUIRED,
      featurePlan: threatProtection === 'none' ? FeaturePlan.ESSENTIALS : FeaturePlan.PLUS,
      ...(threatProtection !== 'none' && {
        standardThreatProtectionMode:
          threatProtection === 'enforced'
            ? StandardThreatProtectionMode.FULL_FUNCTION
            : StandardThreatProtectionMode.AUDIT_ONLY,
      }),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // A passkey that verified its user is two factors; otherwise required MFA would lock its owner out.
    const resource = pool.node.defaultChild as CfnUserPool;
    resource.addPropertyOverride('WebAuthnFactorConfiguration', 'MULTI_FACTOR_WITH_USER_VERIFICATION');
    return pool;
  }

  /** With a domain of its own managed login takes passkeys for that alone. */
  private relyingParty(domain: DirectoryDomain): string {
    if ('host' in domain) return domain.host;
    return `${domain.prefix}.auth.${Stack.of(this).region}.amazoncognito.com`;
  }

  private signInDomain(domain: DirectoryDomain): UserPoolDomain {
    return this.userPool.addDomain('Domain', {
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
      ...('host' in domain
        ? { customDomain: { domainName: domain.host, certificate: domain.certificate } }
        : { cognitoDomain: { domainPrefix: domain.prefix } }),
    });
  }

  /** What an application may ask a token for. A name takes no `:` and no `/` ("CreateResourceServer"). */
  private audience(identifier: string): void {
    const readable = identifier.replace(/^https:\/\//, '').replaceAll(/[^\w.-]+/g, '-');
    new UserPoolResourceServer(this, `Audience-${readable}`, {
      userPool: this.userPool,
      identifier,
      userPoolResourceServerName: readable.slice(0, 256),
    });
  }

  private client(
    name: string,
    client: DirectoryClient,
    providers: readonly IUserPoolIdentityProvider[],
  ): UserPoolClient {
    const { accessToken = Duration.minutes(15), refreshToken = Duration.hours(12) } = client;
    const made = new UserPoolClient(this, `Client-${name}`, {
      userPool: this.userPool,
      userPoolClientName: name,
      generateSecret: client.kind === 'server',
      // The choice of a factor, which managed login needs for passkeys.
      authFlows: { user: true },
      oAuth: {
        flows: { authorizationCodeGrant: true, implicitCodeGrant: false, clientCredentials: false },
        callbackUrls: [...client.callbackUrls],
        logoutUrls: [...(client.logoutUrls ?? [])],
        scopes: (client.scopes ?? ['openid', 'email']).map((scope) => OAuthScope.custom(scope)),
      },
      accessTokenValidity: accessToken,
      idTokenValidity: accessToken,
      refreshTokenValidity: refreshToken,
      refreshTokenRotationGracePeriod: ROTATION_GRACE,
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      supportedIdentityProviders: [
        UserPoolClientIdentityProvider.COGNITO,
        ...providers.map(({ providerName }) => UserPoolClientIdentityProvider.custom(providerName)),
      ],
    });
    if (providers.length > 0) made.node.addDependency(...providers);
    // Without a style, the newer managed login shows an error in place of its page.
    new CfnManagedLoginBranding(this, `Branding-${name}`, {
      userPoolId: this.userPool.userPoolId,
      clientId: made.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    return made;
  }

  /** Block what is surely an attack, and log every sign-in with its risk. */
  private watchSignIns(props: UserDirectoryProps): void {
    const { userPoolId } = this.userPool;
    new CfnUserPoolRiskConfigurationAttachment(this, 'Risk', {
      userPoolId,
      clientId: 'ALL',
      compromisedCredentialsRiskConfiguration: { actions: { eventAction: 'BLOCK' } },
      accountTakeoverRiskConfiguration: {
        actions: {
          highAction: { eventAction: 'BLOCK', notify: false },
          mediumAction: { eventAction: 'MFA_IF_CONFIGURED', notify: false },
          lowAction: { eventAction: 'NO_ACTION', notify: false },
        },
      },
    });
    const encryptionKey = props.encryptionKey ?? logKey(this, 'LogKey');
    grantToLogs(this, encryptionKey);
    const name = `/aws/vendedlogs/cognito/${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`;
    const logGroup = encryptedLogGroup(this, 'SignInLog', { ...props, encryptionKey, name });
    const logGroupArn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: logGroup.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new CfnLogDeliveryConfiguration(this, 'LogDelivery', {
      userPoolId,
      logConfigurations: [
        {
          eventSource: 'userAuthEvents',
          logLevel: 'INFO',
          cloudWatchLogsConfiguration: { logGroupArn },
        },
      ],
    });
  }
}

function hostOf(scope: Construct): string {
  const { region, urlSuffix } = Stack.of(scope);
  return `cognito-idp.${region}.${urlSuffix}`;
}

function known<Found>(
  scope: Construct,
  found: Found | undefined,
  name: string,
  all: readonly string[],
): Found {
  if (found !== undefined) return found;
  throw new ConstructError(scope, {
    code: 'unknown-client',
    message: 'the directory has no such application',
    prop: 'clients',
    found: JSON.stringify(name),
    expected: all.join(', ') || 'no application',
    remedy: 'Use a name of `clients`, in the model too.',
  });
}
