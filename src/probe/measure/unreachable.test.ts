import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2, createSecureServer, type Http2SecureServer, type Http2Server } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { splitAddress } from '../../base/listen-address.ts';
import { TestAuthority, writeCertificate } from '../../controlplane/testing/certificates.ts';
import { callOnce, withEngine } from '../testing/open-for-test.ts';
import { openEngine } from './open-engine.ts';
import { parseProbeOptions, type RawProbeOptions } from './options.ts';

const timeout = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-unreachable-'));
const authority = new TestAuthority();
const stranger = new TestAuthority('another authority');
const hourMs = 3_600_000;
const of = (name: string, issued: { cert: string; key: string }): { cert: string; key: string } =>
  writeCertificate(folder, name, issued);
const ca = of('ca', { cert: authority.cert, key: '' }).cert;
const client = of('client', authority.issue({ commonName: 'probe' }));
const foreign = of('foreign', stranger.issue({ commonName: 'probe' }));
const good = authority.issue({ dns: ['orders.shop'], ips: ['127.0.0.1'] });
const expired = authority.issue({ ips: ['127.0.0.1'], notAfterMs: -hourMs / 2 });

const servers: (Server | Http2Server | Http2SecureServer)[] = [];
const sockets = new Set<{ destroy(): void }>();
async function listen<S extends Server | Http2Server | Http2SecureServer>(server: S): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: { destroy(): void }) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
after(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  rmSync(folder, { recursive: true });
});

/** Answers as gRPC does, with an empty message. */
function answering<S extends Http2Server | Http2SecureServer>(server: S): S {
  server.on('sessionError', () => {});
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
  return server;
}

const secure = (options: object): Http2SecureServer => answering(createSecureServer({ ...good, ...options }));

interface Unreachable {
  readonly name: string;
  readonly target: () => Promise<string>;
  readonly flags?: RawProbeOptions;
  readonly says: RegExp;
  /** Default: so long that a test which waits for it fails. */
  readonly connectTimeout?: string;
}

const grpcCases: readonly Unreachable[] = [
  { name: 'nobody listens', target: async () => '127.0.0.1:1', says: /connection refused.*ECONNREFUSED/ },
  { name: 'one of a list, and nobody listens', target: async () => 'ipv4:127.0.0.1:1,127.0.0.2:1', says: /refused/ },
  { name: 'no such name', target: async () => 'no-such-name.invalid:1', says: /the name does not resolve/ },
  { name: 'no such socket', target: async () => `unix:${folder}/nothing`, says: /there is no such socket/ },
  { name: 'HTTP/1', target: () => listen(createHttp()), says: /speaks HTTP\/1 and not HTTP\/2/ },
  { name: 'TLS in plaintext', target: () => listen(secure({})), says: /speaks TLS.*--tls/ },
  {
    name: 'plaintext by TLS',
    target: () => listen(answering(createHttp2())),
    ...{ flags: { ca }, says: /the server does not speak TLS|closed the connection during the TLS handshake/ },
  },
  {
    name: 'HTTP/1 by TLS',
    target: () => listen(createHttps({ ...good })),
    ...{ flags: { ca }, says: /does not speak HTTP\/2 over TLS|speaks HTTP\/1/ },
  },
  { name: 'an authority that is not known', target: () => listen(secure({})), flags: { tls: true }, says: /--ca FILE/ },
  {
    name: 'a certificate that has expired',
    target: () => listen(secure(expired)),
    ...{ flags: { ca }, says: /has expired/ },
  },
  {
    name: 'a certificate for other names',
    target: () => listen(secure({})),
    ...{ flags: { ca, serverName: 'carts.shop' }, says: /for other names.*DNS:orders\.shop/ },
  },
  {
    name: 'an authority name that is not in the certificate',
    target: () => listen(secure({})),
    ...{ flags: { ca, authority: 'carts.shop:443' }, says: /for other names/ },
  },
  {
    name: 'no client certificate',
    target: () => listen(secure({ ca: authority.cert, requestCert: true, rejectUnauthorized: true })),
    ...{ flags: { ca }, says: /client certificate|closed the connection/ },
  },
  {
    name: 'a client certificate of a stranger',
    target: () => listen(secure({ ca: authority.cert, requestCert: true, rejectUnauthorized: true })),
    ...{ flags: { ca, ...foreign }, says: /client certificate|closed the connection/ },
  },
  {
    name: 'a server that says nothing',
    target: () => listen(createTcp(() => {})),
    ...{ connectTimeout: '600ms', says: /took the connection and sent no SETTINGS/ },
  },
  {
    name: 'a server that hangs up',
    target: () => listen(createTcp((socket) => socket.end())),
    says: /closed the connection/,
  },
  {
    name: 'a server of another protocol',
    target: () => listen(createTcp((socket) => socket.on('error', () => {}).write('220 mail.shop ESMTP\r\n'))),
    says: /speaks no HTTP\/2.*220 mail/,
  },
];

/** A DNS server that answers so, with a response code and no records; undefined: not at all. */
async function dnsServer(rcode: number | undefined): Promise<string> {
  const socket = createSocket('udp4');
  sockets.add({ destroy: () => socket.close() });
  socket.on('message', (message, { port, address }) => {
    if (rcode === undefined) return;
    const answer = Buffer.from(message);
    answer.writeUInt16BE(0x8580 | rcode, 2);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

suite('why a name is not resolved', { timeout, concurrency: 4 }, () => {
  for (const [name, rcode, says, connectTimeout] of [
    ['no records', 0, /the name has no address/, '50s'],
    ['SERVFAIL', 2, /failed to resolve the name \(SERVFAIL\)/, '50s'],
    ['no such name', 3, /the name does not resolve/, '50s'],
    ['REFUSED', 5, /refuses to answer/, '50s'],
    ['no answer', undefined, /not resolved within 300 ms: DNS does not answer/, '300ms'],
    ['no answer for long', undefined, /the DNS server does not answer/, '50s'],
  ] as const) {
    test(name, { timeout: 30_000 }, async () => {
      const target = `dns://${await dnsServer(rcode)}/orders.shop:1`;
      const call = withEngine(target, { connectTimeout }, async () => {});
      await assert.rejects(call, { code: 'EK_PROBE_UNREACHABLE', message: says });
    });
  }
  test('no DNS server', async () => {
    const call = withEngine('dns://127.0.0.1:1/orders.shop:1', { connectTimeout: '50s' }, async () => {});
    await assert.rejects(call, { message: /nothing listens where the DNS server ought to be/ });
  });
});

for (const engine of ['channel', 'wire']) {
  suite(`why the engine ${engine} does not connect`, { timeout, concurrency: 4 }, () => {
    for (const { name, target, flags, says, connectTimeout = '50s' } of grpcCases) {
      test(name, { timeout: 30_000 }, async () => {
        const call = withEngine(await target(), { engine, connectTimeout, ...flags }, async () => {});
        await assert.rejects(call, { code: 'EK_PROBE_UNREACHABLE', message: says });
      });
    }
  });
}

const httpCases: readonly Unreachable[] = [
  { name: 'nobody listens', target: async () => 'http://127.0.0.1:1/', says: /refused.*ECONNREFUSED/ },
  { name: 'no such name', target: async () => 'http://no-such-name.invalid/', says: /does not resolve/ },
  { name: 'TLS in plaintext', target: async () => `http://${await listen(createHttps({ ...good }))}`, says: /https:/ },
  { name: 'HTTP/2 alone', target: async () => `http://${await listen(createHttp2())}`, says: /speaks HTTP\/2 alone/ },
  {
    name: 'plaintext by TLS',
    target: async () => `https://${await listen(createHttp())}`,
    says: /does not speak TLS \([\w ]+\)$/,
  },
  {
    name: 'an authority that is not known',
    target: async () => `https://${await listen(createHttps({ ...good }))}`,
    says: /--ca FILE/,
  },
  {
    name: 'a certificate for other names',
    target: async () => `https://${await listen(createHttps({ ...good }))}`,
    ...{ flags: { ca, serverName: 'carts.shop' }, says: /for other names.*DNS:orders\.shop/ },
  },
  {
    name: 'a certificate that has expired',
    target: async () => `https://${await listen(createHttps({ ...expired }))}`,
    ...{ flags: { ca }, says: /has expired/ },
  },
  {
    name: 'a server that says nothing by TLS',
    target: async () => `https://${await listen(createTcp(() => {}))}`,
    ...{ connectTimeout: '300ms', says: /no TLS handshake within 300 ms/ },
  },
];

suite('why an HTTP target is not reached', { timeout }, () => {
  for (const { name, target, flags, says, connectTimeout = '50s' } of httpCases) {
    test(name, { timeout: 30_000 }, async () => {
      const call = withEngine(await target(), { deadline: '20s', connectTimeout, ...flags }, async () => {});
      await assert.rejects(call, { code: 'EK_PROBE_UNREACHABLE', message: says });
    });
  }
  test('a connection that takes longer than a call may is one, and the call fails', { timeout: 30_000 }, async () => {
    const deadlineMs = 50;
    const silent = await listen(createHttps({ ...good }, () => {}));
    const { host, port } = splitAddress(silent);
    const slow = await listen(
      createTcp((socket) => {
        socket.on('error', () => {});
        // The handshake begins when a call would be over.
        setTimeout(() => {
          const onward = connect(port, host).on('error', () => {});
          sockets.add(onward);
          socket.pipe(onward).pipe(socket);
        }, 3 * deadlineMs);
      }),
    );
    const options = parseProbeOptions(`https://${slow}`, { ca, deadline: `${deadlineMs}ms`, connectTimeout: '20s' });
    const { engine, sampled } = await openEngine(options, new AbortController().signal);
    engine.close();
    assert.equal(sampled!.answer.peer, slow);
    assert.deepEqual([sampled!.status, sampled!.error], ['DEADLINE_EXCEEDED', `no answer within ${deadlineMs} ms`]);
  });
});

test('TLS to an address, by IP address, by name and with a client certificate, on both engines', {
  timeout,
}, async () => {
  const plain = await listen(secure({}));
  const mutual = await listen(secure({ ca: authority.cert, requestCert: true, rejectUnauthorized: true }));
  const named = await listen(secure(authority.issue({ dns: ['orders.shop'] })));
  for (const engine of ['channel', 'wire']) {
    for (const [target, flags] of [
      [plain, {}],
      [`ipv4:${plain}`, {}],
      [plain, { serverName: '127.0.0.1' }],
      [mutual, client],
      [named, { serverName: 'orders.shop' }],
      [named, { authority: 'orders.shop:443' }],
      [named, { authority: 'orders.shop.' }],
    ] as const) {
      const status = await withEngine(target, { engine, ca, deadline: '20s', ...flags }, async (opened) =>
        callOnce(opened),
      );
      assert.equal(status.status, 'OK', `${engine} ${target} ${JSON.stringify(flags)} ${status.error}`);
    }
  }
});

test('files that are no certificates are refused by their flags', async () => {
  const empty = writeCertificate(folder, 'empty', { cert: '', key: '' });
  for (const [flags, field] of [
    [{ ca: empty.cert }, '--ca'],
    [{ cert: empty.cert, key: client.key }, '--cert'],
    [{ cert: client.cert, key: foreign.key }, '--key'],
  ] as const) {
    const call = withEngine('127.0.0.1:1', flags, async () => {});
    await assert.rejects(call, (error: { code?: string; location?: { field?: string } }) => {
      assert.deepEqual([error.code, error.location?.field], ['EK_FILE_SYNTAX', field]);
      return true;
    });
  }
});
