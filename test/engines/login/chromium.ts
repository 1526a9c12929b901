import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** What distributions and vendors call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Milliseconds until an answer or a state is given up; only a test that would never end ends by it. */
const PATIENCE = 60_000;

type Result = Readonly<Record<string, unknown>>;
type Answered = { resolve: (result: Result) => void; reject: (error: Error) => void };

export interface ChromiumOptions {
  /** By host: where it is, for every port. */
  readonly hosts: Readonly<Record<string, string>>;
  /** base64 SHA-256 of the public keys of certificates that are taken without a known root. */
  readonly keys: readonly string[];
}

/** A real browser without a screen, driven by its own protocol (Chrome DevTools Protocol) through pipes. */
export class Chromium {
  readonly #waiting = new Map<number, Answered>();
  #last = 0;
  #text = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly profile: string,
  ) {
    const [, , , , output] = process.stdio as unknown as [null, null, null, Writable, Readable];
    output.setEncoding('utf8').on('data', (chunk) => this.#take(String(chunk)));
    process.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser has ended'));
    });
  }

  /** Start it. Throws if there is none: `CHROME_PATH` names one, and otherwise it is on the path. */
  static start({ hosts, keys }: ChromiumOptions): Chromium {
    const profile = mkdtempSync(join(tmpdir(), 'ztp-chromium-'));
    const rules = Object.entries(hosts).map(([host, place]) => `MAP ${host} ${place}`);
    const child = spawn(
      find(),
      [
        '--headless=new',
        '--remote-debugging-pipe',
        `--user-data-dir=${profile}`,
        `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND'].join(', ')}`,
        `--ignore-certificate-errors-spki-list=${keys.join(',')}`,
        // As root, in a container, its own sandbox does not start; the pages are our own.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--no-first-run',
        '--window-size=720,640',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    return new Chromium(child, profile);
  }

  /** A tab with cookies of its own. */
  async tab(): Promise<Tab> {
    const { browserContextId } = await this.call('Target.createBrowserContext');
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(sessionId));
    await tab.call('Page.enable');
    await tab.call('Network.enable');
    return tab;
  }

  call(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#last;
    const input = this.process.stdio[3] as Writable;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done));
    if (this.process.exitCode === null && this.process.kill('SIGKILL')) await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #take(chunk: string): void {
    const messages = `${this.#text}${chunk}`.split('\0');
    this.#text = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as {
        id?: number;
        result?: Result;
        error?: { message: string };
      };
      const waiting = id === undefined ? undefined : this.#waiting.get(id);
      if (id === undefined || !waiting) continue;
      this.#waiting.delete(id);
      if (error) waiting.reject(new Error(error.message));
      else waiting.resolve(result ?? {});
    }
  }
}

/** One page of the browser. */
export class Tab {
  constructor(
    private readonly browser: Chromium,
    private readonly session: string,
  ) {}

  call(method: string, params: object = {}): Promise<Result> {
    return this.browser.call(method, params, this.session);
  }

  /** Type an address. */
  async open(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
  }

  /** What an expression of JavaScript is in the page; undefined while the page changes. */
  async value(expression: string): Promise<unknown> {
    try {
      const { result, exceptionDetails } = await this.call('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      return exceptionDetails ? undefined : (result as { value?: unknown }).value;
    } catch {
      return undefined;
    }
  }

  /** Wait until an expression is true, and the page has loaded. */
  async until(expression: string): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while ((await this.value(`document.readyState === 'complete' && Boolean(${expression})`)) !== true) {
      if (performance.now() > deadline) {
        throw new Error(
          `never came true: ${expression}; at ${String(await this.value('location.href + document.body.innerText'))}`,
        );
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Press something, as a person does. */
  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)})`);
    await this.value(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** A picture of the page, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.call('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(String(data), 'base64');
  }

  /** Every cookie that it has for an address. */
  async cookies(url: string): Promise<readonly { readonly name: string; readonly value: string }[]> {
    const { cookies } = await this.call('Network.getCookies', { urls: [url] });
    return cookies as { name: string; value: string }[];
  }
}

function find(): string {
  const named = process.env['CHROME_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = named ? [named] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = found.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!path)
    throw new Error(
      'there is no Chromium: install one (apt-get install chromium), or name it in CHROME_PATH',
    );
  return path;
}
