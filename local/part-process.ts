import { join } from 'node:path';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { Child } from './child.js';
import { errorOf, type Failure, sendCommand } from './control.js';
import type { Listener } from './events.js';
import { replaceFile } from './files.js';
import type { Guardian } from './guardian.js';
import { nodeProgram, packageRoot } from './package-root.js';

export interface PartOptions {
  /** For people. */
  readonly part: string;
  /** One of this package's programs, such as `local/authority/main`. */
  readonly program: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where its configuration is written. */
  readonly folder: string;
  /** The socket that it takes commands on. */
  readonly control: string;
  readonly guardian: Guardian;
  readonly onEvent: Listener;
  /** What its end means for the platform. */
  readonly whenGone: string;
}

/** A part of the platform in a process of its own: the authority, the identity provider, a decision service. */
export class PartProcess {
  readonly #options: PartOptions;
  readonly #child: Child;
  readonly #ready: Promise<Readonly<Record<string, unknown>>>;
  #stopping = false;

  constructor(options: PartOptions) {
    this.#options = options;
    const { part, program, config, guardian, onEvent } = options;
    this.configure(config);
    let resolveReady: (fields: Record<string, unknown>) => void;
    let rejectReady: (error: Error) => void;
    this.#ready = new Promise((done, fail) => {
      resolveReady = done;
      rejectReady = fail;
    });
    this.#child = new Child({
      command: process.execPath,
      args: [...nodeProgram(program), '--config', this.#configPath],
      directory: packageRoot(),
      environment: process.env,
      guardian,
      onLine: (line, stream) => {
        const message = stream === 'stdout' ? parse(line) : undefined;
        if (message?.['event'] === 'ready') resolveReady(message);
        else if (message?.['event'] === 'error') rejectReady(errorOf(message as unknown as Failure));
        else if (message?.['decision'] !== undefined) onEvent({ kind: 'decision', point: part, line });
        // Counts for a cloud's metrics.
        else if (message?.['_aws'] === undefined) onEvent({ kind: 'output', part, line });
      },
    });
    void this.#child.exited.then((exit) => {
      rejectReady(
        new ZeroTrustError(
          'part-ended',
          `the ${part} ended with ${exit.signal ?? exit.code}:\n${exit.tail.join('\n')}`,
        ),
      );
      if (!this.#stopping) onEvent({ kind: 'crashed', part, exit, next: options.whenGone });
    });
    // Whoever started it may not have come to wait yet.
    this.#ready.catch(() => {});
  }

  /** What it said when it was up. Throws what it said went wrong. */
  async ready(): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#ready;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Write its configuration, for a command that reads it again. */
  configure(config: PartOptions['config']): void {
    replaceFile(this.#configPath, `${JSON.stringify(config, null, 2)}\n`);
  }

  get #configPath(): string {
    return join(this.#options.folder, 'config.json');
  }

  get pid(): number | undefined {
    return this.#child.running ? this.#child.pid : undefined;
  }

  async command(name: string, fields?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return sendCommand(this.#options.control, name, fields);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#child.stop();
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
