import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DecisionLog } from './decision-log.js';
import type { TokenSource } from './tokens.js';

interface Certificates {
  readonly certificate: string;
  readonly key: string;
}

/** The part of `ztp dev --ready-file` that the demo reads. */
export interface Ready extends TokenSource {
  readonly gateway: { readonly url: string; readonly ca: string; readonly certificates: Certificates };
  readonly services: Readonly<
    Record<
      string,
      {
        readonly sidecar: string;
        readonly upstreams: Readonly<Record<string, string>>;
        readonly certificates: Certificates;
      }
    >
  >;
}

/** The shop, run by `ztp dev` as anybody would run it. */
export class RunningShop {
  private constructor(
    readonly process: ChildProcess,
    readonly ready: Ready,
    readonly log: DecisionLog,
    private readonly folder: string,
  ) {}

  /** Start it and wait until it is up; its progress goes to this terminal. */
  static async start(root: string): Promise<RunningShop> {
    const folder = mkdtempSync(join(tmpdir(), 'ztp-demo-'));
    const readyFile = join(folder, 'ready.json');
    const shop = resolve(root, 'examples/shop');
    const child = spawn(
      process.execPath,
      [
        resolve(root, 'dist/cli/ztp.js'),
        ...['dev', join(shop, 'model.ts'), '--overlay', join(shop, 'dev.yaml')],
        ...['--users', join(shop, 'users.yaml'), '--ready-file', readyFile, '--log', 'json'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const log = new DecisionLog();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => log.read(chunk));
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    while (!existsSync(readyFile)) {
      if (ended) throw new Error('the shop did not start');
      await new Promise((done) => setTimeout(done, 50));
    }
    const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as Ready;
    return new RunningShop(child, ready, log, folder);
  }

  /** End it as Ctrl-C would. */
  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done));
    if (this.process.exitCode === null) {
      this.process.kill('SIGINT');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
