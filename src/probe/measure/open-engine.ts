import { openGrpc } from './open-grpc.ts';
import { openHttp } from './open-http.ts';
import type { Opened } from './opened.ts';
import type { ProbeOptions } from './options.ts';

/**
 * Connects to the target and finds out how to call it.
 *
 * @param signal - ends it early
 * @throws EvenkeelError `EK_PROBE_UNREACHABLE`, `EK_PROBE_NO_REFLECTION`, `EK_PROBE_METHOD`, `EK_PROBE_DATA`, `EK_FILE_READ`,
 *   `EK_FILE_SYNTAX`
 */
export async function openEngine(options: ProbeOptions, signal: AbortSignal): Promise<Opened> {
  return options.target.kind === 'http' ? openHttp(options, signal) : openGrpc(options, signal);
}
