import { type Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import type { DirectoryClient, DirectoryDomain, FederatedProviders, UserDirectoryProps } from './props.js';

/** `http` only to the machine itself: "Configuring an app client", redirect URIs. */
const CALLBACK =
  /^(?:https:\/\/[^\s#*]+|http:\/\/localhost(?::\d+)?(?:\/[^\s#*]*)?|[a-z][a-z0-9+.-]*:\/\/[^\s#*]+)$/;
const INSECURE = /^http:\/\/(?!localhost[:/]|localhost$)/;
/** "AWS::Cognito::UserPoolDomain": Domain. */
const PREFIX = /^(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** "AWS::Cognito::UserPoolIdentityProvider", ProviderName, and names that Cognito keeps for itself. */
const PROVIDER_NAME =
  /^(?!(?:Google|Facebook|LoginWithAmazon|SignInWithApple|COGNITO)$)[A-Za-z][A-Za-z0-9_-]{2,31}$/;

/** Throws for what Cognito would refuse late, or take although it weakens the directory. */
export function checkDirectory(scope: Construct, props: UserDirectoryProps): void {
  const clients = Object.entries(props.clients);
  if (clients.length === 0) {
    throw new ConstructError(scope, {
      code: 'no-client',
      message: 'nobody could sign in: the directory has no application',
      prop: 'clients',
      remedy: 'Name at least one application with its callback URLs.',
    });
  }
  for (const [name, client] of clients) checkClient(scope, name, client);
  checkDomain(scope, props.domain);
  checkSecrets(scope, props.providers ?? {});
  for (const [name, { issuer }] of Object.entries(props.providers?.oidc ?? {})) {
    checkText(scope, `providers.oidc.${name}`, name, PROVIDER_NAME, '3 to 32 letters, digits, - or _');
    checkText(
      scope,
      `providers.oidc.${name}.issuer`,
      issuer,
      /^https:\/\/[^\s?#]+[^\s?#/]$/,
      'an https URL without a slash at its end',
    );
  }
}

/** The compiler refuses text; a program in JavaScript would get it into the template. */
function checkSecrets(scope: Construct, { google, facebook, oidc = {} }: FederatedProviders): void {
  for (const [name, client] of Object.entries({ google, facebook, ...oidc })) {
    const secret: unknown = client?.clientSecret;
    if (!client || (typeof secret === 'object' && secret !== null && 'secretArn' in secret)) continue;
    throw new ConstructError(scope, {
      code: 'plaintext-secret',
      message: "the client's secret is not one of AWS Secrets Manager",
      prop: `providers.${name}.clientSecret`,
      expected: 'a Secret',
      remedy: 'Store it in Secrets Manager and pass Secret.fromSecretNameV2(…).',
    });
  }
}

function checkClient(scope: Construct, name: string, client: DirectoryClient): void {
  const at = `clients.${name}`;
  checkText(scope, at, name, NAME, 'a letter, then letters, digits, - or _');
  if (client.callbackUrls.length === 0) {
    throw new ConstructError(scope, {
      code: 'no-callback',
      message: 'an authorization code could be sent nowhere',
      prop: `${at}.callbackUrls`,
      expected: 'one URL or more',
      remedy: 'Name the URLs to which the application takes its codes.',
    });
  }
  for (const [prop, urls] of Object.entries({
    callbackUrls: client.callbackUrls,
    logoutUrls: client.logoutUrls ?? [],
  })) {
    urls.forEach((url, index) => {
      const expected = 'https, or http://localhost, without * and #';
      const pattern = INSECURE.test(url) ? /(?!)/ : CALLBACK;
      checkText(scope, `${at}.${prop}[${index}]`, url, pattern, expected);
    });
  }
  checkLifetime(scope, `${at}.accessToken`, client.accessToken, 5, 60);
  checkLifetime(scope, `${at}.refreshToken`, client.refreshToken, 60, 30 * 24 * 60);
}

function checkLifetime(
  scope: Construct,
  prop: string,
  lifetime: Duration | undefined,
  min: number,
  max: number,
): void {
  if (lifetime === undefined || lifetime.isUnresolved()) return;
  const remedy = 'A stolen token is good until it ends; refresh tokens keep people signed in.';
  checkRange(scope, lifetime.toMinutes({ integral: false }), { prop, min, max, unit: 'minutes', remedy });
}

function checkDomain(scope: Construct, domain: DirectoryDomain): void {
  if ('prefix' in domain) {
    const expected = 'small letters, digits and -, without aws, amazon or cognito';
    checkText(scope, 'domain.prefix', domain.prefix, PREFIX, expected);
    return;
  }
  const { region } = domain.certificate.env;
  if (Token.isUnresolved(region) || region === 'us-east-1') return;
  throw new ConstructError(scope, {
    code: 'certificate-region',
    message: 'Cognito serves its own domains from one region',
    prop: 'domain.certificate',
    found: region,
    expected: 'a certificate of us-east-1',
    remedy: 'Request the certificate in us-east-1 and give its ARN.',
  });
}

function checkText(scope: Construct, prop: string, text: string, pattern: RegExp, expected: string): void {
  if (Token.isUnresolved(text) || pattern.test(text)) return;
  throw new ConstructError(scope, {
    code: 'malformed-value',
    message: 'the directory would not take this as it is meant',
    prop,
    found: JSON.stringify(text),
    expected,
    remedy: 'Correct the value.',
  });
}
