import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Reply } from './dns-message.ts';
import type { DnsServer } from './dns-server.ts';

/**
 * Sends one message and takes the first one that is not stray. The caller bounds the time with `signal`.
 *
 * Each query has a socket, and so a random port, of its own, and the socket is connected: only the server's own
 * messages get through (RFC 5452, section 9.2).
 *
 * @throws the system's error, or the reason that `signal` was aborted with
 */
export type Exchange = (
  server: DnsServer,
  query: Buffer,
  read: (message: Buffer) => Reply,
  signal: AbortSignal,
) => Promise<Reply>;

export const exchangeUdp: Exchange = (server, query, read, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', giveUp);
      socket.removeAllListeners();
      // A message that is still on its way to the socket may fail after it was closed.
      socket.on('error', () => {});
      socket.close();
      settle();
    };
    const giveUp = (): void => end(() => reject(signal.reason));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.unref();
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (message) => {
      const reply = read(message);
      if (reply.kind !== 'stray') end(() => resolve(reply));
    });
    socket.connect(server.port, server.host, () => {
      if (!signal.aborted) socket.send(query);
    });
  });

/** Over TCP each message has its length before it (RFC 1035, section 4.2.2), which bounds it to 64 KiB. */
export const exchangeTcp: Exchange = (server, query, read, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect(server.port, server.host);
    let received = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', giveUp);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.destroy();
      settle();
    };
    const giveUp = (): void => end(() => reject(signal.reason));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.unref();
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('end', () => end(() => reject(new Error('the server ended the connection'))));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < 2 + length) return;
      const reply = read(received.subarray(2, 2 + length));
      end(() => (reply.kind === 'stray' ? reject(new Error('the answer cannot be read')) : resolve(reply)));
    });
    const framed = Buffer.alloc(2 + query.length);
    framed.writeUInt16BE(query.length);
    framed.set(query, 2);
    socket.write(framed);
  });
