import type { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Peer } from './transport.ts';

/** The peer of a socket of `node:net` or `node:tls`. */
export class SocketPeer implements Peer {
  /** Kept, since a socket forgets it when it closes. */
  readonly address: string;
  readonly #socket: Socket | undefined;

  constructor(socket: Socket | undefined) {
    this.#socket = socket;
    const { remoteAddress = '', remotePort = 0, remoteFamily } = socket ?? {};
    this.address = `${remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
  }

  get certificate(): PeerCertificate | undefined {
    const socket = this.#socket;
    // What could not be verified says nothing about who is there.
    if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
    const certificate = socket.getPeerCertificate();
    return Object.keys(certificate).length === 0 ? undefined : certificate;
  }
}
