import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientProcess } from '../driver/client-process.ts';
import type { Tally } from '../driver/tally.ts';
import type { HeardCluster } from './heard-reports.ts';
import type { PodName } from './pods.ts';
import type { FeatureServer } from './server.ts';

type Answers = Partial<Record<PodName, number>>;

/** One client and one feature. */
export class Session {
  readonly #client: ClientProcess;
  readonly #server: FeatureServer;
  readonly #nodeId: string;
  readonly #feature: string;
  readonly #target: string;

  constructor(client: ClientProcess, server: FeatureServer, nodeId: string, feature: string) {
    this.#client = client;
    this.#server = server;
    this.#nodeId = nodeId;
    this.#feature = feature;
    this.#target = `xds:///${feature}`;
  }

  /** So many calls, one after the other. */
  tally(count: number): Promise<Tally> {
    return this.#client.call([this.#target], count, 'run', { waitForReady: true, deadlineMs: 30_000 });
  }

  /** The same, by who answered. @throws Error where a call failed */
  async calls(count: number): Promise<Answers> {
    return answersOf(await this.tally(count), this.#target);
  }

  /** The same, once both pods have answered: connections are there. */
  async warmed(count: number): Promise<Answers> {
    for (let round = 0; round < 50 && Object.keys(await this.calls(4)).length < 2; round++) await sleep(20);
    return this.calls(count);
  }

  /** Calls at a rate, for a time. */
  async load(ratePerSecond: number, ms: number): Promise<Answers> {
    await this.calls(4);
    const load = this.#client.load([this.#target], ratePerSecond, 'run', { waitForReady: true, deadlineMs: 30_000 });
    await sleep(ms);
    return answersOf(await load.stop(), this.#target);
  }

  /** How a call to another target fails; empty where it does not. */
  async failureOf(target: string, deadlineMs: number): Promise<string> {
    const { failures } = await this.#client.call([target], 1, 'run', { waitForReady: false, deadlineMs });
    return Object.keys(failures)[0] ?? '';
  }

  pause(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** What the client reported of this feature's cluster; undefined: no call within the time. */
  async reported(withinMs: number): Promise<HeardCluster | undefined> {
    const until = performance.now() + withinMs;
    for (;;) {
      const heard = this.#server.reported(this.#nodeId, this.#feature);
      if (heard !== undefined || performance.now() > until) return heard;
      await sleep(50);
    }
  }

  /** Kinds of streams that the client has opened. */
  variants(): string[] {
    return this.#server.variantsOf(this.#nodeId);
  }

  orcaStreams(): number {
    return this.#server.pods.orcaStreams;
  }
}

function answersOf({ backends, failures }: Tally, target: string): Answers {
  const [failure] = Object.keys(failures);
  if (failure !== undefined) throw new Error(failure);
  return backends[target] ?? {};
}
