import { readFileSync, writeFileSync } from 'node:fs';
import { request as requestHttps } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { Browser, type Page, type Place } from '../../../examples/shop/demo/browser.js';
import {
  allow,
  anyone,
  deny,
  http,
  login,
  mfa,
  oidc,
  user,
  type ZeroTrustModel,
} from '../../../lib/model/index.js';
import { decide, type HeaderLine, indexPolicy, readCredential } from '../../../lib/policy/index.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import type { PlatformEvent } from '../../../local/events.js';
import { codeAt } from '../../../local/identity/one-time-codes.js';
import { Platform } from '../../../local/platform.js';
import type { Decision } from '../../../lib/policy/decide.js';

export const DESK = 'desk.shop.example';
/** Another service with login, with another client. */
export const BOOKS = 'books.shop.example';
/** A service without. */
export const SHOP = 'www.shop.example';
/** The provider is a site of its own, as most are. */
export const PROVIDER = 'id.people.example';
export const TOTP = 'JBSWY3DPEHPK3PXP';

const USERS = `users:
  alice: { groups: [staff], mfa: true, totp: ${TOTP} }
  bob: {}
  carla: { claims: { long: ${'x'.repeat(4000)} } }
`;

const people = user({ issuer: 'people' });

export const model: ZeroTrustModel = {
  trustDomain: 'shop.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({
        issuer: `https://${PROVIDER}`,
        jwksUri: `https://${PROVIDER}/jwks`,
        endpoints: {
          authorization: `https://${PROVIDER}/authorize`,
          token: `https://${PROVIDER}/exchange`,
          endSession: `https://${PROVIDER}/leave`,
        },
      }),
    },
  },
  services: {
    desk: http({ host: DESK, login: login({ provider: 'people', clientId: 'desk-browser' }) }),
    books: http({ host: BOOKS, login: login({ provider: 'people', clientId: 'books-browser' }) }),
    web: http({ host: SHOP }),
  },
  access: [
    allow(anyone()).to('desk', 'GET /', 'POST /feedback').named('open'),
    allow(people)
      .to('desk', 'GET /tickets', 'GET /tickets/{id}', 'POST /tickets', 'HEAD /tickets')
      .named('desk'),
    allow(people).to('desk', 'POST /refunds').when(mfa()).named('refunds'),
    allow(user({ groups: ['auditors'] }))
      .to('desk', 'GET /audit')
      .named('audit'),
    deny(anyone()).to('desk', 'GET /tickets/secret').named('no-secret'),
    allow(people).to('books', 'GET /', 'POST /entries').named('books'),
    allow(people).to('web', 'GET /').named('web'),
  ],
};

export interface Sent {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A platform with login, as `ztp dev` runs it, and people who sign in to it. */
export class Desk {
  readonly #index;

  private constructor(
    readonly platform: Platform,
    /** Everything that happened so far. */
    readonly events: readonly PlatformEvent[],
  ) {
    this.#index = indexPolicy(platform.plan.policy);
  }

  static async start(folder: string): Promise<Desk> {
    const users = join(folder, 'users.yaml');
    writeFileSync(users, USERS);
    const events: PlatformEvent[] = [];
    const platform = await Platform.start({
      source: { model },
      envoy: await findEnvoy(),
      identity: { kind: 'local', users },
      onEvent: (event) => events.push(event),
    });
    return new Desk(platform, events);
  }

  /** Where a host is. */
  readonly place = (host: string): Place => {
    const { gateway, issuers } = this.platform.ready();
    const ca = readFileSync(gateway.ca, 'utf8');
    if (host === PROVIDER) return { ...issuers['people']!, ca };
    const { hostname, port } = new URL(gateway.url);
    return { address: hostname, port: Number(port), ca };
  };

  browser(): Browser {
    return new Browser(this.place);
  }

  /** Somebody who has signed in; alice with both factors. */
  async signedIn(
    name: 'alice' | 'bob' | 'carla',
    host: string,
    path = '/.ztp/sign-in',
  ): Promise<{ browser: Browser; page: Page }> {
    const browser = this.browser();
    return { browser, page: await this.signIn(browser, name, `https://${host}${path}`) };
  }

  async signIn(browser: Browser, name: 'alice' | 'bob' | 'carla', url: string): Promise<Page> {
    let page = await browser.visit(url);
    if (!page.body.includes('name="username"')) return page;
    page = await browser.visit(page.url, { from: page.url, form: { username: name, mfa: 'on' } });
    for (const at of [0, 30, -30]) {
      // A code is good once; in one test there may be several sign-ins.
      if (!page.body.includes('name="code"')) break;
      const code = codeAt(TOTP, Date.now() / 1000 + at);
      page = await browser.visit(page.url, { from: page.url, form: { username: name, mfa: 'on', code } });
    }
    return page;
  }

  /** One request over a connection of its own, with exactly these headers. */
  send(method: string, url: string, headers: readonly HeaderLine[] = []): Promise<Sent> {
    const { hostname, host, pathname, search } = new URL(url);
    const { address, port, ca } = this.place(hostname);
    // Not as the URL has it, which leads `//` and `..` elsewhere.
    const path = url.slice(url.indexOf(host) + host.length) || `${pathname}${search}`;
    return new Promise((done, fail) => {
      const lines = [['host', host], ...headers].flat();
      const request = requestHttps(
        {
          host: address,
          port,
          servername: hostname,
          ca,
          agent: false,
          method,
          path,
          headers: lines as never,
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk) => (body += String(chunk)));
          response.on('end', () =>
            done({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      request.on('error', fail);
      request.end();
    });
  }

  /** What the reference says of it at the gateway; `good` is the one token that the provider signed. */
  wanted(
    method: string,
    url: string,
    headers: readonly HeaderLine[],
    good: string,
    hasSession: boolean,
  ): Decision {
    const { host } = new URL(url);
    const verify = (compact: string) => compact === good;
    return decide(this.#index, {
      point: { kind: 'gateway' },
      method,
      authority: host,
      path: url.slice(url.indexOf(host) + host.length),
      headers,
      credential: readCredential(headers, verify),
      ...(hasSession && { session: readCredential([['authorization', `Bearer ${good}`]], verify) }),
      sourceAddress: '127.0.0.1',
      now: Date.now() / 1000,
    });
  }
}

/** The lines of a browser's cookies of a host. */
export function cookieOf(browser: Browser, host: string): string {
  return [...(browser.cookies.get(host) ?? [])].map(([name, { value }]) => `${name}=${value}`).join('; ');
}

/** The token that the echo behind the gateway was given. */
export function tokenOf(page: Pick<Page, 'body'>): string {
  const { headers } = JSON.parse(page.body) as { headers: [string, string][] };
  return headers.find(([name]) => name === 'authorization')?.[1].slice('Bearer '.length) ?? '';
}
