import type { z } from 'zod';
import { type EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { askAdmin } from '../live/ask-admin.ts';

/** What one control plane answered, or why it did not. */
export type ReplicaAnswer<View> =
  | { readonly admin: string; readonly view: View; readonly error?: undefined }
  | { readonly admin: string; readonly view?: undefined; readonly error: EvenkeelError };

/** Somebody waits for the answer, and one that stands still must not hide what the others say. */
export const replicaTimeoutMs = 1_500;

/**
 * Asks several control planes the same, all at once. One that does not answer is part of the answer.
 *
 * @throws EvenkeelError as `askAdmin`, where none answered or an address is none
 */
export async function askReplicas<View>(
  admins: readonly string[],
  path: string,
  schema: z.ZodType<View>,
  timeoutMs = replicaTimeoutMs,
): Promise<ReplicaAnswer<View>[]> {
  const answers = await Promise.all(
    admins.map(async (admin): Promise<ReplicaAnswer<View>> => {
      try {
        return { admin, view: await askAdmin(admin, path, schema, { timeoutMs }) };
      } catch (thrown) {
        return { admin, error: toEvenkeelError(thrown) };
      }
    }),
  );
  const errors = answers.flatMap(({ error }) => error ?? []);
  const usage = errors.find(({ exitCode }) => exitCode === 2);
  if (usage !== undefined || errors.length === answers.length) throw usage ?? errors[0]!;
  return answers;
}
