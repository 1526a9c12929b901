import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ztp-test-'));
  folders.push(folder);
  return folder;
}

/** An executable shell script in a folder. */
export function program(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Whether a process runs; one that has ended and that nobody has waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Milliseconds between two looks: what takes long is looked at less often, as looking may be a handshake with an Envoy. */
const pauseAfter = (waited: number) => Math.min(20 + waited / 20, 300);

/** Wait until something holds. The limit only ends a test that would never end. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patience = 120_000,
): Promise<void> {
  const started = performance.now();
  for (let waited = 0; waited < patience; waited = performance.now() - started) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, pauseAfter(waited)));
  }
  throw new Error(`never came true: ${what}`);
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
