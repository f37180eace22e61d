import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchV1Api,
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1OwnerReference,
  type V1Pod,
} from '@kubernetes/client-node';
import { type ErrorCodeName, errorCodes } from '../../base/error-codes.ts';
import { EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import { unlessAborted } from '../../base/shutdown.ts';
import type { Progress, Report } from '../../probe/index.ts';
import { apiError } from './api-error.ts';
import type { Cluster } from './connect.ts';
import { followLog } from './driver-log.ts';
import { parseEvent } from './events.ts';
import { driverJob, groundwork, type ManifestOptions, proveLabel, running } from './manifests.ts';
import { patiently } from './patience.ts';
import { appLabel, driverName } from './plan.ts';
import { isReady, troubleOf, waitingFor } from './pod-trouble.ts';

const lookAgainMs = 500;
/** How long pods may take to be ready: images may have to be pulled. */
const readyWithinMs = 300_000;
/** How long the pod that makes the calls may take for its report once it was told to end. */
const lastReportWithinMs = 5_000;
/** How long that pod may take to end by itself, its report written. */
const endsWithinMs = 15_000;

/** One proof, or experiment, in a namespace that is there: makes everything, follows the calls, hands back the report. */
export class RunInCluster<R = Report> {
  readonly #cluster: Cluster;
  readonly #manifests: ManifestOptions;
  readonly #progress: Progress;

  constructor(cluster: Cluster, manifests: ManifestOptions, progress: Progress) {
    this.#cluster = cluster;
    this.#manifests = manifests;
    this.#progress = progress;
  }

  /**
   * @param signal - ends it early, with a report of what is known by then; rejects where nothing is
   * @throws EvenkeelError whatever kept it from a report
   */
  async run(signal: AbortSignal): Promise<R> {
    await unlessAborted(this.#create(), signal);
    const driver = await unlessAborted(this.#awaitPods(signal), signal);
    const tooLate = new AbortController();
    const report = await unlessAborted(this.#follow(driver, signal, tooLate), tooLate.signal);
    // What is kept must not look as if it ran: `--clean` leaves such a proof alone.
    if (this.#manifests.keep && !signal.aborted) await this.#awaitEnd(driver);
    return report;
  }

  get #namespace(): string {
    return this.#manifests.plan.namespace;
  }

  get #core(): CoreV1Api {
    return this.#cluster.config.makeApiClient(CoreV1Api);
  }

  async #create(): Promise<void> {
    await this.#createAll(groundwork(this.#manifests));
    const [job] = await this.#createAll([driverJob(this.#manifests)]);
    const { name, uid } = job!.metadata!;
    const owner: V1OwnerReference = { apiVersion: 'batch/v1', kind: 'Job', name: name!, uid: uid! };
    await this.#createAll(running(this.#manifests, owner));
  }

  #createAll(objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
    const api = KubernetesObjectApi.makeApiClient(this.#cluster.config);
    return Promise.all(
      objects.map((object) =>
        api.create(object).catch((thrown: unknown) => {
          throw apiError(thrown, `create ${object.kind} ${object.metadata?.name}`, this.#cluster.server);
        }),
      ),
    );
  }

  /**
   * Waits until every pod is ready and the one that makes the calls runs, and gives up at once where waiting will not help.
   *
   * @returns the name of the pod that makes the calls
   */
  async #awaitPods(signal: AbortSignal): Promise<string> {
    this.#progress.step('starting pods');
    const { plan } = this.#manifests;
    const until = performance.now() + readyWithinMs;
    for (;;) {
      const pods = await this.#pods();
      for (const pod of pods) {
        const trouble = troubleOf(pod);
        if (trouble !== undefined) throw trouble;
      }
      const driver = pods.find(isDriver);
      const servers = pods.filter((pod) => !isDriver(pod));
      const pending = servers.filter((pod) => !isReady(pod));
      const expected = running(this.#manifests, { apiVersion: '', kind: '', name: '', uid: '' })
        .filter(({ kind }) => kind === 'Deployment')
        .reduce((sum, object) => sum + ((object as { spec?: { replicas?: number } }).spec?.replicas ?? 0), 0);
      // From then on it tells itself what it waits for.
      if (driver !== undefined && driver.status?.phase !== 'Pending' && pending.length === 0) {
        if (servers.length >= expected) return driver.metadata!.name!;
      }
      this.#progress.update(`${servers.length - pending.length} of ${expected} are ready`);
      if (performance.now() > until) {
        const late = pending[0] ?? driver;
        throw new EvenkeelError(
          'EK_PROVE_POD',
          `not all pods are ready after ${readyWithinMs / 1000} s: ${late === undefined ? `there are ${servers.length} of ${expected}` : waitingFor(late)}`,
          { hint: `Fewer may fit: --replicas ${Math.max(1, Math.floor(plan.options.replicas / 2))}.` },
        );
      }
      await delay(lookAgainMs, undefined, { signal });
    }
  }

  async #pods(): Promise<V1Pod[]> {
    const labelSelector = `${proveLabel}=true`;
    try {
      const list = () => this.#core.listNamespacedPod({ namespace: this.#namespace, labelSelector });
      return (await patiently(list)).items;
    } catch (thrown) {
      throw apiError(thrown, `list pods in ${this.#namespace}`, this.#cluster.server);
    }
  }

  /**
   * Shows what the pod that makes the calls tells, and waits for its report.
   *
   * @param tooLate - aborted where the pod has not written its report in time once `signal` told it to end
   */
  async #follow(pod: string, signal: AbortSignal, tooLate: AbortController): Promise<R> {
    const end = (): void => {
      // It is told to end as any pod: it writes what it knows by then, and its log ends.
      this.#core
        .deleteNamespacedPod({ name: pod, namespace: this.#namespace })
        .catch((thrown: unknown) => this.#progress.note(toEvenkeelError(thrown).message));
      setTimeout(() => tooLate.abort(), lastReportWithinMs).unref();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    const source = { config: this.#cluster.config, namespace: this.#namespace, pod };
    let last = '';
    try {
      for await (const line of followLog(source, () => this.#hasEnded(pod), tooLate.signal)) {
        const event = parseEvent<R>(line);
        if (event === undefined) last = line.trim() || last;
        else if (event.event === 'report') return event.report;
        else if (event.event === 'failed') {
          signal.throwIfAborted();
          throw failure(event);
        } else this.#progress[event.event](event.text);
      }
    } catch (thrown) {
      if (thrown instanceof EvenkeelError) throw thrown;
      if (!signal.aborted) throw apiError(thrown, `read the log of ${pod}`, this.#cluster.server);
    } finally {
      signal.removeEventListener('abort', end);
    }
    signal.throwIfAborted();
    throw new EvenkeelError(
      'EK_PROVE_POD',
      `the pod that makes the calls ended without a report${last === '' ? '' : `; it said: ${last}`}`,
    );
  }

  async #awaitEnd(pod: string): Promise<void> {
    const until = performance.now() + endsWithinMs;
    while (performance.now() < until && !(await this.#hasEnded(pod).catch(() => false))) await delay(lookAgainMs);
  }

  async #hasEnded(name: string): Promise<boolean> {
    const job = await this.#cluster.config
      .makeApiClient(BatchV1Api)
      .readNamespacedJob({ name: driverName, namespace: this.#namespace });
    if ((job.status?.active ?? 0) > 0) return false;
    const pods = await this.#pods();
    return !pods.some((pod) => pod.metadata?.name === name && pod.status?.phase === 'Running');
  }
}

function isDriver(pod: V1Pod): boolean {
  return pod.metadata?.labels?.[appLabel] === driverName;
}

/** The error of the pod as if it had happened here. */
function failure({ code, message, hint }: { code: string; message: string; hint: string }): EvenkeelError {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCodeName) : 'EK_INTERNAL';
  return new EvenkeelError(known, message, { hint });
}
