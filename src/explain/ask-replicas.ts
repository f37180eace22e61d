import type { z } from 'zod';
import { type EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { askAdmin } from '../live/ask-admin.ts';

/** What one control plane answered, or why it did not. */
export type ReplicaAnswer<View> =
  | { readonly admin: string; readonly view: View; readonly error?: undefined }
  | { readonly admin: string; readonly view?: undefined; readonly error: EvenkeelError };

/**
 * Somebody waits for the answer, and one that stands still must not hide what the others say. Counted in ticks: where the host lets
 * this process not run, the answer may be there and is read at the next one.
 */
const patienceMs = 1_200;
const tickMs = 100;
/** One that is slow for the same reason as the others, a busy host or a large fleet, is no frozen one. */
const timesSlowest = 3;
const longestMs = 5_000;
/** By the clock, where the host lets nobody run. */
const timeoutMs = 30_000;

/**
 * Asks several control planes the same, all at once. One that does not answer is part of the answer: it has 1.2 s, and where the
 * others are slow three times as long as the slowest of them, at most 5 s.
 *
 * @throws EvenkeelError as `askAdmin`, where none answered or an address is none
 */
export async function askReplicas<View>(
  admins: readonly string[],
  path: string,
  schema: z.ZodType<View>,
): Promise<ReplicaAnswer<View>[]> {
  const abort = new AbortController();
  let waitedMs = 0;
  let patience = patienceMs;
  const ticks = setInterval(() => {
    waitedMs += tickMs;
    if (waitedMs >= patience) {
      abort.abort(new DOMException(`no answer within ${(waitedMs / 1_000).toFixed(1)} s`, 'AbortError'));
    }
  }, tickMs);
  const answers = await Promise.all(
    admins.map(async (admin): Promise<ReplicaAnswer<View>> => {
      try {
        const view = await askAdmin(admin, path, schema, { signal: abort.signal, timeoutMs });
        patience = Math.min(longestMs, Math.max(patience, timesSlowest * waitedMs));
        return { admin, view };
      } catch (thrown) {
        return { admin, error: toEvenkeelError(thrown) };
      }
    }),
  );
  clearInterval(ticks);
  const errors = answers.flatMap(({ error }) => error ?? []);
  const usage = errors.find(({ exitCode }) => exitCode === 2);
  if (usage !== undefined || errors.length === answers.length) throw usage ?? errors[0]!;
  return answers;
}
