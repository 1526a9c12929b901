import { type ChildProcess, spawn } from 'node:child_process';

/**
 * What the shell below does: note the process groups that this process starts and ends, and when
 * this process is gone, whatever killed it, end those that are left and remove the folder. It works
 * on every POSIX system (a parent-death signal exists on Linux only, and reaches no grandchildren).
 */
const SCRIPT = `
trap '' INT TERM HUP
groups=' '
while read -r verb group; do
  case "$verb" in
    add) groups="$groups$group " ;;
    drop) case "$groups" in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group"; done
test "$groups" = ' ' || sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done
test -z "$1" || rm -rf -- "$1"
`;

/** Ends the children of this process when it dies without having done so, even by SIGKILL. */
export class Guardian {
  readonly #shell: ChildProcess;
  readonly #gone: Promise<void>;

  constructor(
    /** Removed at the end. @default nothing is */
    folder?: string,
  ) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'ztp-guardian', folder ?? ''], {
      // A session of its own, so that no terminal's Ctrl-C ends it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    this.#gone = new Promise((done) => {
      this.#shell.once('exit', () => done());
      this.#shell.once('error', () => done());
    });
    // It outlives this process by design; neither it nor its pipe keeps this process alive.
    this.#shell.unref();
    this.#shell.stdin?.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  /** Watch a process group, named by its leader. */
  add(group: number): void {
    this.#shell.stdin?.write(`add ${group}\n`);
  }

  /** Forget a process group that has ended: its number may come again. */
  drop(group: number): void {
    this.#shell.stdin?.write(`drop ${group}\n`);
  }

  /** Let it end what is left and go. */
  async close(): Promise<void> {
    this.#shell.stdin?.end();
    this.#shell.ref();
    await this.#gone;
  }
}
