import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { headers } from '../pod/pod.ts';
import type { LoopSettings } from './options.ts';

/**
 * Calls for ever (or `count` times), one call after the other, and prints a numbered line for each: the pod that answered,
 * or the error, after which it goes on.
 *
 * The interval is from start to start; a call that takes longer is followed by the next at once.
 */
export async function callInALoop(
  settings: LoopSettings,
  call: () => Promise<string>,
  { signal, print }: { readonly signal: AbortSignal; readonly print: (line: string) => void },
): Promise<void> {
  for (let number = 1; !signal.aborted && (settings.count === 0 || number <= settings.count); number++) {
    const next = delay(settings.intervalMs, undefined, { signal }).catch(() => undefined);
    const line = await call().catch((error: unknown) => `error: ${messageOf(error)}`);
    if (signal.aborted) break;
    print(`#${number}: ${line}`);
    if (number !== settings.count) await next;
  }
}

/** What a client of system B sends with each call. */
export function sentWith(workload: string, { run }: LoopSettings): Record<string, string> {
  return { [headers.source]: workload, ...(run !== '' && { [headers.run]: run }) };
}
