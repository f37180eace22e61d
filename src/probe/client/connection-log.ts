import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { formatAddress } from '../../base/listen-address.ts';
import { timeStamp } from '../../base/time-stamp.ts';

interface Connection {
  readonly peer: string;
  readonly openedAt: number;
  closedAt: number | undefined;
}

/**
 * Notes every TCP connection that this process opens, whichever library does.
 *
 * Node publishes each new client socket on a diagnostics channel; unlike channelz this also sees connections that came
 * and went between two looks.
 */
export class ConnectionLog {
  #connections: Connection[] = [];

  readonly #onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => {
      if (socket.remoteAddress === undefined || socket.remotePort === undefined) return;
      const peer = formatAddress(socket.remoteAddress, socket.remotePort);
      const connection: Connection = { peer, openedAt: timeStamp(), closedAt: undefined };
      this.#connections.push(connection);
      socket.once('close', () => {
        connection.closedAt = timeStamp();
      });
    });
  };

  start(): void {
    diagnostics.subscribe('net.client.socket', this.#onSocket);
  }

  stop(): void {
    diagnostics.unsubscribe('net.client.socket', this.#onSocket);
  }

  /** Forgets what was closed before now, so that memory is bounded by one run. */
  forgetClosed(): void {
    this.#connections = this.#connections.filter(({ closedAt }) => closedAt === undefined);
  }

  /** Connections to any of `peers` that were open at some time in the span. */
  count(peers: ReadonlySet<string>, fromMs: number, toMs: number): number {
    return this.#connections.filter(
      ({ peer, openedAt, closedAt }) =>
        peers.has(peer) && openedAt <= toMs && (closedAt === undefined || closedAt >= fromMs),
    ).length;
  }

  /** All connections, and when they were opened. */
  all(): { readonly peer: string; readonly openedAt: number }[] {
    return this.#connections.map(({ peer, openedAt }) => ({ peer, openedAt }));
  }

  /** When connections to any of `peers` were opened in the span. */
  opened(peers: ReadonlySet<string>, fromMs: number, toMs: number): number[] {
    return this.#connections
      .filter(({ peer, openedAt }) => peers.has(peer) && openedAt >= fromMs && openedAt <= toMs)
      .map(({ openedAt }) => openedAt);
  }
}
