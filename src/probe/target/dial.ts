import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { formatAddress } from '../../base/listen-address.ts';
import { reasonOf } from './connect-reason.ts';

/** Where a server listens: at a port, or at a Unix socket (`\0NAME`: an abstract one). */
export type DialAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** `HOST:PORT`, or the path; an abstract socket as `@NAME`, as `ss` writes it. */
export function nameOfAddress(address: DialAddress): string {
  return 'path' in address ? address.path.replace(/^\0/, '@') : formatAddress(address.host, address.port);
}

/** Why there is no connection. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';
  /** Trying again at once would come to the same. */
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean, cause?: unknown) {
    super(message, { cause });
    this.isFinal = isFinal;
  }
}

/** TLS as a client: what to trust and to show, and whose certificate is expected. */
export interface ClientTls {
  readonly context: SecureContext;
  /** A host name or an IP address. */
  readonly serverName: string;
}

/** How long it may take, and what ends it early. */
export interface DialLimits {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a socket, with TLS where that is wanted; nothing of HTTP/2 was sent on it.
 *
 * @throws ConnectFailure
 */
export type Dial = (address: DialAddress, limits: DialLimits) => Promise<Socket>;

export function dialWith(tls: ClientTls | undefined): Dial {
  return async (address, limits) => {
    const socket = await settled(connect(address), 'connect', limits, `no connection within ${limits.withinMs} ms`);
    if (tls === undefined) return socket;
    const late = `no TLS handshake within ${limits.withinMs} ms`;
    return settled(secure(socket, tls), 'secureConnect', limits, late);
  };
}

/**
 * Puts TLS on a socket. An IP address is looked for among the certificate's IP addresses and not sent as a name, which TLS
 * does not allow (RFC 6066, 3; RFC 9525, 6.5), and neither is the dot at the end of a name.
 */
export function secure(socket: Socket, { context, serverName }: ClientTls): TLSSocket {
  const name = serverName.replace(/\.$/, '');
  return connectTls({
    socket,
    secureContext: context,
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ALPNProtocols: ['h2'],
  });
}

/** Waits for an event of a socket, for its error, or for the end of the time. */
function settled<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { withinMs, signal }: DialLimits,
  late: string,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('error', failed);
      socket.off('close', closed);
    };
    const refuse = (failure: ConnectFailure): void => {
      settle();
      // What comes after that is of no interest.
      socket.on('error', () => {});
      socket.destroy();
      reject(failure);
    };
    const failed = (error: Error): void => {
      const timedOut = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
      refuse(new ConnectFailure(reasonOf(error), !timedOut, error));
    };
    const closed = (): void =>
      refuse(new ConnectFailure('the server closed the connection during the TLS handshake', true));
    const abort = (): void => refuse(new ConnectFailure('it was ended early', true));
    const timer = setTimeout(() => refuse(new ConnectFailure(late, false)), withinMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', failed);
    socket.once('close', closed);
    socket.once(event, () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) abort();
  });
}
