import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sum } from '../../src/base/sum.ts';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import type { LoadView } from '../../src/load/load-view.ts';
import { ClientProcess as ProbeClient } from '../../src/probe/client/client-process.ts';
import { schemes } from '../../src/probe/schemes/schemes.ts';
import type { ClientKind } from './clients.ts';
import { Fleet } from './fleet.ts';
import type { LiveClient } from './live-client.ts';
import { serveClients } from './serve-clients.ts';
import { add, addCounts, type Counts, emptyTally, failed, podsOf, type Tally } from './tally.ts';

export const services = ['a-srv', 'b-srv', 'c-srv'];
const targets = services.map((name) => `xds:///${name}`);
export const zones: readonly [zone: string, pods: number][] = [
  ['zone-a', 5],
  ['zone-b', 4],
  ['zone-c', 2],
];
const podsPerService = 11;
/** Calls to each Service that are to be even. */
const evenCalls = 10 * podsPerService;
/** The client of `evenkeel probe`, beside those of other makers. */
export const probe = 'probe';
const deadlineMs = 20_000;

/** What one client came to. */
export interface MeasuredClient {
  /** Name and version. */
  readonly version: string;
  /** Calls that it counted itself, by pod; those before every pod was connected included. */
  readonly own: Counts;
  /** The same calls, as the backends counted them. */
  readonly counted: Counts;
  /** The same calls, as it reported them, by Service. */
  readonly reported: Counts;
  /** Calls once every pod was connected, by pod; a round robin is exact from then on. */
  readonly even: Counts;
}

export interface MeasuredReports {
  readonly clients: ReadonlyMap<string, MeasuredClient>;
  readonly view: LoadView;
  /** Calls that failed before every pod was connected, on a host that stood still for a second. */
  readonly lost: number;
}

/** The most and the fewest calls of one pod, of each Service, apart. */
export function spreadOf({ even }: MeasuredClient): number {
  const spreads = services.map((name) => {
    const counts = Object.entries(even).flatMap(([pod, calls]) => (pod.startsWith(name) ? [calls] : []));
    return counts.length === podsPerService ? Math.max(...counts) - Math.min(...counts) : evenCalls;
  });
  return Math.max(...spreads);
}

/** Calls by which two counts differ. */
export function differenceOf(one: Counts, other: Counts): number {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return sum([...names], (name) => Math.abs((one[name] ?? 0) - (other[name] ?? 0)));
}

/** By Service instead of by pod. */
export function byService(byPod: Counts): Counts {
  return Object.fromEntries(
    services.map((name) => [
      name,
      sum(Object.entries(byPod), ([pod, calls]) => (pod.startsWith(`${name}-`) ? calls : 0)),
    ]),
  );
}

/**
 * Lets clients call three Services with pods in three zones at the same time, the probe among them, and says what they counted,
 * what the backends counted, and what was reported once the last report had come.
 */
export async function measureReports(kinds: readonly ClientKind[]): Promise<MeasuredReports> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-load-'));
  const fleet = new Fleet();
  const started: { stop(): Promise<unknown> }[] = [{ stop: () => fleet.stop() }];
  try {
    const file = join(folder, 'endpoints.json');
    const document = { apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services: await startPods(fleet) };
    await writeFile(file, JSON.stringify(document));
    const { serve, admin, surroundings } = await serveClients(folder, file);
    started.push({ stop: () => serve.end('SIGTERM') });
    const measured: Promise<[string, Own]>[] = [];
    for (const kind of kinds) {
      const client = await kind.start({ ...surroundings, loadReports: true });
      started.push(client);
      measured.push(callBy(client).then((own) => [client.id, own]));
    }
    measured.push(
      probeCalls(surroundings.xdsAddress, (client) => started.push({ stop: () => client.close() })).then((own) => [
        probe,
        own,
      ]),
    );
    const own = new Map(await Promise.all(measured));
    const counted = new Map<string, Counts>();
    for (const id of own.keys()) {
      counted.set(id, addCounts([await fleet.counts(`warm-${id}`), await fleet.counts(`even-${id}`)]));
    }
    const made = sum([...counted.values()].flatMap(Object.values<number>), (calls) => calls);
    const view = await viewWhen(admin, ({ services }) => sum(services, ({ total }) => total.calls) >= made);
    const metrics = await (await fetch(`http://${admin}/metrics`)).text();
    return {
      view,
      lost: sum([...own.values()], (one) => one.lost),
      clients: new Map(
        [...own].map(([id, { version, own, even }]) => [
          id,
          { version, own, even, counted: counted.get(id)!, reported: reportedBy(id, metrics) },
        ]),
      ),
    };
  } finally {
    for (const one of started.reverse()) await one.stop();
    await rm(folder, { recursive: true });
  }
}

/** Real servers, in three zones. */
async function startPods(fleet: Fleet): Promise<object[]> {
  const prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
  let port = 0;
  let made = 0;
  const documents = [];
  for (const name of services) {
    const endpoints = [];
    for (const [zone, count] of zones) {
      for (let index = 0; index < count; index++) {
        const [pod, address] = [`${name}-${index}-${zone}`, `${prefix}.${++made}`];
        port = await fleet.start(pod, address, port);
        endpoints.push({ address, pod, zone, region: 'region-1' });
      }
    }
    documents.push({ name, ports: [{ name: 'grpc', port: 50051, targetPort: port }], endpoints });
  }
  return documents;
}

interface Own extends Pick<MeasuredClient, 'version' | 'own' | 'even'> {
  readonly lost: number;
}

async function callBy({ process, id, version }: LiveClient): Promise<Own> {
  await process.connect(targets);
  let warm = emptyTally;
  for (let round = 0; !reachesAll(warm); round++) {
    if (round === 50) throw new Error(`${id} did not reach all pods`);
    warm = add(warm, await process.call(targets, podsPerService, `warm-${id}`, { deadlineMs }));
  }
  const even = await process.call(targets, evenCalls, `even-${id}`, { deadlineMs });
  if (failed(even) > 0) throw new Error(`${id}: ${JSON.stringify(even.failures)}`);
  return { version, own: podsIn(add(warm, even)), even: podsIn(even), lost: failed(warm) };
}

/** What `callBy` waits for, of the probe's own client: a process for each target, as in its schemes. */
async function probeCalls(xdsAddress: string, started: (client: ProbeClient) => void): Promise<Own> {
  const bootstrap = clientBootstrap({ server: xdsAddress, nodeId: probe, namespace: 'default', workload: probe }, {});
  const env = { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) };
  const found = targets.map(async (target, index) => {
    const client = new ProbeClient({ scheme: schemes.xds, target, channelOptions: {} }, env);
    started(client);
    const error = await client.open(deadlineMs);
    if (error !== undefined) throw new Error(`the probe: ${error}`);
    const run = async (name: string, calls: number): Promise<{ readonly pods: Counts; readonly lost: number }> => {
      const order = { run: `${name}-${probe}`, ratePerSecond: 200, deadlineMs, calls };
      const { records } = await client.run(order).result;
      const answered = records.flatMap(({ pod }) => pod ?? []);
      return { pods: addCounts(answered.map((pod) => ({ [pod]: 1 }))), lost: records.length - answered.length };
    };
    let warm = { pods: {} as Counts, lost: 0 };
    for (let round = 0; Object.keys(warm.pods).length < podsPerService; round++) {
      if (round === 50) throw new Error(`the probe did not reach all pods of ${services[index]}`);
      const more = await run('warm', podsPerService);
      warm = { pods: addCounts([warm.pods, more.pods]), lost: warm.lost + more.lost };
    }
    const even = await run('even', evenCalls);
    return { own: addCounts([warm.pods, even.pods]), even: even.pods, lost: warm.lost + even.lost };
  });
  const all = await Promise.all(found);
  return {
    version: 'evenkeel probe',
    own: addCounts(all.map(({ own }) => own)),
    even: addCounts(all.map(({ even }) => even)),
    lost: sum(all, ({ lost }) => lost),
  };
}

/** Views as they come, until one is as wanted. */
async function viewWhen(admin: string, isWanted: (view: LoadView) => boolean): Promise<LoadView> {
  const signal = AbortSignal.timeout(60_000);
  const { body } = await fetch(`http://${admin}/load`, { headers: { accept: 'text/event-stream' }, signal });
  let last = '';
  let seen = '';
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (!seen.endsWith('\n\n')) continue;
    seen = '';
    const now = (await (await fetch(`http://${admin}/load`)).json()) as LoadView;
    if (isWanted(now)) return now;
    last = JSON.stringify(now);
  }
  throw new Error(`it did not come to that: ${last}`);
}

/** What a caller reported, by Service. */
function reportedBy(caller: string, metrics: string): Counts {
  return Object.fromEntries(
    services.map((name) => {
      const line = new RegExp(
        `^evenkeel_load_calls_total\\{.*service="${name}".*caller="default/${caller}"\\} (.*)$`,
        'm',
      );
      return [name, Number(line.exec(metrics)?.[1] ?? 0)];
    }),
  );
}

function reachesAll(tally: Tally): boolean {
  return targets.every((target) => podsOf(tally, target).size === podsPerService);
}

function podsIn({ backends }: Tally): Counts {
  return addCounts(Object.values(backends));
}
