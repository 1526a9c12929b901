import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Leaf } from '../../engines/support/authority.js';

interface Asked {
  readonly challenge: string;
  readonly redirectUri: string;
}

/** What a client was refused by, or a token for it. */
export interface ProviderOptions {
  readonly place: { readonly address: string; readonly port: number };
  readonly leaf: Leaf;
  readonly clientId: string;
  /** Where browsers may be sent back to. */
  readonly redirectUri: string;
  /** The access token of whoever signs in. */
  readonly token: () => string;
}

/** A provider of people on loopback, with a confidential client: `/authorize` signs everybody in, `/token` wants code, secret and verifier. */
export class Provider {
  /** The secret of the client. */
  secret = randomBytes(24).toString('base64url');
  /** Answers of the token endpoint so far. */
  readonly exchanged: string[] = [];
  readonly #codes = new Map<string, Asked>();

  private constructor(
    private readonly server: Server,
    private readonly options: ProviderOptions,
  ) {
    server.on('request', (request: IncomingMessage, response) => {
      void this.#answer(request).then(({ status, headers, body }) =>
        response.writeHead(status, headers).end(body),
      );
    });
  }

  static async start(options: ProviderOptions): Promise<Provider> {
    const { place, leaf } = options;
    const server = createServer({ cert: leaf.certificate, key: leaf.key });
    await new Promise<void>((done) => server.listen(place.port, place.address, done));
    return new Provider(server, options);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const url = new URL(request.url ?? '/', 'https://provider.example');
    if (url.pathname === '/token') return this.#exchange(new URLSearchParams(await textOf(request)));
    const query = url.searchParams;
    const { clientId, redirectUri } = this.options;
    const isRight =
      url.pathname === '/authorize' &&
      query.get('client_id') === clientId &&
      query.get('redirect_uri') === redirectUri &&
      query.get('code_challenge_method') === 'S256';
    if (!isRight) return { status: 400, headers: {}, body: `not so: ${url.search}` };
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  #exchange(form: URLSearchParams): { status: number; headers: Record<string, string>; body: string } {
    const asked = this.#codes.get(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const wrong =
      form.get('client_secret') !== this.secret
        ? 'invalid_client'
        : asked?.challenge !== challenge || asked.redirectUri !== form.get('redirect_uri')
          ? 'invalid_grant'
          : undefined;
    this.exchanged.push(wrong ?? 'token');
    const headers = { 'content-type': 'application/json' };
    if (wrong) return { status: 401, headers, body: JSON.stringify({ error: wrong }) };
    const answer = { access_token: this.options.token(), token_type: 'Bearer', expires_in: 300 };
    return { status: 200, headers, body: JSON.stringify(answer) };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}
