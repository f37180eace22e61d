import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { AdsServer, type EncodedResource, fromAny, SnapshotCache } from '@evenkeel/xds';
import { messageOf } from '../../src/base/errors.ts';

/** The first line of a connection: which test wants a server, and the folder of its package. */
export interface Asked {
  readonly test: string;
  readonly folder: string;
}

/** Each further line: everything that a node is to be served. */
interface Update {
  readonly node: string;
  readonly version: string;
  /** Packed messages; `value` in base64. */
  readonly resources: readonly { readonly typeUrl: string; readonly value: string }[];
}

/**
 * Makes evenkeel servers for programs that are not JavaScript: one for each connection, as long as that lasts. Lines of JSON go
 * in, for each of which there is one: `{"address":"127.0.0.1:41234"}` for the first, `{}` for the others, or `{"error":"…"}`.
 *
 * @param asked - called for each server that is made
 */
export async function startControl(asked: (by: Asked) => void): Promise<{ address: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const servers = new Set<Promise<void>>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    const served = serve(socket, asked).finally(() => {
      sockets.delete(socket);
      servers.delete(served);
    });
    servers.add(served);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...servers]);
    },
  };
}

async function serve(socket: Socket, asked: (by: Asked) => void): Promise<void> {
  const cache = new SnapshotCache();
  const server = new AdsServer({ cache, group: ({ id }) => id, graceMs: 0 });
  const answer = (message: object): void => void socket.write(`${JSON.stringify(message)}\n`);
  socket.on('error', () => socket.destroy());
  const lines = createInterface({ input: socket });
  // It ends with its input, but not where that is cut.
  socket.once('close', () => lines.close());
  try {
    let isFirst = true;
    for await (const line of lines) {
      if (isFirst) {
        asked(JSON.parse(line) as Asked);
        const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
        answer({ address: `${host}:${port}` });
        isFirst = false;
        continue;
      }
      try {
        const { node, version, resources } = JSON.parse(line) as Update;
        cache.setSnapshot({ group: node, version, resources: resources.map(unpacked) });
        answer({});
      } catch (error) {
        answer({ error: messageOf(error) });
      }
    }
  } finally {
    socket.destroy();
    await server.close();
  }
}

function unpacked({ typeUrl, value }: Update['resources'][number]): EncodedResource {
  return fromAny({ typeUrl, value: Buffer.from(value, 'base64') });
}
