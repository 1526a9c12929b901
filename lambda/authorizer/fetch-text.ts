import type { IncomingMessage } from 'node:http';

export interface FetchOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the whole exchange, from the look-up of the name to the last byte. */
  readonly timeoutMilliseconds: number;
  /** Bytes of the answer's body; one more ends the exchange. */
  readonly maxBytes: number;
  /** PEM bundle that must verify the server. @default the authorities of Node */
  readonly ca?: string;
}

export interface FetchedText {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Ask for a text; the tests put another one in its place. */
export type FetchText = (url: string, options: FetchOptions) => Promise<FetchedText>;

/**
 * One exchange over TLS with a verified server, on a connection of its own: one that was kept would be
 * dead after a freeze. No redirect is followed, no compressed answer asked for. `http:` is taken for
 * `localhost` alone, where emulators listen. Throws whatever goes wrong.
 */
export const fetchText: FetchText = async (url, { timeoutMilliseconds, maxBytes, body, ...options }) => {
  const { protocol, hostname } = new URL(url);
  const isEmulator = protocol === 'http:' && hostname === 'localhost';
  if (protocol !== 'https:' && !isEmulator) throw new Error(`${url}: only over TLS`);
  // Loaded when first needed: a request that is refused before any key is looked for never waits for it.
  const { request } = await (isEmulator ? import('node:http') : import('node:https'));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes)
          outgoing.destroy(new Error(`${url}: the answer is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      incoming.once('error', reject);
      incoming.once('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`${url}: no answer within ${timeoutMilliseconds} ms`)),
      timeoutMilliseconds,
    ).unref();
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(body);
  });
};
