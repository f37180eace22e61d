import { readFile } from 'node:fs/promises';

/** The kernel counts in hundredths of a second on every Linux that Node runs on (USER_HZ). */
const tickMs = 10;

/** Processor time that processes have taken since they began, together; null where the system does not tell. */
export async function cpuMsOf(pids: readonly number[]): Promise<number | null> {
  try {
    const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
    return stats.reduce((sum, text) => {
      // The name of the program comes second, in brackets, and may have spaces in it.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return sum + (Number(fields[11]) + Number(fields[12])) * tickMs;
    }, 0);
  } catch {
    return null;
  }
}
