// Loaded into a server of Node (--import): how much of the processor one turn of its event loop takes, whatever else the machine
// does meanwhile. SIGUSR2 begins; the next one writes what was seen into the file EVENKEEL_BENCH_TURNS.
import { writeFileSync } from 'node:fs';

const turns: number[] = [];
let last: number | undefined;

function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** What waits for the loop waits for this much work, or less. */
function tick(): void {
  const now = usedMs();
  if (last !== undefined) turns.push(now - last);
  last = now;
}

process.on('SIGUSR2', () => {
  if (last === undefined) {
    tick();
    setInterval(tick, 2).unref();
    return;
  }
  turns.sort((a, b) => a - b);
  const longest = turns.at(-1) ?? 0;
  writeFileSync(
    process.env.EVENKEEL_BENCH_TURNS!,
    JSON.stringify({ longest, p99: turns[Math.floor(turns.length * 0.99)] ?? 0 }),
  );
});
