import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import fastify from 'fastify';
import { refusePipelines, SingleResponse } from './single-requests.ts';

const app = fastify({ http: { ServerResponse: SingleResponse }, forceCloseConnections: true });
refusePipelines(app);
app.get('/', async () => 'served');
app.post('/', async ({ body }) => JSON.stringify(body).length);

/** Node tells of each request that it has parsed, whoever answers it. */
function parsedBy(server: Server): { readonly count: number; stop(): void } {
  const parsed = {
    count: 0,
    stop: () => channel('http.server.request.start').unsubscribe(count),
  };
  const count = (message: unknown): void => {
    if ((message as { server: Server }).server === server) parsed.count += 1;
  };
  channel('http.server.request.start').subscribe(count);
  return parsed;
}

const server = await app.listen({ host: '127.0.0.1', port: 0 }).then(() => app.server);
const { port } = server.address() as AddressInfo;
after(() => app.close());

/** Resolves with what came back, once the socket is closed. */
function answersTo(...pieces: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1').setNoDelay();
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk;
  });
  socket.on('error', () => {}).on('close', () => resolve(answers));
  for (const piece of pieces) socket.write(piece);
  return promise;
}

const kinds = {
  'ordinary ones': 'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
  'ones that Node answers, as they expect something': 'GET / HTTP/1.1\r\nhost: a\r\nexpect: b\r\n\r\n',
  'ones that Node answers, as they have no host': 'GET / HTTP/1.1\r\n\r\n',
  'ones whose path cannot be read': 'GET /%zz HTTP/1.1\r\nhost: a\r\n\r\n',
};

for (const [kind, asked] of Object.entries(kinds)) {
  test(`of requests in one write a few are parsed, and who asked loses the socket: ${kind}`, async () => {
    const parsed = parsedBy(server);
    const answers = await answersTo(asked.repeat(20_000));
    parsed.stop();
    assert.ok(parsed.count >= 1 && parsed.count < 100, `${parsed.count} were parsed`);
    assert.ok(answers.split('HTTP/1.1').length <= 2, answers);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'served');
  });
}

test('one request after the other is served on a socket, also one of many pieces', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify('x'.repeat(50_000));
  for (let count = 0; count < 3; count++) {
    const asked = request({ port, agent, method: 'POST', headers: { 'content-type': 'application/json' } });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    assert.equal(await text(response), `${body.length}`);
    assert.equal(asked.reusedSocket, count > 0);
  }
  agent.destroy();
});
