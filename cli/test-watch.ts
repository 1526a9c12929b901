import { fork } from 'node:child_process';
import { nodeProgram } from '../local/package-root.js';
import { FileWatcher } from '../local/watch.js';
import { styled } from './text.js';

/**
 * Run the tests again after every edit of a test, a model or what they import, until this process ends.
 * Each run is a process of its own: Node loads a module once.
 */
export async function watchTests(paths: readonly string[]): Promise<void> {
  let files = paths;
  const again = async () => {
    files = (await runOnce()) ?? files;
    watcher.set(files);
    process.stdout.write(`${styled('dim', 'Waiting for an edit …')}\n`);
  };
  const watcher = new FileWatcher(again);
  await again();
  await new Promise<void>((done) => process.once('SIGINT', done));
  watcher.close();
}

/** The same command without `--watch`; the files that it read, if it came so far. */
function runOnce(): Promise<readonly string[] | undefined> {
  const program = nodeProgram('cli/ztp');
  const words = process.argv.slice(2).filter((word) => word !== '--watch');
  const child = fork(program.at(-1) ?? '', words, { execArgv: program.slice(0, -1) });
  return new Promise((done, fail) => {
    let files: readonly string[] | undefined;
    child.once('message', (message) => {
      files = message as readonly string[];
    });
    child.once('error', fail);
    child.once('close', () => done(files));
  });
}
