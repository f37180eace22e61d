import type { Socket } from 'node:net';
import { reasonOf } from '../../target/connect-reason.ts';
import { type ConnectionOwner, WireConnection } from './connection.ts';
import type { EncodedRequest } from './request.ts';

/** What a socket may hold before calls wait; a server that does not read must not fill the memory. */
const maxUnsentBytes = 1024 * 1024;

/** A connection over a socket on which nothing was sent. */
export function overSocket(
  socket: Socket,
  peer: string,
  request: EncodedRequest,
  owner: ConnectionOwner,
): WireConnection {
  let reason = 'the server closed the connection';
  const connection = new WireConnection(
    {
      get takesMore() {
        return socket.writableLength < maxUnsentBytes;
      },
      write: (bytes) => {
        if (!socket.destroyed) socket.write(bytes);
      },
      end: () => socket.destroySoon(),
      destroy: () => socket.destroy(),
    },
    peer,
    request,
    owner,
  );
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('drain', () => connection.drained());
  socket.on('error', (error) => {
    reason = reasonOf(error);
  });
  socket.on('close', () => connection.closed(reason));
  return connection;
}
