import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** CPU seconds since boot that all processes together were busy, stolen time included. */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number) as number[];
  return (user! + nice! + system! + irq! + softirq! + steal!) / ticksPerSecond;
}

/** CPU seconds of one process and of its children that have ended. */
function processSeconds(pid: number | 'self'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return (fields[11]! + fields[12]! + fields[13]! + fields[14]!) / ticksPerSecond;
}

/**
 * Watches how busy everything but the bench is: on a machine that others use at the same time, figures mean little.
 * The returned function gives the others' share of one core since the start, in percent.
 */
export function watchOthers(pids: readonly number[]): () => number {
  const own = () => pids.reduce((sum, pid) => sum + processSeconds(pid), processSeconds('self'));
  const began = performance.now();
  const busyBefore = busySeconds();
  const ownBefore = own();
  return () => {
    const seconds = (performance.now() - began) / 1000;
    const others = busySeconds() - busyBefore - (own() - ownBefore);
    return Math.max(0, (others / seconds) * 100);
  };
}
