import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TokenWish } from './requests.js';

/** What the ready file says of issuers and of how to get their tokens, by the issuer's name in the plan. */
export interface TokenSource {
  readonly issuers: Readonly<
    Record<string, { readonly address: string; readonly port: number; readonly ca: string }>
  >;
  readonly tokens: Readonly<Record<string, { readonly url: string; readonly client_id: string }>>;
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
      const [issuer] = Object.keys(this.source.tokens).filter((key) => key.startsWith('pipelines.'));
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
    const { url, client_id } = this.source.tokens[issuer]!;
    // Its host is the real issuer's; on this machine it is at an address that no resolver knows.
    const { address, port, ca } = this.source.issuers[issuer]!;
    const { host, hostname: servername, pathname: path } = new URL(url);
    const body = new URLSearchParams({ client_id, ...form }).toString();
    return new Promise((done, fail) => {
      const asked = request(
        {
          hostname: address,
          port,
          path,
          method: 'POST',
          servername,
          ca: readFileSync(ca),
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
