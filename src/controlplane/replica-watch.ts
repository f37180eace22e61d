import { lookup } from 'node:dns/promises';
import { type Clock, systemClock } from '../base/clock.ts';

export interface ReplicaWatchOptions {
  /** A DNS name with the addresses of all replicas that are ready, such as a headless Service's. */
  readonly name: string;
  /** Replicas came that were not there at the last look. */
  readonly came: (addresses: readonly string[]) => void;
  /** Default 5,000. */
  readonly intervalMs?: number | undefined;
  /** Addresses of a name; default: what the system's resolver says. Rejects where there is no answer. */
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Notices that there are more replicas than before. An answer that names none, or none at all, is not believed: the replica
 * that asks is one. What was there before that counts as it was.
 */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #clock: Clock;
  #known: ReadonlySet<string> | undefined;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Addresses of the replicas, as far as it has seen. */
  get addresses(): readonly string[] {
    return [...(this.#known ?? [])];
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(this.#options.intervalMs ?? 5_000, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { name, resolve = resolveByLookup, came } = this.#options;
    const addresses = new Set(await resolve(name).catch(() => []));
    if (this.#stopped || addresses.size === 0) return;
    const known = this.#known ?? addresses;
    this.#known = addresses;
    const newer = [...addresses.difference(known)];
    if (newer.length > 0) came(newer);
  }
}

async function resolveByLookup(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}
