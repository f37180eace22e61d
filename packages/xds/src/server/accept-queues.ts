import { isWorker } from 'node:cluster';
import { type AddressInfo, type BlockList, createServer, type Server } from 'node:net';
import type { ListenAddress } from './listen-address.ts';

/** Queues of connections that wait to be accepted. Node takes one of each in a turn of the event loop. */
const queueCount = 8;
/** Far above Node's 511; the system has a bound of its own (`net.core.somaxconn`). A SYN that finds a queue full waits a second. */
const backlog = 8_192;

/** A server that listens. */
export interface Listening extends ListenAddress {
  /** Accepts no more; resolves when all connections are over. */
  close(): Promise<void>;
}

/**
 * Listens with several queues on one port (SO_REUSEPORT) where the system can, so that a storm of connections is accepted eight at
 * a time; otherwise, and in a worker of `node:cluster`, with one. A port that is in use is an error nevertheless.
 *
 * @param server - of `node:net` or `node:tls`; gets the connections of all queues
 * @param blockList - the one that the server has
 * @throws what the system says, such as EADDRINUSE
 */
export async function listenOnQueues(
  server: Server,
  { host, port }: ListenAddress,
  blockList: BlockList | undefined,
): Promise<Listening> {
  const all = [server];
  if (isWorker) await listen(server, { host, port });
  else {
    // With SO_REUSEPORT a port of another process of this user would be shared; of those that the system chooses none is.
    if (port !== 0) await failIfTaken({ host, port });
    await listenShared(server, { host, port });
  }
  const { port: chosen } = server.address() as AddressInfo;
  while (!isWorker && all.length < queueCount) {
    const more = createServer({ blockList }, (socket) => server.emit('connection', socket));
    try {
      await listen(more, { host, port: chosen, reusePort: true });
    } catch {
      break;
    }
    all.push(more.on('error', (error) => server.emit('error', error)));
  }
  const close = async (): Promise<void> => {
    await Promise.all(all.map((one) => new Promise((resolve) => one.close(resolve))));
  };
  return { host, port: chosen, close };
}

async function failIfTaken(address: ListenAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, address);
  await new Promise((resolve) => server.close(resolve));
}

async function listenShared(server: Server, address: ListenAddress): Promise<void> {
  try {
    await listen(server, { ...address, reusePort: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error;
    await listen(server, address);
  }
}

async function listen(server: Server, address: ListenAddress & { readonly reusePort?: boolean }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ ...address, backlog }, resolve);
  try {
    await promise;
  } finally {
    server.off('error', reject);
  }
}
