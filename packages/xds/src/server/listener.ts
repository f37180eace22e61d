import { type BlockList, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A client that has not finished its handshake by then is cut. */
const handshakeTimeoutMs = 10_000;

/**
 * A server whose connections are ready for HTTP/2: as they come, or with TLS after the handshake and where `h2` was agreed
 * on; others are cut. What cannot be trusted never comes here: Node ends it in the handshake, unless `rejectUnauthorized`
 * is false.
 */
export function createListener(
  tls: TlsOptions | undefined,
  blockList: BlockList,
  accept: (socket: Socket) => void,
): Server {
  if (tls === undefined) return createServer({ blockList }, accept);
  const options = {
    blockList,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeTimeoutMs,
    ...tls,
    ALPNProtocols: ['h2'],
  } as const;
  return createTlsServer(options, (socket) => {
    if (socket.alpnProtocol === 'h2') accept(socket);
    else socket.destroy();
  });
}
