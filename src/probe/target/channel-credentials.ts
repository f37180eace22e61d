import type { Socket } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { type ClientTls, secure } from './dial.ts';

type SecureConnector = ReturnType<grpc.ChannelCredentials['_createSecureConnector']>;

/**
 * TLS for channels of grpc-js as {@link secure} does it. Its own credentials give an IP address to TLS as a server name, which
 * Node 26 refuses.
 */
export class TlsCredentials extends grpc.ChannelCredentials {
  readonly #tls: ClientTls;

  constructor(tls: ClientTls) {
    super();
    this.#tls = tls;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: grpc.ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: unknown,
    _options: unknown,
    callCredentials?: grpc.CallCredentials,
  ): SecureConnector {
    const tls = this.#tls;
    return {
      connect: (socket: Socket) =>
        new Promise((resolve, reject) => {
          const secured = secure(socket, tls);
          secured.once('error', reject);
          secured.once('close', () => reject(new Error('the server closed the connection during the TLS handshake')));
          secured.once('secureConnect', () => resolve({ socket: secured, secure: true }));
        }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? grpc.CallCredentials.createEmpty(),
      destroy() {},
    };
  }
}
