import { constants } from 'node:crypto';
import { type BlockList, createServer as createNetServer, type Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { HandshakeTurns, type Listening, listenOnQueues, type MemoryBudget } from '@evenkeel/xds';
import { formatAddress, type ListenAddress, listenError } from '../base/listen-address.ts';
import { SocketPlaces } from './socket-places.ts';
import type { TlsMaterial } from './tls-material.ts';

/** Why a connection was refused; a label of a metric, so few and fixed. */
export type TlsRefusalReason =
  | 'missing_certificate'
  | 'expired_certificate'
  | 'not_yet_valid_certificate'
  | 'unknown_authority'
  | 'invalid_certificate'
  | 'not_allowed'
  | 'no_http2'
  | 'too_many_handshakes'
  | 'handshake';

export interface TlsRefusal {
  readonly reason: TlsRefusalReason;
  /** For people. */
  readonly message: string;
  /** Address and port of the client. */
  readonly peer: string;
}

export interface TlsListenerOptions {
  readonly material: TlsMaterial;
  /** Why this client may not connect; undefined where it may. Asked only with verified certificates. */
  authorize(socket: TLSSocket): string | undefined;
  /** Takes over a connection on which HTTP/2 was agreed on, and whose client may connect. */
  accepted(socket: TLSSocket): void;
  refused(refusal: TlsRefusal): void;
  /** Where handshakes are charged. */
  readonly memory: MemoryBudget;
  /** Who has to wait in a storm of connections; default: nobody. */
  readonly shares?: BlockList | undefined;
  /** Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Handshakes at once; where one more comes, one of the address that has the most goes. */
  readonly maxHandshakes: number;
}

/** A client that has not finished its handshake by then is cut, whatever it has sent. */
const handshakeTimeoutMs = 10_000;

/**
 * What a thousand of them that come and go add to the process, each: OpenSSL, two sockets, and the holes that they leave in its memory
 * beside messages of others (`half-hello-and-full` of bench/hostile).
 */
const handshakeBytes = 128 * 1024;

const crowdedOut = ['too_many_handshakes', 'there are too many handshakes that do not end'] as const;
const timedOut = ['handshake', 'the handshake failed: timeout'] as const;
const silent = ['handshake', 'the handshake failed: the client went before it began'] as const;

/** What OpenSSL says of a certificate chain, by what a person does about it. */
const reasons: Readonly<Record<string, TlsRefusalReason>> = {
  CERT_HAS_EXPIRED: 'expired_certificate',
  CERT_NOT_YET_VALID: 'not_yet_valid_certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown_authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown_authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown_authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown_authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown_authority',
  CERT_SIGNATURE_FAILURE: 'unknown_authority',
};

/**
 * Listens with TLS and hands over what may come in. Where authorities are given, a client has to show a certificate of
 * theirs; that is checked here and not by Node, which would cut the connection without a word of why.
 */
export class TlsListener {
  readonly #server: Server;
  readonly #options: TlsListenerOptions;
  /** Why a socket was cut before its handshake was over, where we did it. */
  readonly #cut = new WeakMap<Socket, readonly [TlsRefusalReason, string]>();
  readonly #handshakes: SocketPlaces;
  readonly #turns: HandshakeTurns;
  /** Sockets whose handshake has not begun. */
  readonly #waiting = new Set<Socket>();
  #listening: Listening | undefined;

  constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#handshakes = new SocketPlaces(options.maxHandshakes, (socket) => void this.#cut.set(socket, crowdedOut));
    this.#server = createServer({
      ...contextOf(options.material),
      ALPNProtocols: ['h2'],
      requestCert: options.material.ca !== undefined,
      rejectUnauthorized: false,
      // The time from the accept is over before.
      handshakeTimeout: options.handshakeTimeoutMs ?? handshakeTimeoutMs,
    });
    this.#turns = new HandshakeTurns((socket) => {
      this.#waiting.delete(socket);
      this.#server.emit('connection', socket);
    });
    this.#server.on('secureConnection', (socket) => {
      const below = parentOf(socket);
      if (below !== undefined) this.#handshakes.leave(below);
      this.#admit(socket);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      const below = parentOf(socket);
      if (below !== undefined) this.#handshakes.leave(below);
      const cut = below && this.#cut.get(below);
      this.#refuse(socket, ...(cut ?? (['handshake', `the handshake failed: ${error.message}`] as const)));
    });
  }

  /**
   * @returns where it listens
   * @throws EvenkeelError `EK_PORT_IN_USE`
   */
  async listen({ host, port }: ListenAddress): Promise<ListenAddress> {
    const blockList = this.#options.shares;
    const server = createNetServer({ blockList }, (socket) => this.#take(socket));
    try {
      this.#listening = await listenOnQueues(server, { host, port }, blockList);
    } catch (cause) {
      throw listenError(cause, { host, port }, '--tls-listen');
    }
    // A connection that the system could not hand over; the next one may work.
    server.on('error', () => {});
    return { host, port: this.#listening.port };
  }

  /** For connections from now on; those that are open stay as they are. */
  renew(material: TlsMaterial): void {
    this.#server.setSecureContext(contextOf(material));
  }

  /** Takes no more connections, and cuts those whose handshake has not begun. Those that were handed over are their owner's. */
  close(): void {
    void this.#listening?.close();
    for (const socket of this.#waiting) socket.destroy();
  }

  #take(socket: Socket): void {
    // To have asked for it once makes the socket keep its peer's address beyond its end.
    void socket.remoteAddress;
    this.#waiting.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#waiting.delete(socket)) this.#refuse(socket, ...(this.#cut.get(socket) ?? silent));
    });
    this.#charge(socket);
    this.#turns.add(socket);
  }

  #charge(socket: Socket): void {
    const { memory } = this.#options;
    const late = setTimeout(() => {
      this.#cut.set(socket, timedOut);
      socket.destroy();
    }, this.#options.handshakeTimeoutMs ?? handshakeTimeoutMs).unref();
    const account = memory.open(
      {
        isIdle: () => true,
        evict: () => {
          this.#cut.set(socket, crowdedOut);
          socket.destroy();
        },
      },
      handshakeBytes,
    );
    this.#handshakes.take(socket, () => {
      clearTimeout(late);
      account.close();
    });
  }

  #admit(socket: TLSSocket): void {
    const problem = this.#problemOf(socket);
    if (problem === undefined) this.#options.accepted(socket);
    else this.#refuse(socket, ...problem);
  }

  #problemOf(socket: TLSSocket): [TlsRefusalReason, string] | undefined {
    if (this.#options.material.ca !== undefined) {
      // Node reports a certificate that was not shown as one whose issuer is unknown.
      if (socket.getPeerX509Certificate() === undefined) {
        return ['missing_certificate', 'the client showed no certificate'];
      }
      if (!socket.authorized) {
        const code = String(socket.authorizationError);
        return [reasons[code] ?? 'invalid_certificate', `its certificate was not accepted: ${code}`];
      }
      const why = this.#options.authorize(socket);
      if (why !== undefined) return ['not_allowed', why];
    }
    return socket.alpnProtocol === 'h2' ? undefined : ['no_http2', 'it did not ask for HTTP/2 (ALPN h2)'];
  }

  #refuse(socket: Socket, reason: TlsRefusalReason, message: string): void {
    const peer = peerOf(socket);
    socket.on('error', () => {});
    socket.destroy();
    this.#options.refused({ reason, message, peer });
  }
}

/** A socket whose handshake failed knows its peer no longer, but the one that it was made of does. */
function peerOf(socket: Socket): string {
  const { remoteAddress = 'unknown', remotePort = 0 } =
    socket.remoteAddress === undefined ? (parentOf(socket) ?? {}) : socket;
  return formatAddress(remoteAddress, remotePort);
}

/** The socket below the one with TLS. */
function parentOf(socket: Socket & { readonly _parent?: Socket }): Socket | undefined {
  return socket._parent;
}

function contextOf({ cert, key, ca }: TlsMaterial): SecureContextOptions {
  return {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.2',
    // RFC 9113 forbids the older suites of TLS 1.2 with HTTP/2; those of 1.3 are all good.
    ciphers:
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:' +
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
      'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
    // A session that is resumed skips the check of the certificate, against authorities that may have changed since.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
