import { type Clock, systemClock } from '../base/clock.ts';
import type { LoadView } from '../load/load-view.ts';
import { edgeRows } from './edge-rows.ts';
import type { FeedSource } from './feed-source.ts';
import { KeyedChanges } from './keyed-changes.ts';
import type { FeedEvent, HeadRow, Row, Topic } from './rows.ts';
import { oneServiceRows, serviceRows } from './service-rows.ts';

/** So that a change is on the screen within a second. */
const tickMs = 500;
/** Rows that a page gets; it says how many there are. */
const mostRows = 20_000;

export interface FeedOptions {
  readonly source: FeedSource;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970. Default: those of the system. */
  readonly wallClock?: (() => number) | undefined;
}

interface Viewer {
  readonly topic: Topic;
  /** Key of a Service port, for the topic `service`. */
  readonly port: string;
  readonly changes: KeyedChanges<Row>;
  /** See {@link Feed.open}. */
  readonly send: (event: () => FeedEvent) => void;
}

/** What the pages that are open are shown, twice a second; it does nothing while there is none. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #viewers = new Set<Viewer>();
  #cancel: (() => void) | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wallClock = options.wallClock ?? Date.now;
  }

  /**
   * Shows a topic until it is ended: all rows at once, then those that change.
   *
   * @param send - calls what it is given, unless the viewer does not read; what has changed is then in a later event
   * @returns what ends it
   */
  open(topic: Topic, port: string, send: (event: () => FeedEvent) => void): () => void {
    const viewer: Viewer = { topic, port, send, changes: new KeyedChanges(({ key }) => key) };
    this.#viewers.add(viewer);
    this.#cancel ??= this.#clock.after(tickMs, () => this.#tick());
    this.#show(viewer, new Map(), this.#options.source.load());
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  }

  #tick(): void {
    this.#cancel = this.#clock.after(tickMs, () => this.#tick());
    const load = this.#options.source.load();
    const made = new Map<string, readonly Row[]>();
    for (const viewer of this.#viewers) this.#show(viewer, made, load);
  }

  /** @param made - rows of this tick, of which several pages may be open */
  #show(viewer: Viewer, made: Map<string, readonly Row[]>, load: LoadView | undefined): void {
    viewer.send(() => {
      const key = `${viewer.topic} ${viewer.port}`;
      const rows = made.get(key) ?? this.#rows(viewer, load);
      made.set(key, rows);
      const { changed, gone } = viewer.changes.next(rows);
      return { asOf: new Date(this.#wallClock()).toISOString(), rows: changed, gone };
    });
  }

  #rows({ topic, port }: Viewer, load: LoadView | undefined): readonly Row[] {
    const rows = this.#topicRows(topic, port, load);
    return [this.#head(rows.length, load), ...rows.slice(0, mostRows)];
  }

  #topicRows(topic: Topic, port: string, load: LoadView | undefined): readonly Row[] {
    const { source } = this.#options;
    switch (topic) {
      case 'services':
        return serviceRows(source, load);
      case 'service':
        return oneServiceRows(source, load, port);
      case 'map':
        return edgeRows(load);
      case 'clients':
        return [...source.clients()];
      default:
        return source.control();
    }
  }

  #head(rows: number, load: LoadView | undefined): HeadRow {
    const { source } = this.#options;
    const { ready, degraded } = source.readiness();
    return {
      ...{ key: 'head', kind: 'head', version: source.version, ready, degraded, rows },
      reports: load !== undefined,
      reporting: load?.streams ?? 0,
      windowMs: load?.windowMs ?? 0,
      clients: source.streams(),
    };
  }
}
