import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Bytes of a socket that are parsed at once: some forty requests, of which the second ends the socket. */
const pieceBytes = 1024;

/** Sockets with an answer that has not been sent. */
const busy = new WeakSet<Socket>();

/**
 * Who asks before the answer before has been sent (HTTP pipelining) loses the socket, as no client of this server does that: answers
 * would be made that wait for each other. Node makes one of these for every request, also for those that it answers itself.
 */
export class SingleResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  constructor(...given: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...given);
    const { socket } = given[0];
    if (busy.has(socket)) {
      socket.destroy();
      return;
    }
    busy.add(socket);
    this.once('close', () => busy.delete(socket));
  }
}

/** For a server whose answers are of {@link SingleResponse}. */
export function refusePipelines(app: FastifyInstance): void {
  app.server.on('connection', parseInPieces);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.raw.socket.destroyed) reply.hijack();
    else done();
  });
}

/**
 * Node's parser makes a request of each that is in a chunk of 64 KiB, also once the socket is destroyed. It hears `data`, and where
 * somebody hears `readable` that is what he reads.
 */
function parseInPieces(socket: Socket): void {
  socket.on('readable', () => {
    do socket.read(Math.min(pieceBytes, socket.readableLength));
    while (!socket.destroyed && socket.readableLength > 0);
  });
}
