import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { CompactSign, importJWK, type JWK } from 'jose';
import { DEVELOPMENT_GRANT, PIPELINE_GRANT, type ServedIssuer } from '../../local/identity/index.js';

/** What an HTTPS server of this machine answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Call {
  readonly method?: 'GET' | 'POST';
  /** @default the address */
  readonly host?: string;
  /** PEM bundle that must verify the server. */
  readonly ca: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>> | URLSearchParams;
  /** A client certificate and its key, PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** Call an address of this machine by another host name, in the handshake and in `Host`. */
export function call(url: string, { method, host, ca, headers, form, client }: Call): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(url);
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  return new Promise((done, fail) => {
    const outgoing = request(
      {
        host: hostname,
        port,
        path: pathname + search,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        ca,
        ...(client && { cert: client.certificate, key: client.key }),
        servername: host?.replace(/:\d+$/, '') ?? hostname,
        agent: false,
        headers: {
          host: host ?? `${hostname}:${port}`,
          ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () =>
          done({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    outgoing.once('error', fail);
    outgoing.end(body);
  });
}

/** The token endpoint refused. */
export class TokenRefused extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly description: string,
  ) {
    super(`${status} ${error}: ${description}`);
  }
}

/** What a successful token endpoint says. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly issued_token_type?: string;
  readonly id_token?: string;
}

/**
 * Get a token as a developer would: for a user (`username`) or a pipeline (`pipeline`) by the grants of
 * the development provider, or by any other `grant_type`. Throws `TokenRefused`.
 */
export async function tokenAnswer(
  issuer: ServedIssuer,
  ca: string,
  form: Readonly<Record<string, string>>,
  client?: Call['client'],
): Promise<TokenAnswer> {
  const answer = await call(issuer.tokenEndpoint, {
    host: new URL(issuer.issuer).host,
    ca,
    ...(client && { client }),
    form: {
      grant_type: 'pipeline' in form ? PIPELINE_GRANT : DEVELOPMENT_GRANT,
      client_id: issuer.client,
      ...form,
    },
  });
  const body = JSON.parse(answer.text) as TokenAnswer & { error: string; error_description: string };
  if (answer.status !== 200) throw new TokenRefused(answer.status, body.error, body.error_description);
  return body;
}

/** The access token of `tokenAnswer`. */
export async function obtainToken(...args: Parameters<typeof tokenAnswer>): Promise<string> {
  return (await tokenAnswer(...args)).access_token;
}

/** The private keys of an issuer, the one that signs first, from its `keys.json`. */
export function signingKeys(path: string): JWK[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as { keys: JWK[] }).keys.toReversed();
}

/**
 * Sign whatever is given, right or wrong: claims as JSON, or as text byte for byte. `header` goes over
 * `alg` and `kid` of the key.
 */
export async function mintToken(
  key: JWK,
  claims: object | string,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  const { alg = 'ES256', kid } = key;
  const crit = Array.isArray(header['crit'])
    ? Object.fromEntries(header['crit'].map((name) => [name, true]))
    : undefined;
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }), ...header })
    .sign(await importJWK(key, alg), { ...(crit && { crit }) });
}

/** A token with `alg: none` and an empty signature. */
export function unsignedToken(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

/** A new key that says it is another: the same `kid`, `alg` and type. */
export function impostorOf(key: JWK): JWK {
  const { alg = 'ES256', kid } = key;
  const { privateKey } =
    key.kty === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: key.crv ?? 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg, ...(kid !== undefined && { kid }) } as JWK;
}
