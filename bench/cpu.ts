import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time of this process so far, user and system, all threads, in microseconds. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

let ticksPerSecond: number | undefined;

/**
 * CPU time of another process so far, in microseconds, from Linux's `/proc/<pid>/stat`. The kernel
 * counts it in ticks, usually of 10 ms: give such a subject a `sampleMicroseconds` of at least 500,000.
 */
export function processCpu(pid: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses and may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return ((userTicks + systemTicks) * 1_000_000) / ticksPerSecond;
}
