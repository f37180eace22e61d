import type { KubeConfig } from '@kubernetes/client-node';
import { formatAddress } from '../../base/listen-address.ts';
import type { Counters } from '../../probe/index.ts';
import { backendAdminPort } from '../backends.ts';
import { lastCounts, type RunCounts } from '../last-counts.ts';
import { logLines } from './driver-log.ts';
import type { PodState } from './pod-changes.ts';

/** How long a backend may take to answer for its counter. */
const answerWithinMs = 2000;
/** How long the log of a pod that has ended may take to end too. */
const lastWordWithinMs = 10_000;

type Reading = Counters['readings'][number];
type Unreadable = Counters['unreadable'][number];

/** What the backends have counted, those included that have ended. */
export class BackendCounters {
  readonly #config: KubeConfig;
  readonly #namespace: string;
  /** Pods that were told to end, and what they wrote as their last word. */
  readonly #leaving = new Map<string, { readonly app: string; readonly said: Promise<RunCounts | undefined> }>();

  constructor(config: KubeConfig, namespace: string) {
    this.#config = config;
    this.#namespace = namespace;
  }

  /** Follows the log of a pod that was told to end: after it has gone, nobody can be asked for it any more. */
  leaves({ name, app }: PodState): void {
    if (this.#leaving.has(name)) return;
    this.#leaving.set(name, { app, said: this.#lastWord(name) });
  }

  /**
   * @param there - pods of that Deployment that have not ended
   */
  async read(app: string, there: readonly PodState[], run: string): Promise<Counters> {
    const readings: Reading[] = [];
    const unreadable: Unreadable[] = [];
    await Promise.all([
      ...there
        .filter(({ name }) => !this.#leaving.has(name))
        .map(async (pod) => {
          const found = await ask(pod, run);
          if ('reason' in found) unreadable.push(found);
          else readings.push(found);
        }),
      ...[...this.#leaving]
        .filter(([, { app: of }]) => of === app)
        .map(async ([pod, { said }]) => {
          const counts = await said;
          if (counts === undefined) unreadable.push({ pod, reason: 'it ended without a last word' });
          else readings.push({ pod, calls: counts[run]?.calls ?? 0, final: true });
        }),
    ]);
    return { readings, unreadable };
  }

  async #lastWord(pod: string): Promise<RunCounts | undefined> {
    // A pod drains for as long as its grace period; its log ends with it.
    const signal = AbortSignal.timeout(30_000 + lastWordWithinMs);
    const lines: string[] = [];
    try {
      for await (const line of logLines({ config: this.#config, namespace: this.#namespace, pod }, signal)) {
        lines.push(line);
      }
    } catch {
      // What was read until then may have it.
    }
    return lastCounts(lines.join('\n'));
  }
}

async function ask({ name, ip }: PodState, run: string): Promise<Reading | Unreadable> {
  const url = `http://${formatAddress(ip, backendAdminPort)}/calls?run=${encodeURIComponent(run)}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
    const { calls } = (await response.json()) as { calls: number };
    return { pod: name, calls, final: true };
  } catch (error) {
    return { pod: name, reason: String(error) };
  }
}
