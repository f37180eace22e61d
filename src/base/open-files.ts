import { readFileSync } from 'node:fs';

/** How many files and sockets this process may have open (`RLIMIT_NOFILE`); undefined where the system does not say. */
export function openFileLimit(limits: () => string = readLimits): number | undefined {
  try {
    const text = /^Max open files\s+(\d+)/m.exec(limits())?.[1];
    return text === undefined ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

/** Of Linux. */
function readLimits(): string {
  return readFileSync('/proc/self/limits', 'utf8');
}
