import type { Socket } from 'node:net';
import { ConnectFailure, type Dial, type DialAddress, nameOfAddress } from '../../target/dial.ts';
import type { WireAnswer, WireCall } from './call.ts';
import type { WireConnection } from './connection.ts';
import type { EncodedRequest } from './request.ts';
import { overSocket } from './socket-connection.ts';

/** What becomes of a connection that was ready. */
export interface ConnectedOwner {
  leaving(connection: WireConnection, isWorking: boolean): void;
  ended(call: WireCall, answer: WireAnswer): void;
  unprocessed(call: WireCall, wasSent: boolean, why: string): void;
  closed(connection: WireConnection, why: string): void;
}

/**
 * Opens a connection; resolves once the server has sent its SETTINGS, so that it is known to speak HTTP/2.
 *
 * @param withinMs - for all of it
 * @param signal - ends it early
 * @throws ConnectFailure
 */
export async function connectWire(
  dial: Dial,
  address: DialAddress,
  request: EncodedRequest,
  owner: ConnectedOwner,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<WireConnection> {
  const startedAt = performance.now();
  const socket = await dial(address, { withinMs, signal });
  const leftMs = Math.max(1, withinMs - (performance.now() - startedAt));
  return handshake(socket, address, request, owner, { leftMs, withinMs, signal });
}

function handshake(
  socket: Socket,
  address: DialAddress,
  request: EncodedRequest,
  owner: ConnectedOwner,
  { leftMs, withinMs, signal }: { readonly leftMs: number; readonly withinMs: number; readonly signal: AbortSignal },
): Promise<WireConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<WireConnection>();
  let isReady = false;
  const settle = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
  const connection = overSocket(socket, nameOfAddress(address), request, {
    ready: () => {
      isReady = true;
      settle();
      resolve(connection);
    },
    leaving: (isWorking) => owner.leaving(connection, isWorking),
    ended: (call, answer) => owner.ended(call, answer),
    unprocessed: (call, wasSent, why) => owner.unprocessed(call, wasSent, why),
    closed: (why) => {
      settle();
      if (isReady) owner.closed(connection, why);
      else reject(new ConnectFailure(why, true));
    },
  });
  const abort = (): void => connection.close();
  const timer = setTimeout(() => {
    const why = `it took the connection and sent no SETTINGS of HTTP/2 within ${withinMs} ms`;
    reject(new ConnectFailure(why, false));
    connection.close();
  }, leftMs);
  signal.addEventListener('abort', abort, { once: true });
  return promise;
}
