import type { ClaimEvidence, NamedProvider } from './identity.js';

export interface DirectoryOptions<Service extends string = string, Sharing extends string = string> {
  /** The directory's name: the engine makes it under this one (`directories` of `ZeroTrustPlatform` on AWS). */
  readonly directory: string;
  /**
   * The application whose tokens a service accepts, by service: its client id stands in for the audience.
   * @default each service has an audience of its own, which an application asks for (`resource`, RFC 8707)
   */
  readonly clients?: Readonly<Record<Service, string>>;
  /** Services that accept one another's tokens. @default none */
  readonly sharedAudience?: readonly Sharing[];
  /** What shows two factors in the access token: a claim that a trigger of the directory writes. @default 'none' */
  readonly mfa?: ClaimEvidence | 'none';
}

/** No host of this name can ever exist (RFC 2606), so what nobody replaced is refused rather than believed. */
const RESERVED = 'directory.invalid';
const HOST = `cognito.${RESERVED}`;

/**
 * A provider whose directory the engine makes in the same deployment. Its ids exist only then: until then unique texts
 * stand for them, on this machine for good, where the development identity provider is that directory.
 */
export function directoryProvider<Service extends string, Sharing extends string>(
  options: DirectoryOptions<Service, Sharing>,
): Omit<NamedProvider<Service, Sharing>, 'preset' | 'kind'> {
  const { directory, clients, sharedAudience, mfa = 'none' } = options;
  const issuer = `https://${HOST}/${directory}`;
  return {
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    algorithms: ['RS256'],
    requiredClaims: { token_use: 'access' },
    audienceClaim: clients ? 'client_id' : 'aud',
    ...(clients && {
      audiences: Object.fromEntries(
        Object.entries<string>(clients).map(([service, client]) => [
          service,
          `${client}.${directory}.${RESERVED}`,
        ]),
      ) as Record<Service, string>,
    }),
    ...(sharedAudience && { sharedAudience }),
    groupsClaim: 'cognito:groups',
    mfa,
  };
}

/** The name of the directory whose issuer this stands for. */
export function directoryOf(issuer: string): string | undefined {
  const prefix = `https://${HOST}/`;
  return issuer.startsWith(prefix) ? issuer.slice(prefix.length) : undefined;
}

/** The application of a directory whose client id this stands for. */
export function directoryClient(audience: string, directory: string): string | undefined {
  const suffix = `.${directory}.${RESERVED}`;
  return audience.endsWith(suffix) ? audience.slice(0, -suffix.length) : undefined;
}

/** Whether a text stands for something, or has a part that does. */
export function mentionsDirectory(text: string): boolean {
  return text.includes(RESERVED);
}
