import type { Socket } from 'node:net';
import { connect, type Target } from './connect.js';
import type { Reply } from './reply.js';

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/** One connection that sends exactly the bytes it is given, and reads one answer for each. */
export class Http1Connection {
  #received: Buffer = Buffer.alloc(0);
  #ended: 'closed' | 'reset' | undefined;
  #changed = () => {};

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    const end = (how: 'closed' | 'reset') => () => {
      this.#ended ??= how;
      this.#changed();
    };
    socket.on('end', end('closed'));
    socket.on('close', end('closed'));
    socket.on('error', end('reset'));
  }

  static async open(target: Target): Promise<Http1Connection> {
    return new Http1Connection(await connect(target, 'http/1.1'));
  }

  /** Whether another request may follow. */
  get open(): boolean {
    return this.#ended === undefined && !this.socket.destroyed;
  }

  /** Send the bytes of one request (a string is Latin-1) and read the answer. */
  async send(bytes: string | Buffer): Promise<Reply> {
    const request = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    const isHead = request.subarray(0, 5).toString('latin1') === 'HEAD ';
    if (this.open) this.socket.write(request);
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const parsed = parse(this.#received, isHead, this.#ended !== undefined);
      if (parsed) {
        this.#received = this.#received.subarray(parsed.length);
        const closes = parsed.reply.headers.some(
          ([name, value]) => name === 'connection' && value === 'close',
        );
        if (closes) this.close();
        return parsed.reply;
      }
      if (this.#ended) return { ...NOTHING, end: this.#ended };
      if (performance.now() >= deadline) {
        this.close();
        return { ...NOTHING, end: 'timeout' };
      }
      await this.#change(deadline - performance.now());
    }
  }

  close(): void {
    this.#ended ??= 'closed';
    this.socket.destroy();
  }

  #change(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#changed = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

/** Requests to one target, one after another, over as few connections as the other end allows. */
export class Http1Client {
  #connection: Http1Connection | undefined;
  constructor(readonly target: Target) {}

  async send(bytes: string | Buffer): Promise<Reply> {
    if (!this.#connection?.open) this.#connection = await Http1Connection.open(this.target);
    return this.#connection.send(bytes);
  }

  close(): void {
    this.#connection?.close();
  }
}

/** The bytes of a plain request; `send` takes any others as well. */
export function requestBytes(
  method: string,
  path: string,
  host: string,
  headers: readonly (readonly [string, string])[] = [],
  body = '',
): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body, 'latin1')}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const NOTHING = { status: undefined, headers: [], body: '', trailers: [] } as const;

/** The first whole answer in the bytes, and how many bytes it is. */
function parse(bytes: Buffer, isHead: boolean, ended: boolean): { reply: Reply; length: number } | undefined {
  const split = bytes.indexOf('\r\n\r\n');
  if (split === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, split).toString('latin1').split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const start = split + 4;
  // An interim answer (100 Continue) precedes the real one.
  if (status >= 100 && status < 200) {
    const rest = parse(bytes.subarray(start), isHead, ended);
    return rest && { reply: rest.reply, length: rest.length + start };
  }
  const headers = lines.map(field);
  const value = (name: string) => headers.find(([key]) => key === name)?.[1];
  const content = (
    body: Buffer,
    trailers: Reply['trailers'],
    length: number,
    end: Reply['end'] = 'complete',
  ) => ({
    reply: { status, headers, body: body.toString('utf8'), trailers, end },
    length,
  });
  if (isHead || status === 204 || status === 304) return content(Buffer.alloc(0), [], start);
  const length = value('content-length');
  if (length !== undefined) {
    const end = start + Number(length);
    if (bytes.length >= end) return content(bytes.subarray(start, end), [], end);
    return ended ? content(bytes.subarray(start), [], bytes.length, 'closed') : undefined;
  }
  if (value('transfer-encoding') === 'chunked') {
    const chunks = dechunk(bytes, start);
    if (chunks) return content(chunks.body, chunks.trailers, chunks.length);
    return ended ? content(bytes.subarray(start), [], bytes.length, 'closed') : undefined;
  }
  return ended ? content(bytes.subarray(start), [], bytes.length) : undefined;
}

function dechunk(
  bytes: Buffer,
  start: number,
): { body: Buffer; trailers: Reply['trailers']; length: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    const begin = line + 2;
    if (size === 0) {
      const end = bytes.indexOf('\r\n\r\n', line);
      if (end === -1) return undefined;
      const text = bytes.subarray(begin, Math.max(begin, end)).toString('latin1');
      return {
        body: Buffer.concat(parts),
        trailers: text === '' ? [] : text.split('\r\n').map(field),
        length: end + 4,
      };
    }
    if (bytes.length < begin + size + 2) return undefined;
    parts.push(bytes.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}

function field(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
