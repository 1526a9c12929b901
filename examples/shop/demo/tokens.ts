import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TokenWish } from './requests.js';

/** What the ready file says of an issuer's token endpoint. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly url: string;
  readonly tokenEndpoint: string;
  readonly client: string;
}

export interface TokenSource {
  /** PEM file that verifies the identity provider. */
  readonly ca: string;
  readonly issuers: Readonly<Record<string, TokenIssuer>>;
}

/** Seconds; well over the clock skew that every point forgives. */
const LONG_AGO = 3600;

/** Gets tokens from the development identity provider, as a user, the pipeline or a workload would. */
export class Tokens {
  constructor(
    readonly source: TokenSource,
    /** The certificate that a bound token is bound to. */
    readonly thumbprint: string,
  ) {}

  async obtain(wish: TokenWish, service: string): Promise<string> {
    const [kind, name] = wish.of.includes(':') ? wish.of.split(':') : ['user', wish.of];
    if (kind === 'pipeline') {
      const [issuer] = Object.keys(this.source.issuers).filter((key) => key.startsWith('pipelines.'));
      return this.#ask(issuer!, { grant_type: `urn:zero-trust-platform:pipeline`, pipeline: name!, service });
    }
    const issuer = wish.issuer ?? 'people';
    const first = await this.#ask(issuer, {
      grant_type: 'urn:zero-trust-platform:development',
      username: name!,
      service: wish.exchangedBy ?? wish.audience ?? service,
      ...(wish.scope !== undefined && { scope: wish.scope }),
      ...(wish.mfa !== undefined && { mfa: String(wish.mfa) }),
      ...(wish.expired && { age: String(LONG_AGO) }),
      ...(wish.bound && { certificate_thumbprint: this.thumbprint }),
    });
    if (wish.exchangedBy === undefined) return first;
    return this.#ask(issuer, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: wish.exchangedBy,
      subject_token: first,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      service,
    });
  }

  #ask(issuer: string, form: Readonly<Record<string, string>>): Promise<string> {
    const { url, tokenEndpoint, client, issuer: iss } = this.source.issuers[issuer]!;
    const { hostname, port } = new URL(url);
    const { host, hostname: servername } = new URL(iss);
    const body = new URLSearchParams({ client_id: client, ...form }).toString();
    return new Promise((done, fail) => {
      const asked = request(
        {
          hostname,
          port,
          path: new URL(tokenEndpoint).pathname,
          method: 'POST',
          servername,
          ca: readFileSync(this.source.ca),
          headers: {
            host,
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': body.length,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            const { access_token: token } = JSON.parse(text) as { access_token?: string };
            if (token === undefined) fail(new Error(`${issuer} gave no token: ${text}`));
            else done(token);
          });
        },
      );
      asked.on('error', fail);
      asked.end(body);
    });
  }
}
