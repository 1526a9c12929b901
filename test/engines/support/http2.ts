import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { connect, type Target } from './connect.js';
import type { Reply } from './reply.js';

/** Milliseconds for an answer. */
const PATIENCE = 10_000;
/** Bytes of a frame's payload: what a peer takes without having said more (RFC 9113 section 4.2). */
const MAX_FRAME = 16_384;

/** Header fields exactly as they go over the wire, pseudo-headers among them, in this order. */
export type Fields = readonly (readonly [name: string, value: string | Buffer])[];

const FRAME = { data: 0, headers: 1, continuation: 9 } as const;
const FLAG = { endStream: 1, endHeaders: 4 } as const;

/**
 * One HTTP/2 connection whose requests carry exactly the fields they are given, well-formed or not.
 *
 * Node's client speaks the protocol and reads the answers; on the way out each of its header blocks is
 * replaced by the given fields as HPACK literals without indexing (RFC 7541 section 6.2.2), which
 * depend on no table.
 */
export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #splice: Splice;
  #closed = false;

  private constructor(socket: Socket) {
    this.#splice = new Splice(socket);
    this.#session = connectHttp2('http://client.invalid', { createConnection: () => this.#splice });
    this.#session.on('error', () => {});
    this.#session.on('close', () => {
      this.#closed = true;
    });
    this.#session.on('goaway', () => {
      this.#closed = true;
    });
  }

  static async open(target: Target): Promise<Http2Connection> {
    return new Http2Connection(await connect(target, 'h2'));
  }

  /** Whether another request may follow. */
  get open(): boolean {
    return !this.#closed && !this.#session.destroyed;
  }

  /** Send one request and read the answer. */
  send(fields: Fields, body?: string | Buffer): Promise<Reply> {
    const stream = this.start(fields, body === undefined);
    if (body !== undefined) stream.end(body);
    return replyOf(stream, this.#session);
  }

  /** Begin a request whose body goes on; for streams. */
  start(fields: Fields, endStream = false): ClientHttp2Stream {
    this.#splice.next(headerBlock(fields));
    // Node must know that no body answers a HEAD, whatever the length in its answer.
    const isHead = fields.some(([name, value]) => name === ':method' && value === 'HEAD');
    return this.#session.request({ ':path': '/', ':method': isHead ? 'HEAD' : 'GET' }, { endStream });
  }

  close(): void {
    this.#closed = true;
    this.#session.destroy();
    this.#splice.destroy();
  }
}

/** Requests to one target over as few connections as the other end allows. */
export class Http2Client {
  #connection: Http2Connection | undefined;
  #opening: Promise<Http2Connection> | undefined;
  constructor(readonly target: Target) {}

  async send(fields: Fields, body?: string | Buffer): Promise<Reply> {
    return (await this.#open()).send(fields, body);
  }

  close(): void {
    this.#connection?.close();
  }

  /** The open connection; requests that start at once share a new one. */
  async #open(): Promise<Http2Connection> {
    if (this.#connection?.open) return this.#connection;
    this.#opening ??= Http2Connection.open(this.target);
    try {
      this.#connection = await this.#opening;
      return this.#connection;
    } finally {
      this.#opening = undefined;
    }
  }
}

/** The fields of a plain request. */
export function requestFields(method: string, path: string, authority: string, headers: Fields = []): Fields {
  return [[':method', method], [':scheme', 'https'], [':authority', authority], [':path', path], ...headers];
}

function replyOf(stream: ClientHttp2Stream, session: ClientHttp2Session): Promise<Reply> {
  return new Promise((done) => {
    let status: number | undefined;
    let headers: [string, string][] = [];
    let trailers: [string, string][] = [];
    let timedOut = false;
    const body: Buffer[] = [];
    const timer = setTimeout(() => {
      timedOut = true;
      stream.destroy();
    }, PATIENCE);
    stream.on('response', (_headers, _flags, raw: string[]) => {
      const fields = pairs(raw);
      status = Number(fields.find(([name]) => name === ':status')?.[1]);
      headers = fields.filter(([name]) => !name.startsWith(':'));
    });
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      trailers = pairs(raw ?? []);
    });
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', () => {});
    stream.once('close', () => {
      clearTimeout(timer);
      const code = stream.rstCode;
      // Node resets the streams of a connection that went away with CANCEL or INTERNAL_ERROR of its own.
      const end = timedOut
        ? 'timeout'
        : code === 0 && status !== undefined
          ? 'complete'
          : session.closed || session.destroyed
            ? 'closed'
            : 'reset';
      done({
        status,
        headers,
        trailers,
        body: Buffer.concat(body).toString('utf8'),
        end,
        ...(code && { code }),
      });
    });
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : [],
  );
}

/** The fields as literals without indexing, with new names, without Huffman coding. */
function headerBlock(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** An integer with a prefix of 7 bits (RFC 7541 section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The socket as Node's client sees it, with its header blocks replaced on the way out. */
class Splice extends Duplex {
  readonly #socket: Socket;
  readonly #blocks: Buffer[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #preface = true;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.push(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The block of the next request. */
  next(block: Buffer): void {
    this.#blocks.push(block);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#preface && this.#pending.length >= 24) {
      this.#socket.write(this.#pending.subarray(0, 24));
      this.#pending = this.#pending.subarray(24);
      this.#preface = false;
    }
    while (!this.#preface && this.#pending.length >= 9) {
      const length = 9 + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < length) break;
      this.#forward(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
    }
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #forward(frame: Buffer): void {
    const block = frame[3] === FRAME.headers ? this.#blocks.shift() : undefined;
    if (!block) {
      this.#socket.write(frame);
      return;
    }
    const stream = frame.readUInt32BE(5);
    const endStream = (frame[4] ?? 0) & FLAG.endStream;
    for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME) {
      const part = block.subarray(at, at + MAX_FRAME);
      const head = Buffer.alloc(9);
      head.writeUIntBE(part.length, 0, 3);
      head[3] = at === 0 ? FRAME.headers : FRAME.continuation;
      head[4] = (at === 0 ? endStream : 0) | (at + MAX_FRAME >= block.length ? FLAG.endHeaders : 0);
      head.writeUInt32BE(stream, 5);
      this.#socket.write(Buffer.concat([head, part]));
    }
  }
}
