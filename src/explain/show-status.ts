import { defaultAdmin } from '../live/ask-admin.ts';
import type { Paint } from '../probe/print/layout.ts';
import { askReplicas } from './ask-replicas.ts';
import { clientsViewSchema } from './clients-view-schema.ts';
import { printStatus } from './print-status.ts';
import { statusOf } from './status-rows.ts';

export interface ShowOptions {
  /** Default: the one on this host. */
  readonly admins?: readonly string[] | undefined;
  readonly json: boolean;
  readonly paint: Paint;
}

/**
 * Prints what the control planes say of their clients; the exit code: 0 all is in order, 1 it is not.
 *
 * @throws EvenkeelError as `askReplicas`
 */
export async function showStatus({ admins = [defaultAdmin], json, paint }: ShowOptions): Promise<0 | 1> {
  const status = statusOf(await askReplicas(admins, '/clients', clientsViewSchema));
  console.log(json ? JSON.stringify(status) : printStatus(status, paint));
  return status.inOrder ? 0 : 1;
}
