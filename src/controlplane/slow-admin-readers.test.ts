import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { LoadView } from '../load/load-view.ts';
import { type AdminSource, adminApp } from './admin-server.ts';

const megabytes = 'x'.repeat(10 * 1024 * 1024);

/** A server whose long answers are longer than what sockets take. */
async function start(t: TestContext) {
  let made = 0;
  const long = (): object => {
    made += 1;
    return { megabytes };
  };
  const source: AdminSource = {
    readiness: () => ({ ready: true, reasons: [], degraded: [] }),
    metrics: async () => ({ contentType: 'text/plain', text: JSON.stringify(long()) }),
    configDump: long,
    clients: long,
    explain: long,
    load: () => long() as LoadView,
  };
  const app = adminApp(source);
  const open = new Set<Socket>();
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const clients: Socket[] = [];
  t.after(async () => {
    const ended = [...open].map(gone);
    for (const client of clients) client.destroy();
    await app.close();
    await Promise.all(ended);
  });
  const { port } = app.server.address() as AddressInfo;
  /** Sends requests and never reads; resolves with the server's side. */
  const ask = async (...paths: string[]): Promise<Socket> => {
    const accepted = once(app.server, 'connection') as Promise<[Socket]>;
    const client = connect({ host: '127.0.0.1', port }).on('error', () => {});
    clients.push(client);
    client.pause();
    const [socket] = await accepted;
    client.write(
      paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept(path)}\r\n\r\n`).join(''),
    );
    return socket;
  };
  const isHealthy = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  return { ask, isHealthy, made: () => made };
}

/** Asking for events makes none of what has none. */
const accept = (path: string): string => (path === '/load' ? '*/*' : 'text/event-stream');

/** A client that does not read does not see its end either: it is the server's side that says so. */
const gone = (socket: Socket): Promise<unknown> | undefined => (socket.closed ? undefined : once(socket, 'close'));

for (const path of ['/config_dump', '/config%5Fdump', '/metrics', '/clients', '/explain?target=a', '/load']) {
  test(`who asks for ${path} and does not read makes room for the ninth`, { timeout: 60_000 }, async (t) => {
    const { ask, isHealthy, made } = await start(t);
    const sockets: Socket[] = [];
    for (let reader = 0; reader < 8; reader++) sockets.push(await ask(path));
    while (made() < 8) await isHealthy();
    assert.ok(sockets.every(({ destroyed }) => !destroyed));
    sockets.push(await ask(path));
    await gone(sockets[0]!);
    assert.ok(sockets.slice(1).every(({ destroyed }) => !destroyed));
    assert.ok(await isHealthy());
  });
}

test('who asks for more before the long answer is read has one answer in memory', { timeout: 60_000 }, async (t) => {
  const { ask, isHealthy, made } = await start(t);
  const socket = await ask(...Array.from({ length: 100 }, () => '/config_dump'));
  await gone(socket);
  assert.ok(made() <= 1, `${made()}`);
  assert.ok(await isHealthy());
});
