import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { codeAt } from '../../../local/identity/one-time-codes.js';
import { Browser, type Place } from './browser.js';
import type { TokenSource } from './tokens.js';

interface Where extends TokenSource {
  readonly gateway: { readonly url: string; readonly ca: string };
}

/** What a browser brings once somebody has signed in. */
export interface Session {
  readonly cookie: string;
  /** What the gateway makes of it: the token that came to the application. */
  readonly token: string;
}

interface Person {
  readonly mfa?: boolean;
  readonly totp?: string;
}

/** People who sign in at the gateway as a browser does: by the provider's page, with their code if they have one. */
export class Sessions {
  readonly #all = new Map<string, Promise<Session>>();
  readonly #people: Readonly<Record<string, Person>>;

  constructor(
    private readonly where: Where,
    private readonly host: string,
    users: string,
  ) {
    this.#people = (parse(readFileSync(users, 'utf8')) as { users: Record<string, Person> }).users;
  }

  of(name: string): Promise<Session> {
    const session = this.#all.get(name) ?? this.#signIn(name);
    this.#all.set(name, session);
    return session;
  }

  async #signIn(name: string): Promise<Session> {
    const browser = new Browser((host) => this.#place(host));
    let page = await browser.visit(`https://${this.host}/`);
    const form = { username: name, mfa: 'on' };
    page = await browser.visit(page.url, { from: page.url, form });
    const { totp } = this.#people[name] ?? {};
    if (totp !== undefined) {
      const code = codeAt(totp, Date.now() / 1000);
      page = await browser.visit(page.url, { from: page.url, form: { ...form, code } });
    }
    if (page.status !== 200) throw new Error(`${name} could not sign in: ${page.status} at ${page.url}`);
    const { headers } = JSON.parse(page.body) as { headers: [string, string][] };
    const authorization = headers.find(([header]) => header === 'authorization')?.[1] ?? '';
    const cookies = [...(browser.cookies.get(this.host) ?? [])];
    return {
      cookie: cookies.map(([cookie, { value }]) => `${cookie}=${value}`).join('; '),
      token: authorization.slice('Bearer '.length),
    };
  }

  #place(host: string): Place {
    const { gateway, issuers } = this.where;
    const provider = issuers['people']!;
    if (host === 'login.shop.example') return { ...provider, ca: readFileSync(provider.ca, 'utf8') };
    const { hostname, port } = new URL(gateway.url);
    return { address: hostname, port: Number(port), ca: readFileSync(gateway.ca, 'utf8') };
  }
}
