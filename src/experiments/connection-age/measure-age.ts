import { setTimeout as delay } from 'node:timers/promises';
import { EvenkeelError } from '../../base/errors.ts';
import { timeStamp } from '../../base/time-stamp.ts';
import { type ActiveRun, ClientProcess, type RunResult } from '../../probe/client/client-process.ts';
import { withClients } from '../../probe/client/with-clients.ts';
import type { Progress } from '../../probe/index.ts';
import { addUp } from '../../probe/load/add-up.ts';
import { openClient } from '../../probe/run-scheme.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import { convergence } from '../../verdict/convergence.ts';
import { timelineOf } from '../../verdict/timeline.ts';
import type { AgedPods, AgePlace } from './age-place.ts';
import type { MeasuredAge } from './build-report.ts';
import { longCall } from './long-call.ts';
import { jitter } from './model.ts';
import type { ConnectionAgeOptions } from './options.ts';

/** Bounds of how long reconnects are counted; more than two ages where these allow it. */
const [shortestSteadyMs, longestSteadyMs] = [4000, 25_000];
/** A call counts as made around a reconnect that is no farther away. */
const aroundMs = 50;
const fewestAround = 20;
/** Of every call. */
const deadlineMs = 5000;
/** How long a client that has nothing to follow by is waited for; xds:/// needs milliseconds. */
const unaidedMs = 5000;

export interface AgeOptions extends ConnectionAgeOptions {
  readonly client: 'dns' | 'xds';
  readonly ageMs: number | undefined;
}

/** Connections that are shorter than this do nothing but open. */
const shortestLabAgeMs = 200;

/** How many times shorter than in a cluster an age is in the lab: as asked for, or as little as a connection needs to live. */
export function scaleOf(ageMs: number | undefined, scale: number): number {
  return ageMs === undefined ? scale : Math.max(1, Math.min(scale, ageMs / shortestLabAgeMs));
}

/** Starts pods with this age and clients of them, counts reconnects for a while, scales out and waits until it is followed. */
export async function measureAge(
  place: AgePlace,
  options: AgeOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<MeasuredAge> {
  const { client, ageMs, scale, pods, dnsMs } = options;
  const labAgeMs = ageMs === undefined ? undefined : ageMs / scale;
  const name = client === 'xds' ? 'aged-xds' : `aged-${ageMs === undefined ? 'never' : Math.round(ageMs)}`;
  const aged = await place.start({ client, maxAgeMs: labAgeMs, dnsMs: dnsMs / scale, pods });
  return withClients(signal, async (started) => {
    const clients = Array.from({ length: options.clients }, () => new ClientProcess(...aged.clients));
    clients.forEach(started);
    for (const [index, one] of clients.entries()) {
      await one.configured();
      await openClient(one);
      // Clients that start together would reconnect together for ever; those of a fleet do not.
      if (index < clients.length - 1) await delay((labAgeMs ?? 0) / clients.length, undefined, { signal });
    }
    await warmUp(aged, name, clients, options);

    const steadyMs = Math.min(longestSteadyMs, Math.max(shortestSteadyMs, 2.2 * (labAgeMs ?? 0)));
    progress.update(`counting reconnects for ${(steadyMs / 1000).toFixed(1)} s`);
    const [first] = await aged.pods();
    const cpuBefore = await aged.cpuMs();
    const long = labAgeMs === undefined ? undefined : longCall(first!.address, Math.max(500, 1.5 * labAgeMs));
    const before = timeStamp();
    const steady = clients.map((one, index) => one.run(order(`${name}.steady.${index}`, options)));
    await delay(steadyMs, undefined, { signal });
    for (const run of steady) run.stop();
    const seen = await Promise.all(steady.map(({ result }) => result));
    const measuredMs = timeStamp() - before;
    const cpuAfter = await aged.cpuMs();

    progress.update(`${pods} → ${options.scaleTo} pods`);
    const followMs = Math.max(unaidedMs, 1.5 * ((labAgeMs ?? 0) * (1 + jitter) + dnsMs / scale) + 2000);
    const changed = await scaleOut(aged, name, clients, options, followMs, signal);
    const all = [...seen, ...changed.results].flatMap(({ records }) => records);
    return {
      client,
      ageMs,
      scale,
      calls: all.length,
      failed: all.filter(({ status }) => status !== 'OK').length,
      steadyMs: measuredMs,
      reconnects: seen.reduce((sum, { opened }) => sum + opened.length, 0),
      convergedMs: changed.convergedMs,
      foundMs: changed.foundMs,
      latencyMs: latencies(seen),
      cpuMsPerSecond: {
        clients: (seen.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000) / measuredMs,
        pods: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1000) / measuredMs,
      },
      longCall: (await long) ?? null,
      scaleOut: changed.scaleOut,
    };
  }).finally(() => (signal.aborted ? undefined : aged.end()));
}

/** Every client has heard from every pod before anything is counted. */
async function warmUp(
  aged: AgedPods,
  name: string,
  clients: readonly ClientProcess[],
  options: AgeOptions,
): Promise<void> {
  const untilAnswered = (await aged.pods()).map((pod) => pod.name);
  await Promise.all(
    clients.map(async (client, index) => {
      const run = { ...order(`${name}.warmup.${index}`, options), untilAnswered, withinMs: 10_000 };
      const { records } = await client.run(run).result;
      if (records.every(({ status }) => status !== 'OK')) {
        const error = records.at(-1)?.error ?? 'no call was made';
        throw new EvenkeelError('EK_PROBE_NO_ANSWER', `a client got no answer from ${name}: ${error}`);
      }
    }),
  );
}

interface Followed {
  readonly convergedMs: (number | null)[];
  readonly foundMs: (number | null)[];
  readonly results: readonly RunResult[];
  readonly scaleOut: MeasuredAge['scaleOut'];
}

async function scaleOut(
  aged: AgedPods,
  name: string,
  clients: readonly ClientProcess[],
  options: AgeOptions,
  followMs: number,
  signal: AbortSignal,
): Promise<Followed> {
  const runs = clients.map((client, index) => client.run(order(`${name}.scale-out.${index}`, options)));
  const askedAt = timeStamp();
  const ready = await aged.scaleOut(options.scaleTo);
  const events = ready.map(({ name, address, readyAt }) => ({
    event: 'ready' as const,
    ...{ pod: name, address, at: readyAt },
  }));
  const giveUpAt = timeStamp() + followMs;
  const look = ({ records }: ActiveRun) => convergence(records, events, new Map(), timeStamp());
  while (timeStamp() < giveUpAt && runs.some((run) => look(run).convergedMs === null)) {
    await delay(50, undefined, { signal });
  }
  const seen = runs.map(look);
  for (const run of runs) run.stop();
  const convergedMs = seen.map((one) => one.convergedMs);
  const foundMs = seen.flatMap(({ added }) =>
    added.map(({ readyAt, firstAnswerAt }) => (firstAnswerAt === null ? null : Math.max(0, firstAnswerAt - readyAt))),
  );
  const results = await Promise.all(runs.map(({ result }) => result));
  // As many columns as a plot can show, whatever the age.
  const bucketMs = Math.max(100, Math.ceil((timeStamp() - askedAt) / 4000) * 100);
  const { buckets } = timelineOf(
    results.flatMap(({ records }) => records),
    askedAt,
    bucketMs,
  );
  const readyAtMs = events.map(({ at }) => Math.max(0, Math.round(at - askedAt)));
  return { convergedMs, foundMs, results, scaleOut: { readyAtMs, bucketMs, buckets } };
}

function order(run: string, { ratePerSecond }: AgeOptions) {
  return { run, ratePerSecond, deadlineMs };
}

function latencies(seen: readonly RunResult[]): MeasuredAge['latencyMs'] {
  const around: CallRecord[] = [];
  for (const { records, opened } of seen) {
    let next = 0;
    for (const call of records.toSorted((a, b) => a.dueAt - b.dueAt)) {
      while (next < opened.length && opened[next]! < call.dueAt - aroundMs) next += 1;
      const near = next < opened.length && opened[next]! <= call.endedAt + aroundMs;
      if (near && call.status === 'OK') around.push(call);
    }
  }
  const all = addUp(
    seen.flatMap(({ records }) => records),
    deadlineMs,
  );
  return {
    ...{ p50: all.latencyOfAllMs.p50, p99: all.latencyOfAllMs.p99 },
    p99AroundReconnects: around.length < fewestAround ? null : addUp(around, deadlineMs).latencyMs.p99,
  };
}
