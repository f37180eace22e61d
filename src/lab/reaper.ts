import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads `+ PID` and `- PID`; when its input ends, for whatever reason, it kills those process groups and removes the
 * lab's folder (and the folder of all labs, if it was the last). A shell: it costs one megabyte, starts in a millisecond and can look after programs that are not Node.
 */
const script = `
trap '' INT TERM HUP
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) kept=; for p in $pids; do [ "$p" = "$pid" ] || kept="$kept $p"; done; pids=$kept ;;
  esac
done
for p in $pids; do kill -s KILL -- "-$p" 2>/dev/null; done
rm -rf -- "$1"
rmdir -- "$(dirname -- "$1")" 2>/dev/null
`;

/**
 * What every program is started by: it reports itself before there is anything to clean up.
 *
 * If the lab dies while a program is being started, this shell still holds the pipe: the reaper sees the report first and
 * the end after it. A report by the lab itself would come too late now and then. Descriptor 3 is the pipe; a reaper that
 * is gone at this moment (SIGPIPE) is no reason not to start.
 */
const starter = `
trap '' PIPE
echo "+ $$" 2>/dev/null >&3
trap - PIPE
exec 3>&-
exec "$@"
`;

/**
 * Sees to it that no process and no file outlives the lab, even where the lab is killed with SIGKILL.
 *
 * The kernel closes the pipe of a process that dies in any way, and that is all that the reaper waits for.
 */
export class Reaper {
  readonly #folder: string;
  readonly #pids = new Set<number>();
  #child: ChildProcess;
  #closing = false;

  /** @param folder - removed at the end */
  constructor(folder: string) {
    this.#folder = folder;
    this.#child = this.#spawn();
  }

  /** Starts a program in a process group of its own that dies with the lab. Its exit code is 126 or 127 if it cannot. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const pipe = this.#child.stdin;
    const child = spawn('/bin/sh', ['-c', starter, 'evenkeel-lab', command, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe', pipe === null || pipe.destroyed ? 'ignore' : pipe],
      detached: true,
    });
    if (child.pid !== undefined) this.#pids.add(child.pid);
    return child;
  }

  /** From now on this process group dies with the lab. */
  add(pid: number): void {
    this.#pids.add(pid);
    this.#child.stdin?.write(`+ ${pid}\n`);
  }

  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#child.stdin?.write(`- ${pid}\n`);
  }

  /** Kills what is left, removes the folder and resolves when both are done. */
  async close(): Promise<void> {
    this.#closing = true;
    const child = this.#child;
    const running = child.exitCode === null && child.signalCode === null && child.pid !== undefined;
    child.stdin?.end();
    if (running) await once(child, 'exit');
  }

  #spawn(): ChildProcess {
    // A session of its own: Ctrl-C in the terminal must not take away what cleans up after it.
    const child = spawn('/bin/sh', ['-c', script, 'evenkeel-lab-reaper', this.#folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    child.stdin.on('error', () => {});
    child.on('error', () => {});
    // Somebody ended the reaper: another takes over with everything that it has to know.
    child.on('exit', () => {
      if (this.#closing) return;
      this.#child = this.#spawn();
      for (const pid of this.#pids) this.#child.stdin?.write(`+ ${pid}\n`);
    });
    return child;
  }
}
