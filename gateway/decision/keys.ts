import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchedText, FetchOptions, FetchText } from '../../lambda/authorizer/fetch-text.js';

/** Where the keys at a URL are served, or the tunnel that leads there, and the authorities that verify that server. */
export type KeyPlace = KeysAt & {
  readonly jwksUri: string;
  /** The path of a PEM bundle. */
  readonly ca: string;
};

type KeysAt =
  | { readonly address: string; readonly port: number }
  /** The UNIX socket at which the point's own Envoy takes bytes for that server. */
  | { readonly socket: string };

/** Milliseconds between two looks for an Envoy that is still starting. */
const POLL = 50;
const NOT_THERE = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Fetches issuers' keys as the Envoy of the point does: from the place that stands for the URL, verified by its
 * certificate and by the name in the URL, whatever carries the bytes. Throws for any other URL.
 */
export function keysFrom(places: readonly KeyPlace[]): FetchText {
  const byUri = new Map(places.map((place) => [place.jwksUri, place]));
  return async (url, options) => {
    const place = byUri.get(url);
    if (!place) throw new Error(`${url} is no issuer's`);
    const deadline = performance.now() + options.timeoutMilliseconds;
    for (;;) {
      try {
        return await fetched(url, place, options);
      } catch (error) {
        // The end of a tunnel is the Envoy's, which is started after this process.
        const isEarly = 'socket' in place && NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '');
        if (!isEarly || performance.now() + POLL > deadline) throw error;
        await sleep(POLL);
      }
    }
  };
}

/** One exchange with whoever stands for that URL. */
function fetched(
  url: string,
  { ca, ...at }: KeyPlace,
  { timeoutMilliseconds, maxBytes }: FetchOptions,
): Promise<FetchedText> {
  const { hostname, host, pathname, search } = new URL(url);
  return new Promise((done, fail) => {
    const outgoing = request(
      {
        ...('socket' in at ? { socketPath: at.socket } : { host: at.address, port: at.port }),
        path: `${pathname}${search}`,
        servername: hostname,
        headers: { host, accept: 'application/json' },
        ca: readFileSync(ca),
        agent: false,
        signal: AbortSignal.timeout(timeoutMilliseconds),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) outgoing.destroy(new Error(`${url}: longer than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        incoming.once('error', fail);
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          done({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      },
    );
    outgoing.once('error', fail);
    outgoing.end();
  });
}
