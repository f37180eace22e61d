import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cgroup of our own with a limit of memory, as a container has one. */
export interface MemoryGroup {
  /** A process that writes its id in here belongs to the group. */
  readonly processesFile: string;
  /** Most memory that the group has had, page cache and what the kernel holds for it included. */
  peakBytes(): number;
  /** Only when no process is in it. */
  remove(): void;
}

const root = '/sys/fs/cgroup';

/**
 * Makes a group, of version 1 or 2 of cgroups, whichever this host has.
 *
 * @throws where the caller may not: it takes root
 */
export function createMemoryGroup(limitBytes: number): MemoryGroup {
  const isFirst = existsSync(join(root, 'memory', 'memory.limit_in_bytes'));
  const folder = join(root, isFirst ? 'memory' : '', `evenkeel-hostile-${process.pid}`);
  const [limit, peak] = isFirst
    ? ['memory.limit_in_bytes', 'memory.max_usage_in_bytes']
    : ['memory.max', 'memory.peak'];
  mkdirSync(folder);
  try {
    writeFileSync(join(folder, limit), String(limitBytes));
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    processesFile: join(folder, 'cgroup.procs'),
    peakBytes: () => Number(readFileSync(join(folder, peak), 'utf8')),
    remove: () => rmdirSync(folder),
  };
}
