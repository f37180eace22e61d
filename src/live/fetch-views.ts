import { EvenkeelError } from '../base/errors.ts';
import type { LoadView } from '../load/load-view.ts';
import { askAdmin } from './ask-admin.ts';
import { loadViewSchema } from './load-view-schema.ts';

/**
 * Asks the admin servers of control planes what their clients report, all at once.
 *
 * @param admins - `HOST:PORT` or `http://HOST:PORT`
 * @throws EvenkeelError `EK_USAGE`, `EK_ADMIN_UNREACHABLE`, `EK_ADMIN_ANSWER` or `EK_LOAD_OFF`
 */
export function fetchViews(admins: readonly string[], signal?: AbortSignal): Promise<LoadView[]> {
  const refusedBy = (admin: string) => (status: number, body: string) =>
    status === 404 && body.includes('--load-reports')
      ? new EvenkeelError('EK_LOAD_OFF', `the control plane at ${admin} does not ask clients for load reports`)
      : undefined;
  return Promise.all(
    admins.map((admin) => askAdmin(admin, '/load', loadViewSchema, { signal, refused: refusedBy(admin) })),
  );
}
