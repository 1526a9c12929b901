import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BANK, RATES } from '../egress.js';
import wholeShop from '../login.js';
import { DecisionLog } from './decision-log.js';
import { Outside } from './outside.js';
import type { TokenSource } from './tokens.js';

interface Certificates {
  readonly certificate: string;
  readonly key: string;
}

/** The part of `ztp dev --ready-file` that the demo reads. */
export interface Ready extends TokenSource {
  readonly gateway: { readonly url: string; readonly ca: string; readonly certificates: Certificates };
  readonly egress: { readonly url: string };
  readonly services: Readonly<
    Record<
      string,
      {
        readonly sidecar: string;
        readonly upstreams: Readonly<Record<string, string>>;
        readonly destinations?: Readonly<Record<string, string>>;
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
    private readonly outside: Outside,
    private readonly folder: string,
  ) {}

  /** Start it and wait until it is up; its progress goes to this terminal. */
  static async start(root: string): Promise<RunningShop> {
    const folder = mkdtempSync(join(tmpdir(), 'ztp-demo-'));
    const readyFile = join(folder, 'ready.json');
    const shop = resolve(root, 'examples/shop');
    const outside = await Outside.start([BANK, RATES], folder);
    // As JSON, so that the model that is run is the one that the table asks.
    const [model, overlay] = [join(folder, 'model.json'), join(folder, 'dev.json')];
    writeFileSync(model, JSON.stringify(wholeShop));
    writeFileSync(overlay, JSON.stringify({ egress: outside.standIns }));
    const child = spawn(
      process.execPath,
      [
        resolve(root, 'dist/cli/ztp.js'),
        ...['dev', model, '--overlay', overlay],
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
    return new RunningShop(child, ready, log, outside, folder);
  }

  /** End it as Ctrl-C would. */
  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done));
    if (this.process.exitCode === null) {
      this.process.kill('SIGINT');
      await ended;
    }
    await this.outside.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
