import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { planText } from '../../lib/index.js';
import { sendCommand } from '../../local/control.js';
import { temporaryFolder } from '../local/temporary.js';
import { issuersPlan } from '../support/issuers.js';

const main = join(__dirname, '..', '..', 'local', 'authority', 'main.ts');

type Line = Readonly<Record<string, unknown>>;

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** The authority's process, and the lines that it prints. */
class Process {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  readonly #input;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(this.#child);
    this.#input = createInterface({ input: this.#child.stdout! });
    this.#input.on('line', (line) => this.lines.push(JSON.parse(line) as Line));
  }

  async line(event: string): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => line['event'] === event);
      if (found) return found;
      await once(this.#input, 'line');
    }
  }

  /** The exit code after a signal, or by itself. */
  async end(signal?: NodeJS.Signals): Promise<unknown> {
    const ended = once(this.#child, 'exit');
    if (signal) this.#child.kill(signal);
    return (await ended)[0];
  }
}

function configIn(folder: string, more: object = {}): string {
  const path = (name: string) => join(folder, name);
  writeFileSync(path('plan.json'), planText(issuersPlan()));
  const config = {
    plan: path('plan.json'),
    state: path('state'),
    secrets: path('secrets'),
    control: path('authority.sock'),
    ...more,
  };
  writeFileSync(path('config.json'), JSON.stringify(config));
  return path('config.json');
}

test('runs as a process: says when it is ready, takes commands from this user, ends on a signal', async () => {
  const folder = temporaryFolder();
  const child = new Process('--config', configIn(folder));
  const ready = await child.line('ready');
  expect(ready).toMatchObject({
    secrets: join(folder, 'secrets'),
    edge: join(folder, 'secrets', 'edge.pem'),
  });
  const socket = join(folder, 'authority.sock');
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const issued = () => child.lines.filter(({ event }) => event === 'issued').length;
  const before = issued();
  await sendCommand(socket, 'reissue', { owner: 'gateway' });
  expect(issued()).toBe(before + 2);
  await sendCommand(socket, 'prepare-root');
  await sendCommand(socket, 'activate-root');
  await sendCommand(socket, 'retire-root');
  await sendCommand(socket, 'reload');
  await expect(sendCommand(socket, 'retire-root')).rejects.toMatchObject({ code: 'root-change' });
  await expect(sendCommand(socket, 'sign-anything')).rejects.toMatchObject({ code: 'unknown-command' });
  await expect(sendCommand(socket, '__proto__')).rejects.toMatchObject({ code: 'unknown-command' });
  expect(await child.end('SIGTERM')).toBe(0);
});

test.each([
  ['no configuration', () => []],
  ['a configuration that is not there', (folder: string) => ['--config', join(folder, 'none')]],
  ['an unknown field', (folder: string) => ['--config', configIn(folder, { trust: 'everyone' })]],
  ['a wrong type', (folder: string) => ['--config', configIn(folder, { secrets: 1 })]],
])('%s is an error line with a code, and exit code 1', async (_name, args) => {
  const child = new Process(...args(temporaryFolder()));
  const ended = child.end();
  expect(await child.line('error')).toMatchObject({ code: 'invalid-config' });
  expect(await ended).toBe(1);
});
