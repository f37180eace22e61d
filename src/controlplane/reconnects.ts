import type { AdsServer } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Metrics } from './metrics.ts';
import { ReplicaWatch } from './replica-watch.ts';
import { Standstill } from './standstill.ts';

export interface ReconnectSettings {
  /** A DNS name with the addresses of all replicas; default: none, so that a new replica is not noticed. */
  readonly name?: string | undefined;
  /** Clients that are asked in a second, at most, since a replica came. */
  readonly perSecond: number;
}

interface ReconnectOptions {
  readonly server: Pick<AdsServer, 'reconnect' | 'open'>;
  readonly replicas: ReconnectSettings | undefined;
  /** Default: {@link Standstill}'s. */
  readonly standstillMs?: number | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
}

/** A Service's address leads to a new replica only when every node has heard of it. */
const settleMs = 5_000;
/**
 * No connection is asked that is younger. A client waits up to 2 minutes and a fifth between two streams (gRPC's connection
 * backoff); one whose stream lived longer does not wait at all. grpc-js-xds 1.14.1 never forgets earlier failures: its clients
 * would be without a control plane for so long when two replicas come one after the other.
 */
const youngestMs = 150_000;
/** A few clients are not asked all in one moment either. */
const shortestMs = 10_000;

/**
 * Asks clients to reconnect where they would be better off elsewhere.
 *
 * A new replica has no clients, and a stream lives as long as its connection. So every replica asks its own to connect anew,
 * once and one by one: each goes to any of the replicas by chance, and nobody needs to know how many the others have.
 *
 * A replica that stood still may be behind, and its clients were not told of anything meanwhile: it asks them all at once.
 */
export class Reconnects {
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #standstill: Standstill;
  readonly #watch: ReplicaWatch | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: ReconnectOptions) {
    this.#options = options;
    const { clock = systemClock, replicas, standstillMs, resolve } = options;
    this.#clock = clock;
    this.#standstill = new Standstill({ clock, toleranceMs: standstillMs, happened: (ms) => this.#stoodStill(ms) });
    if (replicas?.name === undefined) return;
    this.#watch = new ReplicaWatch({
      name: replicas.name,
      clock,
      resolve,
      came: (addresses) => this.#came(addresses, replicas.perSecond),
    });
  }

  start(): void {
    this.#standstill.start();
    void this.#watch?.start();
  }

  stop(): void {
    this.#standstill.stop();
    this.#watch?.stop();
    this.#cancel?.();
  }

  /** Addresses of all replicas; none where no name was given. */
  get replicas(): readonly string[] {
    return this.#watch?.addresses ?? [];
  }

  #stoodStill(ms: number): void {
    const asked = this.#options.server.reconnect(0);
    this.#options.metrics.count('evenkeel_xds_reconnects_total', { reason: 'standstill' }, asked);
    this.#options.log.warn(
      { stoodStillMs: Math.round(ms), clients: asked },
      'the process stood still; clients reconnect',
    );
  }

  #came(addresses: readonly string[], perSecond: number): void {
    // Replicas that come and go must not put it off for good.
    if (this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(settleMs, () => {
      this.#cancel = undefined;
      const { server, metrics, log } = this.#options;
      const withinMs = Math.max(shortestMs, (server.open.sessions * 1_000) / perSecond);
      const asked = server.reconnect(withinMs, youngestMs);
      metrics.count('evenkeel_xds_reconnects_total', { reason: 'replica' }, asked);
      log.info({ replicas: addresses, clients: asked, withinMs }, 'replicas came; clients reconnect');
    });
  }
}
