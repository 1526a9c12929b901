import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { FetchedText, FetchText } from '../../lambda/authorizer/fetch-text.js';

/** Where the keys at a URL are served on this machine, and the authorities that verify that server. */
export interface KeyPlace {
  readonly jwksUri: string;
  readonly address: string;
  readonly port: number;
  /** The path of a PEM bundle. */
  readonly ca: string;
}

/**
 * Fetches issuers' keys as an Envoy here does: from the place that stands for the URL, verified by its
 * certificate and by the name in the URL. Throws for any other URL.
 */
export function keysFrom(places: readonly KeyPlace[]): FetchText {
  const byUri = new Map(places.map((place) => [place.jwksUri, place]));
  return (url, { timeoutMilliseconds, maxBytes }) => {
    const place = byUri.get(url);
    if (!place) return Promise.reject(new Error(`${url} is no issuer's`));
    const { hostname, host, pathname, search } = new URL(url);
    return new Promise<FetchedText>((done, fail) => {
      const outgoing = request(
        {
          host: place.address,
          port: place.port,
          path: `${pathname}${search}`,
          servername: hostname,
          headers: { host, accept: 'application/json' },
          ca: readFileSync(place.ca),
          agent: false,
          timeout: timeoutMilliseconds,
        },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
            if (text.length > maxBytes) outgoing.destroy(new Error(`${url}: longer than ${maxBytes} bytes`));
          });
          incoming.once('error', fail);
          incoming.once('end', () =>
            done({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
          );
        },
      );
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${url}: no answer in time`)));
      outgoing.once('error', fail);
      outgoing.end();
    });
  };
}
