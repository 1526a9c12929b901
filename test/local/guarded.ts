import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../local/child.js';
import { Guardian } from '../../local/guardian.js';

/** A supervisor for `child.test.ts` to kill: one child that is guarded, one that is forgotten. */
const [folder = '', state = ''] = process.argv.slice(2);
mkdirSync(state);
writeFileSync(join(state, 'key'), 'secret');

const guardian = new Guardian(state);
const { pid: kept } = new Child({
  command: '/bin/sh',
  args: ['-c', "trap '' TERM; while :; do sleep 0.05; done"],
  environment: process.env,
  guardian,
});
const forgotten = spawn('/bin/sh', ['-c', 'sleep 30'], { detached: true, stdio: 'ignore' });
const dropped = forgotten.pid ?? 0;
guardian.add(dropped);
guardian.drop(dropped);
writeFileSync(join(folder, 'pids.next'), JSON.stringify({ kept, dropped }));
renameSync(join(folder, 'pids.next'), join(folder, 'pids'));
setInterval(() => {}, 1000);
