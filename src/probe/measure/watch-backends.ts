import { performance } from 'node:perf_hooks';
import type { Expected } from '../target/expected.ts';

/** A backend that came or went while calls were made; time of `performance.now()`. */
export interface BackendEvent {
  readonly event: 'came' | 'went';
  readonly address: string;
  readonly name?: string | undefined;
  readonly at: number;
}

/**
 * Asks again and again who ought to answer; what fails is asked again.
 *
 * @param everyMs - from one answer to the next question
 * @returns a function that ends it and gives what happened and who ought to answer at the end
 */
export function watchBackends(
  first: Expected,
  ask: () => Promise<Expected>,
  everyMs: number,
): () => { events: BackendEvent[]; last: Expected } {
  const events: BackendEvent[] = [];
  let last = first;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const now = await ask().catch(() => undefined);
    if (over) return;
    // An empty answer is more often a resolver in trouble than a Service without pods.
    if (now !== undefined && now.backends.length > 0) {
      const at = performance.now();
      const [before, after] = [last, now].map(({ backends }) => new Set(backends.map(({ address }) => address)));
      for (const backend of now.backends)
        if (!before!.has(backend.address)) events.push({ event: 'came', ...backend, at });
      for (const backend of last.backends)
        if (!after!.has(backend.address)) events.push({ event: 'went', ...backend, at });
      last = now;
    }
    timer = setTimeout(() => void look(), everyMs);
  };
  timer = setTimeout(() => void look(), everyMs);
  return () => {
    over = true;
    clearTimeout(timer);
    return { events, last };
  };
}
