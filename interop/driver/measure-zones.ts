import { randomInt } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from '../../src/base/sum.ts';
import type { Plan } from '../../src/plan/plan-input.ts';
import { type ClientId, clientKinds } from './clients.ts';
import { Fleet } from './fleet.ts';
import type { LiveClient } from './live-client.ts';
import type { Load } from './load.ts';
import { serveClients } from './serve-clients.ts';
import { addCounts, answered, type Counts, failed, type Tally } from './tally.ts';

const service = 'orders';
const target = `xds:///${service}`;
/** A pod that goes still answers for so long. */
const drainMs = 3_000;
const eachMs = 10_000;
/** A plan counts as settled once it has not changed for so long: it follows in steps of 10 s. */
const restMs = 25_000;
const settleTimeoutMs = 240_000;
const pollMs = 1_000;
const patient = { waitForReady: true, deadlineMs: 20_000 };
const ordinary = { deadlineMs: 5_000 };

interface Zone {
  readonly pods: number;
  /** Part of all calls that are made here, shared by its clients. */
  readonly part: number;
  readonly clients: readonly ClientId[];
}

export const zones: Readonly<Record<string, Zone>> = {
  a: { pods: 5, part: 0.6, clients: ['go', 'java'] },
  b: { pods: 4, part: 0.3, clients: ['python', 'node'] },
  c: { pods: 2, part: 0.1, clients: ['envoy-sotw'] },
};

/** What of the calls of one client in a time in which nothing changed. */
export interface CountedClient {
  readonly id: ClientId;
  readonly version: string;
  readonly zone: string;
  readonly calls: number;
  /** Part that left the zone. */
  readonly away: number;
  /** Part that has to leave it if pods are even and zones alike. */
  readonly hasTo: number;
  readonly failures: Counts;
}

/** All calls of a time in which nothing changed. */
export interface Counted {
  readonly calls: number;
  readonly away: number;
  readonly leastAway: number;
  /** Calls of the busiest pod, over the mean. */
  readonly busiest: number;
  /** By pod. */
  readonly pods: Counts;
  readonly plan: Pick<Plan, 'why' | 'expected'>;
  readonly clients: readonly CountedClient[];
}

export interface MeasuredZones {
  /** Whether the plan had come to rest in time, and how long that took. */
  readonly settled: boolean;
  readonly settleMs: number;
  readonly allPods: Counted;
  /** Calls of each client that failed, with why, while pods of the first zone went. */
  readonly whileLosing: readonly { readonly id: ClientId; readonly calls: number; readonly failures: Counts }[];
  readonly zoneLost: Counted;
}

interface Caller {
  readonly client: LiveClient;
  readonly zone: string;
  readonly ratePerSecond: number;
}

/** The least part of calls of each zone that has to leave it if all pods get the same. */
function hasToLeave(pods: Counts): Counts {
  const all = sum(Object.values(pods), (count) => count);
  return Object.fromEntries(
    Object.entries(zones).map(([zone, { part }]) => [zone, Math.max(0, 1 - (pods[zone] ?? 0) / all / part)]),
  );
}

function leastAway(pods: Counts): number {
  const parts = hasToLeave(pods);
  return sum(Object.entries(zones), ([zone, { part }]) => part * parts[zone]!);
}

/**
 * Five clients call pods in three zones while a control plane keeps calls in their zones; then the first zone loses its pods.
 *
 * @param ratePerSecond - of all clients together
 * @param seconds - how long is counted
 */
export async function measureZones(
  ratePerSecond: number,
  seconds: number,
  progress: (step: string) => void,
): Promise<MeasuredZones> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-zones-'));
  const fleet = new Fleet();
  const started: { stop(): Promise<unknown> }[] = [{ stop: () => fleet.stop() }];
  try {
    const pods = await ZonePods.start(fleet, join(folder, 'endpoints.json'));
    const { serve, admin, surroundings } = await serveClients(folder, pods.file);
    started.push({ stop: () => serve.end('SIGTERM') });
    const callers: Caller[] = [];
    for (const [zone, { part, clients }] of Object.entries(zones)) {
      for (const id of clients) {
        progress(`starting ${id}`);
        const kind = clientKinds.find((candidate) => candidate.id === id)!;
        const reason = await kind.missing();
        if (reason !== undefined) throw new Error(`${id}: ${reason}`);
        const client = await kind.start({ ...surroundings, zone, loadReports: true });
        started.push(client);
        await client.process.connect([target]);
        await client.process.call([target], 50, 'warm', patient);
        callers.push({ client, zone, ratePerSecond: (part * ratePerSecond) / clients.length });
      }
    }
    const begin = (run: string): Map<Caller, Load> =>
      new Map(
        callers.map((caller) => [caller, caller.client.process.load([target], caller.ratePerSecond, run, ordinary)]),
      );
    const count = async (run: string): Promise<Counted> => {
      const loads = begin(run);
      await sleep(seconds * 1_000);
      return concluded(await end(loads), pods.byZone(), await planAt(admin));
    };

    progress('waiting until the plan has settled');
    const settling = begin('settle');
    const { settled, settleMs } = await planRests(admin, leastAway(pods.byZone()));
    await end(settling);
    progress(`counting for ${seconds} s`);
    const allPods = await count('steady');
    const losing = begin('losing');
    for (let left = zones.a!.pods - 1; left >= 0; left--) {
      progress(`zone a keeps ${left} pods`);
      await pods.lose('a');
      await sleep(eachMs);
    }
    await planRests(admin, leastAway(pods.byZone()));
    const whileLosing = [...(await end(losing))].map(([{ client }, tally]) => ({
      id: client.id,
      calls: answered(tally) + failed(tally),
      failures: tally.failures,
    }));
    progress(`counting for ${seconds} s`);
    return { settled, settleMs, allPods, whileLosing, zoneLost: await count('lost') };
  } finally {
    for (const one of started.reverse()) await one.stop();
    await rm(folder, { recursive: true });
  }
}

async function end(loads: ReadonlyMap<Caller, Load>): Promise<Map<Caller, Tally>> {
  return new Map(await Promise.all([...loads].map(async ([caller, load]) => [caller, await load.stop()] as const)));
}

function concluded(tallies: ReadonlyMap<Caller, Tally>, pods: Counts, plan: Counted['plan']): Counted {
  const hasTo = hasToLeave(pods);
  const all: Counts[] = [];
  const clients = [...tallies].map(([{ client, zone }, tally]): CountedClient => {
    const byPod = tally.backends[target] ?? {};
    all.push(byPod);
    const left = sum(Object.entries(byPod), ([pod, calls]) => (zoneOf(pod) === zone ? 0 : calls));
    const { id, version } = client;
    const calls = answered(tally);
    return { id, version, zone, calls, away: left / calls, hasTo: hasTo[zone]!, failures: tally.failures };
  });
  const byPod = addCounts(all);
  const calls = sum(clients, (client) => client.calls);
  const mean = calls / sum(Object.values(pods), (number) => number);
  return {
    ...{ calls, away: sum(clients, ({ away, calls }) => away * calls) / calls, leastAway: leastAway(pods) },
    ...{ busiest: Math.max(...Object.values(byPod)) / mean, pods: byPod, plan, clients },
  };
}

async function planAt(admin: string): Promise<Counted['plan']> {
  const dump = (await (await fetch(`http://${admin}/config_dump`)).json()) as {
    readonly services: readonly { readonly ports: readonly { readonly plan: Counted['plan'] }[] }[];
  };
  return dump.services[0]!.ports[0]!.plan;
}

/** Waits until what the plan takes for the least that leaves is nearly what it is, and the plan has not changed for a while. */
async function planRests(
  admin: string,
  least: number,
): Promise<{ readonly settled: boolean; readonly settleMs: number }> {
  const began = performance.now();
  let last = '';
  let since = began;
  for (;;) {
    const plan = await planAt(admin);
    const now = performance.now();
    if (JSON.stringify(plan) !== last) since = now;
    last = JSON.stringify(plan);
    // A plan follows only what has moved by 1.5 points.
    const near = Math.abs((plan.expected.leastAway ?? 1) - least) <= 0.02;
    const settled = near && now - since >= restMs;
    if (settled || now - began > settleTimeoutMs) return { settled, settleMs: Math.round(now - began) };
    await sleep(pollMs);
  }
}

function zoneOf(pod: string): string {
  return pod.charAt(0);
}

interface ZonePod {
  readonly pod: string;
  readonly zone: string;
  readonly address: string;
  readonly terminating: boolean;
}

/** Real servers in their zones, told by an endpoint file; `a-1` is in zone a. */
class ZonePods {
  readonly file: string;
  readonly #fleet: Fleet;
  #port = 0;
  #pods: ZonePod[] = [];

  private constructor(fleet: Fleet, file: string) {
    this.#fleet = fleet;
    this.file = file;
  }

  static async start(fleet: Fleet, file: string): Promise<ZonePods> {
    const all = new ZonePods(fleet, file);
    const prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
    for (const [zone, { pods }] of Object.entries(zones)) {
      for (let number = 1; number <= pods; number++) {
        const [pod, address] = [`${zone}-${number}`, `${prefix}.${all.#pods.length + 1}`];
        all.#port = await fleet.start(pod, address, all.#port);
        all.#pods.push({ pod, zone, address, terminating: false });
      }
    }
    await all.#publish();
    return all;
  }

  byZone(): Counts {
    return addCounts(this.#pods.map(({ zone }) => ({ [zone]: 1 })));
  }

  /** One of a zone goes: out of health first, gone after a while. */
  async lose(zone: string): Promise<void> {
    const going = this.#pods.find((pod) => pod.zone === zone)!;
    this.#pods = this.#pods.map((pod) => (pod === going ? { ...pod, terminating: true } : pod));
    await this.#publish();
    await this.#fleet.drain(going.pod, drainMs);
    this.#pods = this.#pods.filter(({ pod }) => pod !== going.pod);
    await this.#publish();
  }

  async #publish(): Promise<void> {
    const endpoints = this.#pods.map(({ terminating, ...pod }) => ({
      ...pod,
      ...(terminating && { ready: false, serving: true, terminating }),
    }));
    const ports = [{ name: 'grpc', port: 50051, targetPort: this.#port }];
    const services = [{ name: service, trafficDistribution: 'PreferSameZone', ports, endpoints }];
    const next = `${this.file}.next`;
    await writeFile(next, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services }));
    await rename(next, this.file);
  }
}
