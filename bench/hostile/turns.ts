// Loaded into a server of Node (--import): how much of the processor one turn of its event loop takes, whatever else the machine
// does meanwhile. SIGUSR2 begins; each one after it writes the longest turn since the one before into EVENKEEL_BENCH_TURNS.
import { writeFileSync } from 'node:fs';

let longest = 0;
let last: number | undefined;

function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** What waits for the loop waits for this much work, or less. */
function tick(): void {
  const now = usedMs();
  if (last !== undefined) longest = Math.max(longest, now - last);
  last = now;
}

process.on('SIGUSR2', () => {
  if (last === undefined) {
    tick();
    setInterval(tick, 2).unref();
    return;
  }
  writeFileSync(process.env.EVENKEEL_BENCH_TURNS!, JSON.stringify({ longest }));
  longest = 0;
});
