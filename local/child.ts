import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guardian } from './guardian.js';

/** How many of its last lines a child that ended is reported with. */
export const TAIL = 20;
/** Characters of a line that are kept. */
const LINE = 2000;
/** Milliseconds between two looks at a group that is ending. */
const POLL = 20;
/** Milliseconds for the output of a process that has ended to arrive. */
const LAST_LINES = 250;

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly guardian: Guardian;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it printed, at most 20. */
  readonly tail: readonly string[];
}

/** A child process that leads a process group of its own, so that it ends with all that it started. */
export class Child {
  readonly pid: number | undefined;
  /** Resolves when the process has ended and its output is read. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #guardian: Guardian;
  readonly #tail: string[] = [];
  readonly #closed: Promise<void>;
  #ended = false;
  #stopping = false;

  constructor(options: ChildOptions) {
    this.#guardian = options.guardian;
    this.#process = spawn(options.command, options.args, {
      cwd: options.directory,
      env: { ...options.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.#process.pid;
    this.#closed = new Promise((done) => this.#process.once('close', () => done()));
    if (this.pid !== undefined) this.#guardian.add(this.pid);
    this.#read('stdout', options);
    this.#read('stderr', options);
    this.exited = this.#exit();
  }

  get running(): boolean {
    return !this.#ended;
  }

  tail(): readonly string[] {
    return [...this.#tail];
  }

  /** End the process and all that it started: SIGTERM, and SIGKILL to what is left after `grace` milliseconds. */
  async stop(grace = 3000): Promise<void> {
    if (this.pid === undefined || this.#ended) return;
    this.#stopping = true;
    const deadline = performance.now() + grace;
    signalGroup(this.pid, 'SIGTERM');
    // The leader may be a shell that goes first; what it started has the same time.
    while (performance.now() < deadline && signalGroup(this.pid, 0)) await sleep(POLL);
    signalGroup(this.pid, 'SIGKILL');
    await this.exited;
    this.#guardian.drop(this.pid);
  }

  async #exit(): Promise<Exit> {
    const ended = await new Promise<Omit<Exit, 'tail'>>((done) => {
      this.#process.once('exit', (code, signal) => done({ code, signal }));
      this.#process.once('error', (error) => {
        this.#keep(error.message);
        if (this.pid === undefined) done({ code: null, signal: null });
      });
    });
    this.#ended = true;
    // Its last lines are still on their way; something it started may hold the pipe open for ever.
    await Promise.race([this.#closed, sleep(LAST_LINES, undefined, { ref: false })]);
    if (this.pid !== undefined && !this.#stopping) {
      signalGroup(this.pid, 'SIGKILL');
      this.#guardian.drop(this.pid);
    }
    return { ...ended, tail: this.tail() };
  }

  #read(stream: 'stdout' | 'stderr', { onLine }: ChildOptions): void {
    const input = this.#process[stream];
    if (!input) return;
    const take = (text: string) => {
      const line = text.endsWith('\r') ? text.slice(0, -1) : text;
      this.#keep(line);
      onLine?.(line, stream);
    };
    // Not by readline, which also ends a line at U+2028: a caller can put that into a path or a header,
    // and would break the line of the decision log that tells of the request.
    let rest = '';
    input.setEncoding('utf8');
    input.on('data', (chunk: string) => {
      const lines = chunk.split('\n');
      lines[0] = rest + (lines[0] ?? '');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    input.on('end', () => {
      if (rest !== '') take(rest);
    });
  }

  #keep(line: string): void {
    this.#tail.push(line.length > LINE ? `${line.slice(0, LINE)}…` : line);
    if (this.#tail.length > TAIL) this.#tail.shift();
  }
}

/** Signal a whole group; says whether anything of it is left. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
