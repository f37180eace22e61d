import { stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../../base/clock.ts';
import { readDocument } from '../../base/document.ts';
import { EvenkeelError, formatError, toEvenkeelError } from '../../base/errors.ts';
import type { Service } from '../../model/service.ts';
import { ToldServices } from '../changes.ts';
import type { Discovery, DiscoveryObserver } from '../discovery.ts';
import { endpointsSchema } from './endpoints-schema.ts';
import { PathWatcher } from './path-watcher.ts';
import { servicesOf } from './services.ts';

/** Events of one rename come together, and a file that is made anew is written to at once: this shows which it was. */
const renameQuietMs = 2;
/** A file that is written in place is whole once nobody has written for this long … */
const writeQuietMs = 50;
/** … but someone who never stops writing does not put it off for ever. */
const maxQuietMs = 1_000;
/** A file that is missing or broken for less than this is being replaced, which is no failure. */
const brokenGraceMs = 100;
/** Where the system tells nothing (some network file systems) the file is looked at this often. */
const pollMs = 5_000;
/** The same, where folders cannot be watched (the system's limit of watches). */
const unwatchedPollMs = 1_000;

export interface FileDiscoveryOptions {
  /** Path of the endpoint file, YAML or JSON; links are followed and watched. */
  readonly path: string;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Reads the file. Default: as a document of {@link endpointsSchema}. */
  readonly read?: ((path: string) => Promise<Service[]>) | undefined;
}

/** What a file was like before it was read, and what was read. */
interface EarlyRead {
  readonly fingerprint: string;
  readonly services: readonly Service[] | EvenkeelError;
}

/** Services from one watched endpoint file (see ../README.md for what counts as a change, a removal, a failure). */
export class FileDiscovery implements Discovery {
  readonly kind = 'file';
  readonly #path: string;
  readonly #clock: Clock;
  readonly #readFile: (path: string) => Promise<Service[]>;
  readonly #watcher: PathWatcher;
  #observer: DiscoveryObserver | undefined;
  #told: ToldServices | undefined;
  #cancelCheck: (() => void) | undefined;
  #cancelPoll: (() => void) | undefined;
  /** Since when changes are waiting to be read, and whether one of them was a write in place. */
  #pending: { since: number; inPlace: boolean } | undefined;
  /** A read that began while events were still collected: it counts if the file is still the same then. */
  #early: Promise<EarlyRead> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #seen = '';
  #brokenSince: number | undefined;
  #reported = '';
  /** When the file was last found to be as it was told, or was read. */
  #heardAtMs: number | undefined;

  constructor({ path, clock = systemClock, read = readServices }: FileDiscoveryOptions) {
    this.#path = path;
    this.#clock = clock;
    this.#readFile = read;
    this.#watcher = new PathWatcher(path, (inPlace) => this.#hint(inPlace));
  }

  /** @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`, `EK_CONFIG_INVALID`, `EK_DUPLICATE_SERVICE` or `_ENDPOINT` */
  async start(observer: DiscoveryObserver): Promise<void> {
    this.#observer = observer;
    this.#told = new ToldServices(observer);
    // Watching comes first: a change between reading and watching would stay unseen.
    const watched = await this.#watcher.arm();
    let services: Service[];
    try {
      this.#seen = await this.#fingerprint();
      services = await this.#readFile(this.#path);
    } catch (error) {
      await this.stop();
      throw error;
    }
    // It may have been stopped meanwhile.
    if (this.#observer === undefined) return;
    this.#heardAtMs = this.#clock.now();
    this.#told.replaceAll(services);
    this.#observer.synced();
    this.#poll(watched ? pollMs : unwatchedPollMs);
  }

  lastWordAgeMs(): number | undefined {
    return this.#heardAtMs === undefined ? undefined : this.#clock.now() - this.#heardAtMs;
  }

  async stop(): Promise<void> {
    this.#observer = undefined;
    this.#watcher.close();
    this.#cancelCheck?.();
    this.#cancelPoll?.();
    await Promise.all([this.#reading, this.#early]);
  }

  #hint(inPlace: boolean): void {
    if (this.#observer === undefined) return;
    const now = this.#clock.now();
    this.#pending = { since: this.#pending?.since ?? now, inPlace: inPlace || this.#pending?.inPlace === true };
    if (!this.#pending.inPlace) this.#early ??= this.#beginEarly();
    const quietMs = this.#pending.inPlace ? writeQuietMs : renameQuietMs;
    this.#checkAfter(Math.min(quietMs, Math.max(0, this.#pending.since + maxQuietMs - now)));
  }

  #checkAfter(delayMs: number): void {
    this.#cancelCheck?.();
    this.#cancelCheck = this.#clock.after(delayMs, () => this.#checkNow());
  }

  #checkNow(): void {
    this.#cancelCheck?.();
    this.#reading = this.#reading.then(() => this.#check());
  }

  #poll(intervalMs: number): void {
    this.#cancelPoll = this.#clock.after(intervalMs, async () => {
      const watched = await this.#watcher.arm();
      // How it was changed is unknown here, so it may be half written.
      if ((await this.#fingerprint()) !== this.#seen) this.#hint(true);
      else if (this.#brokenSince === undefined) this.#heardAtMs = this.#clock.now();
      if (this.#observer !== undefined) this.#poll(watched ? pollMs : unwatchedPollMs);
    });
  }

  /** What clients wait for comes first: to watch a long path anew takes as long as everything else. */
  async #check(): Promise<void> {
    this.#pending = undefined;
    await this.#read();
    await this.#watcher.arm();
    // Where a link leads elsewhere, nobody was watching there until now.
    const isOther = (await this.#fingerprint()) !== this.#seen;
    if (isOther && this.#pending === undefined) this.#hint(true);
  }

  async #read(): Promise<void> {
    const early = await this.#early;
    this.#early = undefined;
    const fingerprint = await this.#fingerprint();
    if (this.#observer === undefined || (fingerprint === this.#seen && this.#brokenSince === undefined)) return;
    const isStill = early?.fingerprint === fingerprint;
    const services = isStill ? early.services : await this.#readOnce();
    if (services instanceof EvenkeelError) {
      this.#seen = fingerprint;
      this.#broken(services);
      return;
    }
    if (this.#observer === undefined) return;
    if (!isStill && (await this.#fingerprint()) !== fingerprint) {
      // It changed under the reader: what was read may be the first half of it.
      this.#hint(true);
      return;
    }
    if (this.#observer === undefined) return;
    this.#seen = fingerprint;
    this.#brokenSince = undefined;
    this.#heardAtMs = this.#clock.now();
    this.#told?.replaceAll(services);
    if (this.#reported === '') return;
    this.#reported = '';
    this.#observer.degraded(undefined);
  }

  #beginEarly(): Promise<EarlyRead> {
    const early = this.#readEarly();
    // Half of a JSON file is no JSON: what could be read is all of it, and nothing more has to be waited for.
    if (/\.json$/i.test(this.#path)) {
      void early.then(({ services }) => {
        const isWanted = this.#observer !== undefined && this.#pending?.inPlace === false;
        if (isWanted && !(services instanceof EvenkeelError)) this.#checkNow();
      });
    }
    return early;
  }

  async #readEarly(): Promise<EarlyRead> {
    const fingerprint = await this.#fingerprint();
    return { fingerprint, services: await this.#readOnce() };
  }

  async #readOnce(): Promise<readonly Service[] | EvenkeelError> {
    try {
      return await this.#readFile(this.#path);
    } catch (error) {
      return toEvenkeelError(error);
    }
  }

  #broken(error: EvenkeelError): void {
    const now = this.#clock.now();
    this.#brokenSince ??= now;
    const graceMs = this.#brokenSince + brokenGraceMs - now;
    if (graceMs > 0) {
      if (this.#pending === undefined) this.#checkAfter(graceMs);
      return;
    }
    const text = formatError(error);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#observer?.degraded(error);
  }

  /** Differs whenever the path leads to another file or to another content. */
  async #fingerprint(): Promise<string> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(':');
    } catch (cause) {
      return (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    }
  }
}

async function readServices(path: string): Promise<Service[]> {
  // A pipe would be waited for, and a device read, for ever.
  const info = await stat(path).catch(() => undefined);
  if (info !== undefined && !info.isFile()) {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${path}: it is no regular file`, { file: path });
  }
  return servicesOf(await readDocument(path, endpointsSchema));
}
