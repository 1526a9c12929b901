import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from '../support/connect.js';
import { targetOf } from './request.js';
import { API } from './model.js';
import type { World } from './world.js';

/** Milliseconds for an answer. */
const PATIENCE = 3_500;

/** Whom a client of the point is that is nobody in particular. */
export function client({ kind }: World): string {
  return kind === 'gateway' ? 'none' : 'gateway';
}

/** A connection of HTTP/2 as Node speaks it. */
export async function openHttp2(world: World, as = client(world)): Promise<ClientHttp2Session> {
  const socket = await connect(await targetOf(world, as), 'h2');
  const session = connectHttp2('https://client.invalid', { createConnection: () => socket });
  session.on('error', () => {});
  return session;
}

export interface Answer {
  readonly status?: number;
  readonly body: string;
}

/** One request; an answer that does not come in time has no status. */
export function get(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((done) => {
    const stream = session.request({ ':authority': API, ':path': path, ...headers });
    let status: number | undefined;
    let body = '';
    stream.setEncoding('utf8');
    stream.on('response', (fields) => {
      status = fields[':status'];
    });
    stream.on('data', (chunk: string) => {
      body += chunk;
    });
    stream.on('error', () => {});
    const timer = setTimeout(() => stream.destroy(), PATIENCE);
    stream.once('close', () => {
      clearTimeout(timer);
      done({ ...(status !== undefined && { status }), body });
    });
  });
}

/** Whether the event comes in that many milliseconds. */
export function within(
  milliseconds: number,
  emitter: { once(event: string, listener: () => void): unknown },
  event: string,
): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), milliseconds);
    emitter.once(event, () => {
      clearTimeout(timer);
      done(true);
    });
  });
}
