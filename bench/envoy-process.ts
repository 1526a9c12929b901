import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVOY_ARGUMENTS } from '../lib/envoy/index.js';
import { isLive } from '../lib/point/admin.js';
import { findEnvoy } from '../local/envoy-binary.js';
import type { LoadCommand, LoadResult } from './load.js';

/** Milliseconds for an Envoy with 10,000 rules to load them on a busy machine. */
const START = 400_000;

/** A folder of this benchmark and every process that it started; all of it goes with `close`. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ztp-bench-'));
  readonly #children = new Set<ChildProcess>();
  #files = 0;

  constructor() {
    process.once('exit', () => this.#clear());
  }

  /** A new empty folder. */
  folder(): string {
    this.#files += 1;
    const path = join(this.#folder, String(this.#files));
    mkdirSync(path);
    return path;
  }

  /** Start an Envoy with one worker and wait until it listens. `bootstrap` says where its admin socket is. */
  async envoy(folder: string, bootstrap: object, adminSocket: string): Promise<ChildProcess> {
    const binary = await findEnvoy({ onProgress: console.error });
    if (binary.docker) throw new Error('the benchmark needs an Envoy on this machine: set ENVOY_PATH');
    const path = join(folder, 'bootstrap.json');
    writeFileSync(path, JSON.stringify(bootstrap));
    const args = ['--config-path', path, '--concurrency', '1', '--log-level', 'error', ...ENVOY_ARGUMENTS];
    const child = spawn(binary.path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.add(child);
    let said = '';
    // The decision log is written into a pipe, as it is anywhere, and read by somebody else.
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const deadline = performance.now() + START;
    while (!(await isLive(adminSocket))) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`Envoy: ${said}`);
      await sleep(50);
    }
    return child;
  }

  /** Start the process that makes the load. */
  async load(requests: readonly string[]): Promise<Load> {
    const child = fork(join(__dirname, 'load.ts'), { stdio: 'inherit' });
    this.#children.add(child);
    const load = new Load(child);
    await load.tell({ kind: 'requests', requests });
    return load;
  }

  close(): void {
    this.#clear();
  }

  #clear(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The process that makes the load; one run at a time. */
export class Load {
  readonly #child: ChildProcess;
  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Send `count` requests to a port of this machine and wait for their answers. */
  async run(port: number, count: number): Promise<void> {
    await this.tell({ kind: 'run', port, count });
  }

  /** Resolves when it has done as it was told. */
  async tell(command: LoadCommand): Promise<void> {
    const answer = new Promise<LoadResult>((done, fail) => {
      this.#child.once('message', (result: LoadResult) => done(result));
      this.#child.once('exit', () => fail(new Error('the load process has ended')));
    });
    this.#child.send(command);
    const result = await answer;
    this.#child.removeAllListeners('exit');
    if (result.kind === 'failed') throw new Error(result.reason);
  }
}

/** A port of 127.0.0.1 that nobody has at the moment. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
