// Measures how long a change takes to clients that read, without and with others that never read; README.md has figures.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { readArguments } from '../../scripts/arguments.mjs';

const usage = `Usage: node bench/hard/slow-reader.ts [options]
Measures how long a change takes to clients that read, without and with others
that never read.
  --readers N    clients that read (default 100)
  --silent N     clients that never read (default 100)
  --endpoints N  endpoints of the Service that changes (default 1000)
  --changes N    changes a round (default 200)
  --rounds N     rounds of each kind (default 6)
Example:
  node bench/hard/slow-reader.ts --readers 20 --silent 20 --rounds 2`;

const { values } = readArguments(usage, {
  readers: { type: 'number', default: 100 },
  silent: { type: 'number', default: 100 },
  endpoints: { type: 'number', default: 1000 },
  changes: { type: 'number', default: 200 },
  rounds: { type: 'number', default: 6 },
});
const changes = values.changes;
/** Changes before those that count, in which a new server gets to its working speed. */
const warmUp = 20;
/** Rounds of each kind, in turn, so that what else goes on meets both alike. */
const rounds = values.rounds;

interface Held {
  readonly residentBytes: number;
  readonly usedBytes: number;
  readonly streams: number;
  /** Processor time of the server since its start. */
  readonly cpuMs: number;
}

/** One server and its readers; with `silent` clients that never read. */
async function measure(
  silent: number,
): Promise<{ lagMs: number[]; before: Held; after: Held; cpuMsPerChange: number }> {
  const server = fork(new URL('slow-reader-server.ts', import.meta.url), [String(values.endpoints)], {
    execArgv: ['--expose-gc'],
  });
  const [{ port }] = (await once(server, 'message')) as [{ readonly port: number }];
  const ask = async (message: object): Promise<Held> => {
    server.send(message);
    const [held] = (await once(server, 'message')) as [Held];
    return held;
  };
  const readers = await Promise.all(
    Array.from({ length: values.readers }, () => AdsTestClient.connect(`http://127.0.0.1:${port}`)),
  );
  const streams = readers.map((client) => client.sotw());
  for (const stream of streams) await stream.requestResponseAck(typeUrls.endpoint, ['shared']);
  const deaf: ChildProcess | undefined =
    silent > 0 ? fork(new URL('silent-clients.ts', import.meta.url), [String(port), String(silent)]) : undefined;
  if (deaf !== undefined) {
    await once(deaf, 'message');
    deaf.kill('SIGSTOP');
  }
  const before = await ask({});
  const lagMs: number[] = [];
  let cpuMs = 0;
  let lastChange = before;
  for (let generation = 1; generation <= warmUp + changes; generation++) {
    const arrived = streams.map((stream) => stream.responseAck(typeUrls.endpoint).then(() => performance.now()));
    const toldAt = performance.now();
    lastChange = await ask({ generation });
    const arrivals = await Promise.all(arrived);
    if (generation > warmUp) for (const at of arrivals) lagMs.push(at - toldAt);
    if (generation === warmUp) cpuMs = -(await ask({})).cpuMs;
  }
  const after = await ask({});
  await Promise.all(readers.map((client) => client.close()));
  deaf?.kill('SIGKILL');
  server.disconnect();
  await once(server, 'exit');
  return { lagMs, before, after, cpuMsPerChange: (cpuMs + lastChange.cpuMs) / changes };
}

function summary(lagMs: readonly number[]): { p50Ms: number; p99Ms: number } {
  const histogram = createHistogram();
  for (const ms of lagMs) histogram.record(Math.max(1, Math.round(ms * 1_000)));
  return { p50Ms: histogram.percentile(50) / 1_000, p99Ms: histogram.percentile(99) / 1_000 };
}

const kinds = { without: 0, with: values.silent };
const lags: Record<string, { p50Ms: number; p99Ms: number; cpuMsPerChange: number }[]> = { without: [], with: [] };
const held: Record<string, { beforeMb: number; afterMb: number; residentMb: number; streams: number }> = {};
const mb = (bytes: number): number => Math.round(bytes / 1024 / 102.4) / 10;
for (let round = 0; round < rounds; round++) {
  for (const [kind, silent] of Object.entries(kinds)) {
    const { lagMs, before, after, cpuMsPerChange } = await measure(silent);
    lags[kind]!.push({ ...summary(lagMs), cpuMsPerChange });
    held[kind] = {
      beforeMb: mb(before.usedBytes),
      afterMb: mb(after.usedBytes),
      residentMb: mb(after.residentBytes),
      streams: after.streams,
    };
  }
}
const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[Math.floor((of.length - 1) / 2)]!;
const { readers, silent, endpoints } = values;
const figures = Object.entries(lags).map(([kind, byRound]) => {
  const p50Ms = median(byRound.map((one) => one.p50Ms));
  const p99Ms = median(byRound.map((one) => one.p99Ms));
  const cpuMsPerChange = median(byRound.map((one) => one.cpuMsPerChange));
  return [kind, { p50Ms, p99Ms, cpuMsPerChange, byRound, held: held[kind] }] as const;
});
console.log(JSON.stringify({ readers, silent, endpoints, changes, ...Object.fromEntries(figures) }, undefined, 2));
