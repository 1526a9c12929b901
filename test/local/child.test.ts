import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { Child, type ChildOptions } from '../../local/child.js';
import { Guardian } from '../../local/guardian.js';
import { nodeProgram, packageRoot } from '../../local/package-root.js';
import { eventually, isRunning, temporaryFolder } from './temporary.js';

const guardians: Guardian[] = [];
function child(script: string, options: Partial<ChildOptions> = {}): Child {
  const guardian = new Guardian();
  guardians.push(guardian);
  return new Child({
    command: '/bin/sh',
    args: ['-c', script],
    environment: process.env,
    guardian,
    ...options,
  });
}
afterEach(async () => {
  await Promise.all(guardians.splice(0).map((guardian) => guardian.close()));
});

/** Starts a grandchild that notes its process id, then does something else. */
const grandchild = (file: string, then: string) =>
  `sh -c 'echo $$ > ${file}; while :; do sleep 0.05; done' & while [ ! -s ${file} ]; do sleep 0.01; done; ${then}`;

test('a child that ends is reported with its status and its last 20 lines', async () => {
  const lines: string[] = [];
  const one = child('i=1; while [ $i -le 30 ]; do echo line $i; i=$((i+1)); done; echo oops >&2; exit 7', {
    onLine: (line) => lines.push(line),
  });
  const { code, signal, tail } = await one.exited;
  expect({ code, signal }).toEqual({ code: 7, signal: null });
  expect(tail).toHaveLength(20);
  expect(tail).toEqual(expect.arrayContaining(['line 30', 'oops']));
  expect(tail).not.toContain('line 1');
  expect(lines).toHaveLength(31);
  expect(one.running).toBe(false);
});

test('a line ends at a line feed alone: whoever is logged cannot break a line of the log', async () => {
  const lines: string[] = [];
  const one = child(String.raw`printf 'a\342\200\250b\342\200\251c\302\205d\re\r\nlast'`, {
    onLine: (line) => lines.push(line),
  });
  await one.exited;
  expect(lines).toEqual(['a\u2028b\u2029c\u0085d\re', 'last']);
});

test('a program that does not exist is an end, not an exception', async () => {
  const one = child('', { command: '/nowhere/at/all' });
  const { code, tail } = await one.exited;
  expect(code).toBeNull();
  expect(tail.join()).toContain('ENOENT');
  await one.stop();
});

test('stopping ends what the child started, too', async () => {
  const file = join(temporaryFolder(), 'pid');
  const one = child(grandchild(file, `touch ${file}.seen; wait`));
  await eventually(() => existsSync(`${file}.seen`), 'the grandchild runs');
  const pid = Number(readFileSync(file, 'utf8'));
  await one.stop();
  await eventually(() => !isRunning(pid), 'the grandchild is gone');
});

test('what ignores SIGTERM is killed', async () => {
  const file = join(temporaryFolder(), 'pid');
  const one = child(`trap '' TERM; echo $$ > ${file}; while :; do sleep 0.05; done`);
  await eventually(() => existsSync(file) && readFileSync(file, 'utf8') !== '', 'it ignores SIGTERM');
  await one.stop(100);
  expect((await one.exited).signal).toBe('SIGKILL');
});

test('what a child leaves behind when it ends by itself is ended', async () => {
  const file = join(temporaryFolder(), 'pid');
  const one = child(grandchild(file, 'exit 3'));
  expect((await one.exited).code).toBe(3);
  const pid = Number(readFileSync(file, 'utf8'));
  await eventually(() => !isRunning(pid), 'the rest of the group is gone');
});

test('a supervisor that is killed leaves no child and no folder', async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  const supervisor = spawn(process.execPath, [...nodeProgram('test/local/guarded'), folder, state], {
    cwd: packageRoot(),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const pids = join(folder, 'pids');
  await eventually(() => existsSync(pids), 'the supervisor has its children');
  const { kept, dropped } = JSON.parse(readFileSync(pids, 'utf8')) as { kept: number; dropped: number };
  try {
    expect(isRunning(kept)).toBe(true);
    supervisor.kill('SIGKILL');
    await eventually(() => !isRunning(kept), 'its child is gone');
    await eventually(() => !existsSync(state), 'its folder is gone');
    expect(isRunning(dropped)).toBe(true);
  } finally {
    for (const pid of [kept, dropped]) if (isRunning(pid)) process.kill(-pid, 'SIGKILL');
  }
});
