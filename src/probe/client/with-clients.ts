import type { ClientProcess } from './client-process.ts';

/**
 * Does work with client processes, which are gone when it is done or has failed, and at once when the signal says so.
 *
 * @param work - tells each process that it starts
 */
export async function withClients<T>(
  signal: AbortSignal,
  work: (started: (client: ClientProcess) => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const clients: ClientProcess[] = [];
  const close = (): Promise<unknown> => Promise.all(clients.map((client) => client.close()));
  const abort = (): void => void close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work((client) => clients.push(client));
  } finally {
    signal.removeEventListener('abort', abort);
    await close();
  }
}
