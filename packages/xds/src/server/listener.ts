import { type BlockList, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { HandshakeTurns } from '../transport/handshake-turns.ts';

/** A client that has not finished its handshake by then is cut; the time begins anew when it is its turn. */
const handshakeTimeoutMs = 10_000;

/** A server that has yet to listen. */
export interface Listener {
  readonly server: Server;
  /** Cuts those whose handshake has not begun. */
  cut(): void;
}

/**
 * A server whose connections are ready for HTTP/2: as they come, or with TLS after the handshake and where `h2` was agreed
 * on; others are cut. What cannot be trusted never comes here: Node ends it in the handshake, unless `rejectUnauthorized`
 * is false.
 */
export function createListener(
  tls: TlsOptions | undefined,
  blockList: BlockList,
  accept: (socket: Socket) => void,
): Listener {
  if (tls === undefined) return { server: createServer({ blockList }, accept), cut() {} };
  const options = {
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeTimeoutMs,
    ...tls,
    ALPNProtocols: ['h2'],
  } as const;
  // It does not listen itself: handshakes begin in turns, so that thousands at once do not hold up everybody else.
  const secure = createTlsServer(options, (socket) => {
    if (socket.alpnProtocol === 'h2') accept(socket);
    else socket.destroy();
  });
  const waiting = new Map<Socket, NodeJS.Timeout>();
  const leave = (socket: Socket): void => {
    clearTimeout(waiting.get(socket));
    waiting.delete(socket);
  };
  const turns = new HandshakeTurns((socket) => {
    leave(socket);
    secure.emit('connection', socket);
  });
  const server = createServer({ blockList }, (socket) => {
    waiting.set(socket, setTimeout(() => socket.destroy(), options.handshakeTimeout).unref());
    // A broken connection is no error of ours; 'close' follows.
    socket.on('error', () => {});
    socket.once('close', () => leave(socket));
    turns.add(socket);
  });
  const cut = (): void => {
    for (const socket of waiting.keys()) socket.destroy();
  };
  return { server, cut };
}
