import { request as requestHttps } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

/** Where a host is on this machine. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
}

/** What a browser shows after it has followed where it was sent. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Every address on the way, with the status there. */
  readonly way: readonly (readonly [status: number, url: string])[];
}

export interface Visit {
  /** @default GET */
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>>;
  /** The page whose link or form it is. @default a person typed the address */
  readonly from?: string;
  /** A script's call and no page to be shown. */
  readonly isCall?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Redirects that are followed. @default 20 */
  readonly redirects?: number;
}

interface Cookie {
  readonly value: string;
  /** Of `lax`, `strict` and `none`. */
  readonly sameSite: string;
}

/**
 * As much of a browser as signing in needs: cookies of a host with their `SameSite`, redirects, and the headers
 * by which a browser says where a request comes from (Fetch Metadata).
 */
export class Browser {
  /** By host, as `Set-Cookie` named it. */
  readonly cookies = new Map<string, Map<string, Cookie>>();
  /** Every `Set-Cookie` so far. */
  readonly set: string[] = [];

  constructor(private readonly places: (host: string) => Place | undefined) {}

  async visit(url: string, visit: Visit = {}): Promise<Page> {
    const way: [number, string][] = [];
    let [next, method, form] = [url, visit.method ?? (visit.form ? 'POST' : 'GET'), visit.form];
    let site = siteOf(url, visit.from);
    for (let at = 0; ; at++) {
      const answer = await this.#ask(next, { ...visit, method, form }, site);
      way.push([answer.status, next]);
      const { location } = answer.headers;
      if (location === undefined || at >= (visit.redirects ?? 20)) return { ...answer, url: next, way };
      const target = new URL(location, next).href;
      // A redirect through another site makes the rest a stranger's.
      const hop = siteOf(target, next);
      site = site === 'cross-site' || hop === 'cross-site' ? 'cross-site' : site === 'none' ? 'none' : hop;
      [next, method, form] = [target, 'GET', undefined];
    }
  }

  /** What the host's cookies are called. */
  names(host: string): string[] {
    return [...(this.cookies.get(host)?.keys() ?? [])].sort();
  }

  async #ask(
    url: string,
    { method, form, isCall, headers }: Visit & { method: string; form: Visit['form'] | undefined },
    site: string,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    const { host, hostname, pathname, search } = new URL(url);
    const place = this.places(hostname);
    if (!place) throw new Error(`there is no ${hostname} here`);
    const body = form && new URLSearchParams(form as Record<string, string>).toString();
    const cookie = this.#cookiesFor(hostname, method, site, isCall === true);
    return new Promise((done, fail) => {
      const request = requestHttps(
        {
          host: place.address,
          port: place.port,
          servername: hostname,
          ca: place.ca,
          agent: false,
          method,
          path: `${pathname}${search}`,
          headers: {
            host,
            accept: isCall ? '*/*' : 'text/html,application/xhtml+xml',
            'sec-fetch-site': site,
            'sec-fetch-mode': isCall ? 'cors' : 'navigate',
            'sec-fetch-dest': isCall ? 'empty' : 'document',
            ...(cookie !== '' && { cookie }),
            ...(body !== undefined && {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': String(Buffer.byteLength(body)),
            }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
          response.on('end', () => {
            this.#keep(hostname, response.headers['set-cookie'] ?? []);
            done({ status: response.statusCode ?? 0, headers: response.headers, body: text });
          });
        },
      );
      request.on('error', fail);
      request.end(body);
    });
  }

  #cookiesFor(host: string, method: string, site: string, isCall: boolean): string {
    const isForeign = site === 'cross-site';
    const isTopLevelGet = method === 'GET' && !isCall;
    const sent = [...(this.cookies.get(host) ?? [])].filter(
      ([, { sameSite }]) => !isForeign || sameSite === 'none' || (sameSite === 'lax' && isTopLevelGet),
    );
    return sent.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  #keep(host: string, lines: readonly string[]): void {
    const jar = this.cookies.get(host) ?? new Map<string, Cookie>();
    this.cookies.set(host, jar);
    for (const line of lines) {
      this.set.push(line);
      const [pair = '', ...attributes] = line.split(/; ?/);
      const has = (name: string) =>
        attributes.find((attribute) => attribute.toLowerCase().startsWith(name))?.slice(name.length);
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      const isHostOnly = has('secure') !== undefined && has('path=') === '/' && has('domain=') === undefined;
      if (name.startsWith('__Host-') && !isHostOnly) continue;
      const expires = has('expires=');
      if ((expires && Date.parse(expires) < Date.now()) || has('max-age=') === '0') jar.delete(name);
      else jar.set(name, { value: pair.slice(at + 1), sameSite: has('samesite=')?.toLowerCase() ?? 'lax' });
    }
  }
}

function siteOf(url: string, from: string | undefined): string {
  if (from === undefined) return 'none';
  const [to, source] = [new URL(url), new URL(from)];
  if (to.origin === source.origin) return 'same-origin';
  const site = ({ hostname }: URL) => hostname.split('.').slice(-2).join('.');
  return site(to) === site(source) ? 'same-site' : 'cross-site';
}
