import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of this process so far, user and system, all threads, in microseconds. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * CPU time of another process so far, in microseconds, of all threads that it has, from the
 * nanoseconds of Linux's `/proc/<pid>/task/<thread>/schedstat` (`/proc/<pid>/stat` counts in ticks of
 * 10 ms). A thread that ends takes its time with it.
 */
export function processCpu(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((thread) =>
    Number(readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}
