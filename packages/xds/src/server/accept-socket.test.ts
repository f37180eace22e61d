import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { SnapshotCache } from '../cache/snapshot-cache.ts';
import { AdsServer, type AdsServerOptions, AdsTestClient, GrpcError, grpcStatus, typeUrls } from '../index.ts';
import { cluster } from '../testing/fixture.ts';

const { cluster: cds } = typeUrls;

// Without a certificate, which would have to be made first: encrypted, but anonymous.
const anonymousTls = { ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;
const trusting = { rejectUnauthorized: false, checkServerIdentity: () => undefined };

function serverOf(t: TestContext, options: Partial<AdsServerOptions> = {}): AdsServer {
  const cache = new SnapshotCache();
  cache.set(cluster('a'));
  const server = new AdsServer({ cache, ...options });
  t.after(() => server.close());
  return server;
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function clientOf(t: TestContext, ...args: Parameters<typeof AdsTestClient.connect>): Promise<AdsTestClient> {
  const client = await AdsTestClient.connect(...args);
  t.after(() => client.close());
  return client;
}

test('the sockets of a server of node:net are served', async (t) => {
  const ads = serverOf(t);
  const port = await portOf(
    t,
    createTcpServer((socket) => ads.acceptSocket(socket)),
  );
  const client = await clientOf(t, `http://127.0.0.1:${port}`);
  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
});

test('the sockets of a server of node:tls are served', async (t) => {
  const ads = serverOf(t, {
    group: (_node, { certificate }) => {
      assert.equal(certificate, undefined, 'nobody has shown one');
      return '';
    },
  });
  const tls = createTlsServer({ ...anonymousTls, dhparam: 'auto', ALPNProtocols: ['h2'] }, (socket) =>
    ads.acceptSocket(socket),
  );
  const port = await portOf(t, tls);
  const client = await clientOf(t, `https://127.0.0.1:${port}`, { http2: { ...anonymousTls, ...trusting } });
  assert.ok(client.session.encrypted);
  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
});

test('a client that may not connect is cut off, and the observer hears why', async (t) => {
  const refused: unknown[] = [];
  const seen: string[] = [];
  const ads = serverOf(t, {
    authorize: ({ address }) => {
      seen.push(address);
      return seen.length === 1 ? 'not on the list' : undefined;
    },
    observer: { refused: (refusal) => refused.push(refusal) },
  });
  const port = await portOf(
    t,
    createTcpServer((socket) => ads.acceptSocket(socket)),
  );
  await assert.rejects(async () => {
    const client = await clientOf(t, `http://127.0.0.1:${port}`);
    await client.sotw().requestResponseAck(cds);
  });
  assert.deepEqual(refused, [{ limit: 'authorization', peer: seen[0], message: 'not on the list' }]);
  const client = await clientOf(t, `http://127.0.0.1:${port}`);
  await client.sotw().requestResponseAck(cds);
});

test('a node that may not see its group ends with PERMISSION_DENIED', async (t) => {
  const ads = serverOf(t, {
    group: ({ id }) => {
      if (id === 'intruder') throw new GrpcError(grpcStatus.permissionDenied, 'not yours');
      return '';
    },
  });
  const { port } = await ads.listen({ host: '127.0.0.1', port: 0 });
  const intruder = await clientOf(t, `http://127.0.0.1:${port}`, { node: { id: 'intruder' } });
  const stream = intruder.sotw();
  stream.request(cds);
  assert.deepEqual(await stream.ended, { code: grpcStatus.permissionDenied, message: 'not yours' });
});

test('handshakes of `listen` begin when their clients have sent something, and those that have not are cut at the end', async (t) => {
  const ads = serverOf(t);
  const tls = { ...anonymousTls, dhparam: 'auto' } as const;
  const { port } = await ads.listen({ host: '127.0.0.1', port: 0, tls });
  const silent = connectTcp(port, '127.0.0.1');
  await once(silent, 'connect');
  const client = await clientOf(t, `https://127.0.0.1:${port}`, { http2: { ...anonymousTls, ...trusting } });
  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
  const cut = once(silent, 'close');
  await ads.close();
  await cut;
});

test('a client of `listen` that closes its side before a handshake is let go of', async (t) => {
  const ads = serverOf(t);
  const { port } = await ads.listen({ host: '127.0.0.1', port: 0, tls: { ...anonymousTls, dhparam: 'auto' } });
  const silent = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  silent.end();
  silent.resume();
  await once(silent, 'end');
  silent.destroy();
});
