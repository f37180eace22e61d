import { renameSync, writeFileSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type EndpointView, endpointFile } from './endpoints.ts';

export interface EndpointBoardOptions {
  /** The endpoint file. */
  readonly file: string;
  /** From a change to its publication, for file, DNS and proxy alike. */
  readonly delayMs: number;
  /** The state as it is now. */
  readonly snapshot: () => EndpointView;
  readonly published: (view: EndpointView) => void;
  readonly log: Logger;
}

/**
 * Publishes who is behind which Service: changes of one tick together, each state once.
 *
 * Until something is published, the rest of the lab goes on seeing what was published before, as in a cluster.
 */
export class EndpointBoard {
  readonly #options: EndpointBoardOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #view: EndpointView = new Map();
  #text = '';
  #touched = false;
  #closed = false;

  constructor(options: EndpointBoardOptions) {
    this.#options = options;
    this.#publish(options.snapshot());
  }

  /** What is published. */
  get view(): EndpointView {
    return this.#view;
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#touched || this.#closed) return;
    this.#touched = true;
    queueMicrotask(() => {
      this.#touched = false;
      if (this.#closed) return;
      const view = this.#options.snapshot();
      if (this.#options.delayMs === 0) return this.#publish(view);
      // The state of now, later: a delay moves every change, it does not swallow the short-lived ones.
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#publish(view);
      }, this.#options.delayMs);
      this.#timers.add(timer);
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #publish(view: EndpointView): void {
    const text = endpointFile(view);
    if (text === this.#text) return;
    // Readers must never see half a file, and a rename is the one thing that happens at once.
    const temporary = `${this.#options.file}.new`;
    this.#view = view;
    try {
      writeFileSync(temporary, text);
      renameSync(temporary, this.#options.file);
      this.#text = text;
    } catch (error) {
      // A full disk is no reason to end a cluster; the next change tries again.
      this.#options.log.error({ error: messageOf(error) }, 'the endpoint file cannot be written');
    }
    this.#options.published(view);
  }
}
