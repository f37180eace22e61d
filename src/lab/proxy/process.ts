// The process that holds the Service proxies of one lab; started by proxies.ts, ordered about over IPC.
import { messageOf } from '../../base/errors.ts';
import type { LabEndpoint } from '../endpoints.ts';
import { seededRandom } from '../random.ts';
import type { Endpoints, ProxyPort, Reply, Request } from './messages.ts';
import { ServiceProxy } from './service-proxy.ts';

const random = seededRandom(Number(process.argv[2]), 'proxy');
const proxies = new Map<number, ServiceProxy>();
let work = Promise.resolve();
let endpoints: Readonly<Record<string, readonly LabEndpoint[]>> = {};

async function open(id: number, { service, host, port, ...how }: ProxyPort): Promise<void> {
  const proxy = new ServiceProxy({ endpoints: () => endpoints[service] ?? [], ...how, random });
  await proxy.listen(host, port);
  proxies.set(id, proxy);
}

async function close(id: number): Promise<void> {
  await proxies.get(id)?.close();
  proxies.delete(id);
}

async function answer(request: Request): Promise<void> {
  let reply: Reply = { id: request.id };
  try {
    if (request.type === 'open') await open(request.id, request.port);
    if (request.type === 'close') await close(request.proxy);
  } catch (thrown) {
    reply = { id: request.id, error: { code: (thrown as NodeJS.ErrnoException).code, message: messageOf(thrown) } };
  }
  // A lab that is gone cannot be told; `disconnect` ends this process.
  if (process.connected) process.send?.(reply, undefined, undefined, () => {});
}

process.on('message', (message: Request | Endpoints) => {
  if (message.type === 'endpoints') endpoints = message.endpoints;
  // One after the other, so that an answer says that everything before it is done.
  else work = work.then(() => answer(message));
});
process.on('disconnect', () => process.exit(0));
