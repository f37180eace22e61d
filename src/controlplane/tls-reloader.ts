import { type Clock, systemClock } from '../base/clock.ts';
import { type EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { PathWatcher } from '../discovery/file/path-watcher.ts';
import { readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material.ts';

/** Files that are written one by one are complete once nothing was written for this long. */
const quietMs = 50;
/** Certificate and key that do not fit for less than this are being replaced, which is no failure. */
const brokenGraceMs = 1_000;
/** Where the system tells nothing the files are looked at this often. */
const pollMs = 5_000;

export interface TlsReloaderOptions {
  readonly files: TlsFiles;
  /** Other material is in the files, and it is good. */
  changed(material: TlsMaterial): void;
  /** What is in the files cannot be used, for a second now; the material before stays. Told once for each reason. */
  failed(error: EvenkeelError): void;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Certificate, key and authorities of a server, read anew whenever the files change, links on the way included. */
export class TlsReloader {
  readonly #options: TlsReloaderOptions;
  readonly #clock: Clock;
  readonly #watchers: readonly PathWatcher[];
  #material: TlsMaterial | undefined;
  #problem: EvenkeelError | undefined;
  #brokenSince: number | undefined;
  #cancelCheck: () => void = () => {};
  #cancelPoll: () => void = () => {};
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: TlsReloaderOptions) {
    const { cert, key, ca } = options.files;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#watchers = [cert, key, ...(ca === undefined ? [] : [ca])].map(
      (path) => new PathWatcher(path, () => this.#checkAfter(quietMs)),
    );
  }

  /** Why what is in the files is not in force; undefined where it is. */
  get problem(): EvenkeelError | undefined {
    return this.#problem;
  }

  /**
   * Reads the files and begins to watch them.
   *
   * @throws EvenkeelError as {@link readTlsMaterial}
   */
  async start(): Promise<TlsMaterial> {
    // Watching comes first: a change between reading and watching would stay unseen.
    await this.#arm();
    try {
      this.#material = await this.#read();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#poll();
    return this.#material;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const watcher of this.#watchers) watcher.close();
    this.#cancelCheck();
    this.#cancelPoll();
    await this.#reading;
  }

  #checkAfter(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelCheck();
    this.#cancelCheck = this.#clock.after(delayMs, () => {
      this.#reading = this.#reading.then(() => this.#check());
    });
  }

  #poll(): void {
    if (this.#stopped) return;
    this.#cancelPoll = this.#clock.after(pollMs, () => {
      this.#checkAfter(0);
      this.#poll();
    });
  }

  async #check(): Promise<void> {
    await this.#arm();
    let material: TlsMaterial;
    try {
      material = await this.#read();
    } catch (error) {
      this.#broken(toEvenkeelError(error));
      return;
    }
    if (this.#stopped) return;
    const known = this.#material;
    const isSame = known?.cert === material.cert && known.key === material.key && known.ca === material.ca;
    const recovered = this.#problem !== undefined;
    this.#brokenSince = undefined;
    this.#problem = undefined;
    if (isSame && !recovered) return;
    this.#material = material;
    this.#options.changed(material);
  }

  #broken(error: EvenkeelError): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    this.#brokenSince ??= now;
    const leftMs = this.#brokenSince + brokenGraceMs - now;
    if (leftMs > 0) {
      this.#checkAfter(leftMs);
      return;
    }
    if (this.#problem?.message === error.message) return;
    this.#problem = error;
    this.#options.failed(error);
  }

  #read(): Promise<TlsMaterial> {
    return readTlsMaterial(this.#options.files, this.#options.now?.());
  }

  async #arm(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.arm()));
  }
}
