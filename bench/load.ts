import { connect, type Socket } from 'node:net';

/** What the load process is told. */
export type LoadCommand =
  | { readonly kind: 'requests'; readonly requests: readonly string[] }
  | { readonly kind: 'run'; readonly port: number; readonly count: number };

/** What it answers when it is done. */
export type LoadResult =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Requests under way at a time, each on a connection of its own. */
const CONNECTIONS = 8;

/** Milliseconds after which a request that has no answer fails the run. */
const PATIENCE = 300_000;

let requests: readonly Buffer[] = [];
let next = 0;

/**
 * A process that sends prepared HTTP/1.1 requests, so that its own CPU time is nobody's else. An
 * answer other than 200 ends the run: a refusal costs less than what was to be measured.
 */
process.on('message', (command: LoadCommand) => {
  if (command.kind === 'requests') {
    requests = command.requests.map((text) => Buffer.from(text, 'latin1'));
    answer({ kind: 'ready' });
    return;
  }
  run(command.port, command.count).then(
    () => answer({ kind: 'done' }),
    (error: unknown) =>
      answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});

function answer(result: LoadResult): void {
  process.send?.(result);
}

async function run(port: number, count: number): Promise<void> {
  let left = count;
  const take = () => {
    left -= 1;
    if (left < 0) return undefined;
    next = (next + 1) % requests.length;
    return requests[next];
  };
  const connections = Math.min(CONNECTIONS, count);
  await Promise.all(Array.from({ length: connections }, () => converse(port, take)));
}

/** Send one request after the other on one connection, until there are no more. */
function converse(port: number, take: () => Buffer | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    let asked: Buffer | undefined;
    const send = () => {
      asked = take();
      if (asked) socket.write(asked);
      else socket.end(done);
    };
    socket.setEncoding('latin1');
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer in time')));
    socket.on('connect', send);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection was closed')));
    socket.on('data', (text: string) => {
      received += text;
      const end = endOfAnswer(received, asked);
      if (end === undefined) return;
      if (!received.startsWith('HTTP/1.1 200 ')) {
        const line = asked?.toString('latin1').split('\r\n', 1)[0];
        socket.destroy(new Error(`${line} was answered ${received.split('\r\n', 1)[0]}`));
        return;
      }
      received = received.slice(end);
      send();
    });
  });
}

/** Where the first answer ends, if it is all there; the upstream always says how long its body is. */
function endOfAnswer(text: string, asked: Buffer | undefined): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  if (asked?.subarray(0, 5).toString() === 'HEAD ') return head + 4;
  const length = /\r\ncontent-length: ([0-9]+)/.exec(text.slice(0, head))?.[1] ?? '0';
  const end = head + 4 + Number(length);
  return text.length >= end ? end : undefined;
}
