import { performance } from 'node:perf_hooks';
import type { Expected, ExpectedBackend } from '../target/expected.ts';

/** A backend that came or went while calls were made; time of `performance.now()`. */
export interface BackendEvent extends ExpectedBackend {
  readonly event: 'came' | 'went';
  readonly at: number;
}

/** Who ought to answer, over a run. */
export interface Watched {
  readonly events: readonly BackendEvent[];
  readonly last: Expected;
}

/** The last answer is waited for so long. */
const lastAnswerMs = 1000;

/**
 * Asks again and again who ought to answer; what fails is asked again.
 *
 * @param everyMs - from one answer to the next question
 * @param onCame - called when a backend is noticed that was not there before
 * @returns a function that asks a last time, unless it is to end at once, and gives what happened and who ought to answer
 */
export function watchBackends(
  first: Expected,
  ask: () => Promise<Expected>,
  everyMs: number,
  onCame: (event: BackendEvent) => void = () => {},
): (atOnce?: boolean) => Promise<Watched> {
  const events: BackendEvent[] = [];
  let last = first;
  let [over, stopping] = [false, false];
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const now = await ask().catch(() => undefined);
    // An empty answer is more often a resolver in trouble than a Service without pods; the Kubernetes API means it.
    if (over || now === undefined || (now.backends.length === 0 && now.source !== 'endpointslices')) return;
    const at = performance.now();
    const [before, after] = [last, now].map(({ backends }) => new Set(backends.map(keyOf)));
    for (const backend of now.backends) {
      if (before!.has(keyOf(backend))) continue;
      events.push({ event: 'came', ...backend, at });
      onCame(events.at(-1)!);
    }
    for (const backend of last.backends)
      if (!after!.has(keyOf(backend))) events.push({ event: 'went', ...backend, at });
    // Of several addresses one that is left is no virtual one.
    last = last.known && !now.known ? { ...now, known: true, count: now.backends.length } : now;
  };
  const later = (): void => {
    timer = setTimeout(() => void look().then(() => stopping || later()), everyMs);
  };
  later();
  return async (atOnce = false) => {
    stopping = true;
    clearTimeout(timer);
    over = atOnce;
    if (atOnce) return { events, last };
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, lastAnswerMs);
    await Promise.race([look(), promise]);
    clearTimeout(late);
    over = true;
    return { events, last };
  };
}

/** A pod that has the address of one before it is another backend. */
function keyOf({ address, name = '' }: ExpectedBackend): string {
  return `${address} ${name}`;
}
