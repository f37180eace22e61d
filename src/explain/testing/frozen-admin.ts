import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** An admin server that accepts connections and says nothing, as that of a process which is stopped; its address. */
export async function frozenAdmin(t: TestContext): Promise<string> {
  const server = createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
