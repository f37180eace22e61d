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
  // Loaded where it is needed only: a client should start soon.
  if (options.target.kind === 'http') return (await import('./open-http.ts')).openHttp(options, signal);
  return (await import('./open-grpc.ts')).openGrpc(options, signal);
}
