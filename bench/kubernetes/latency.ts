import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { type Api, sliceObject, slicePath } from '../../cluster/discovery/support/api.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ApiClient } from '../../src/discovery/kubernetes/api-client.ts';
import type { Collection } from '../../src/discovery/kubernetes/collection.ts';
import type { KubeAccess } from '../../src/discovery/kubernetes/kube-request.ts';
import { type KubeSlice, readSlice } from '../../src/discovery/kubernetes/kube-slice.ts';
import { list } from '../../src/discovery/kubernetes/list.ts';
import { watch } from '../../src/discovery/kubernetes/watch.ts';

export interface Latency {
  /** From the sending of the change to the API server until a bare watch beside evenkeel has it. */
  readonly toWatch: RecordableHistogram;
  /** From then until the first and until the last client has it. */
  readonly toFirst: RecordableHistogram;
  readonly toLast: RecordableHistogram;
  /** From the sending of the change until the last client has it. */
  readonly whole: RecordableHistogram;
}

export interface LatencyPlan {
  readonly access: KubeAccess;
  readonly api: Api;
  readonly namespace: string;
  /** The Service that changes; all clients subscribe to it. */
  readonly service: string;
  readonly endpoints: number;
  readonly port: number;
  readonly clients: number;
  readonly changes: number;
}

/** Between two changes, so that each is one of its own. */
const pauseMs = 50;

/** Changes one endpoint of a Service again and again, and takes the time until everybody has it. */
export async function measureLatency(plan: LatencyPlan): Promise<Latency> {
  const seen = new Seen();
  const stopWatch = await watchBeside(plan, seen);
  const clients = await Promise.all(Array.from({ length: plan.clients }, (_, index) => connect(plan, index, seen)));
  const result: Latency = {
    toWatch: createHistogram(),
    toFirst: createHistogram(),
    toLast: createHistogram(),
    whole: createHistogram(),
  };
  const name = `${plan.service}-x1`;
  for (let change = 0; change < plan.changes; change += 1) {
    const address = `10.200.${change >> 8}.${change & 255}`;
    const others = Array.from({ length: plan.endpoints - 1 }, (_, index) => ({ address: `10.201.0.${index}` }));
    const everybody = seen.expect(address, plan.clients);
    const begun = performance.now();
    await plan.api.apply(slicePath(plan.namespace, name), sliceObject(plan.service, name, [{ address }, ...others]));
    const { watchMs, firstMs, lastMs } = await everybody;
    record(result.toWatch, watchMs - begun);
    record(result.toFirst, firstMs - watchMs);
    record(result.toLast, lastMs - watchMs);
    record(result.whole, lastMs - begun);
    await delay(pauseMs);
  }
  stopWatch();
  for (const client of clients) await client.close();
  return result;
}

/** In microseconds; clients can be ahead of the watch beside them, which counts as nothing. */
function record(histogram: RecordableHistogram, milliseconds: number): void {
  histogram.record(Math.max(1, Math.round(milliseconds * 1_000)));
}

interface Times {
  readonly watchMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Collects when the watch and each client saw the address that is expected. */
class Seen {
  #address = '';
  #missing = 0;
  #watchMs: number | undefined;
  #firstMs: number | undefined;
  #lastMs = 0;
  #resolve: (times: Times) => void = () => {};

  expect(address: string, clients: number): Promise<Times> {
    this.#address = address;
    this.#missing = clients;
    this.#watchMs = undefined;
    this.#firstMs = undefined;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  byWatch(slice: KubeSlice): void {
    if (!slice.ports.some(({ endpoints }) => endpoints.some(({ address }) => address === this.#address))) return;
    this.#watchMs ??= performance.now();
    this.#settle();
  }

  byClient(bytes: Uint8Array): void {
    if (this.#missing === 0 || !Buffer.from(bytes).includes(this.#address)) return;
    this.#lastMs = performance.now();
    this.#firstMs ??= this.#lastMs;
    this.#missing -= 1;
    this.#settle();
  }

  #settle(): void {
    if (this.#missing > 0 || this.#watchMs === undefined || this.#firstMs === undefined) return;
    this.#resolve({ watchMs: this.#watchMs, firstMs: this.#firstMs, lastMs: this.#lastMs });
  }
}

/** What anybody who watches the API would see. */
async function watchBeside({ access, namespace }: LatencyPlan, seen: Seen): Promise<() => void> {
  const stopped = new AbortController();
  const client = new ApiClient(access);
  const collection: Collection<KubeSlice> = {
    resource: 'endpointslices',
    group: 'discovery.k8s.io',
    version: 'v1',
    namespace,
    read: readSlice,
  };
  const { resourceVersion } = await list(client, collection, stopped.signal);
  const opened = Promise.withResolvers<void>();
  const times = { timeoutSeconds: 3_600, idleMs: 3_600_000 };
  const observer = {
    opened: () => opened.resolve(),
    changed: (slice: KubeSlice) => seen.byWatch(slice),
    deleted() {},
    reached() {},
    settled() {},
  };
  watch(client, systemClock, collection, resourceVersion, times, observer, stopped.signal).catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  await opened.promise;
  return () => stopped.abort();
}

async function connect({ port, namespace, service }: LatencyPlan, index: number, seen: Seen): Promise<AdsTestClient> {
  const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node: { id: `client-${index}` } });
  const ads = client.sotw();
  await ads.requestResponseAck(typeUrls.endpoint, [`${namespace}/${service}:50051`]);
  const follow = async (): Promise<void> => {
    for (;;) {
      const { resources } = await ads.responseAck(typeUrls.endpoint);
      for (const { bytes } of resources) seen.byClient(bytes);
    }
  };
  // Ends with the connection.
  follow().catch(() => {});
  return client;
}
