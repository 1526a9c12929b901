import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';

/** What a running part can be told to do, by name; each gets the command's own fields. */
export type Commands = Readonly<Record<string, (fields: Readonly<Record<string, unknown>>) => unknown>>;

/** Milliseconds that a command may take. */
const PATIENCE = 30_000;

/**
 * Take commands on a UNIX socket that only this user can open: a JSON object a line with the field
 * `command`, answered by one line, `{ "result": … }` or `{ "code": …, "message": … }`. Commands run
 * one after another.
 */
export async function serveCommands(path: string, commands: Commands): Promise<() => Promise<void>> {
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      last = last.then(async () => socket.write(`${JSON.stringify(await answer(commands, line))}\n`));
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(path, done);
  });
  chmodSync(path, 0o600);
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  };
}

/** Send one command and wait for its result. Throws `ZeroTrustError` with the code of the other side. */
export async function sendCommand(
  path: string,
  command: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const line = await new Promise<string>((done, fail) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify({ ...fields, command })}\n`));
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`no answer to ${command}`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error(`no answer to ${command}`)));
    createInterface({ input: socket }).once('line', (text) => {
      done(text);
      socket.end();
    });
  });
  const reply = JSON.parse(line) as { result?: unknown } & Partial<Failure>;
  if (reply.code !== undefined) throw errorOf({ message: reply.code, ...reply, code: reply.code });
  return reply.result;
}

async function answer(commands: Commands, line: string): Promise<object> {
  try {
    const { command, ...fields } = parse(line);
    if (typeof command !== 'string' || !Object.hasOwn(commands, command)) {
      throw new ZeroTrustError('unknown-command', `one of ${Object.keys(commands).join(', ')} is expected`);
    }
    return { result: (await commands[command]?.(fields)) ?? null };
  } catch (error) {
    return failure(error);
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw new ZeroTrustError('unknown-command', 'a command is a JSON object on one line');
}

/** An error as it passes between processes. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly diagnostics?: readonly Diagnostic[];
}

/** An error as a line for machines. */
export function failure(error: unknown): Failure {
  if (error instanceof ZeroTrustError) {
    const { code, message, diagnostics } = error;
    return { code, message, ...(diagnostics.length > 0 && { diagnostics }) };
  }
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}

/** The error of another process. */
export function errorOf({ code, message, diagnostics }: Failure): ZeroTrustError {
  return new ZeroTrustError(code, message, diagnostics);
}
