import type { EvenkeelError } from '../base/errors.ts';
import type { Service, ServiceId } from '../model/service.ts';

/**
 * What a source of Services tells. Calls are synchronous and must not throw.
 *
 * The distinction that everything rests on: `remove` is called only when a Service is known to be gone. A Service
 * without endpoints is an `upsert` with empty lists, and a source that fails calls `degraded` and nothing else: the
 * last good state goes on being served (A53: deletion fails calls, a flap must never become one).
 */
export interface DiscoveryObserver {
  /** A Service appeared or changed; the whole Service, not a difference. */
  upsert(service: Service): void;
  /** A Service was deleted, for certain. */
  remove(service: ServiceId): void;
  /** Everything that exists was told at least once; called once in a source's life. */
  synced(): void;
  /** The source cannot see clearly now (an error) or can again (undefined). */
  degraded(error: EvenkeelError | undefined): void;
  /** It begins to read something, for the first time or again; for operators to count. */
  reading?(what: Reading): void;
}

/** A request that a source begins. */
export interface Reading {
  /** What is read, for example `services`. */
  readonly resource: string;
  readonly verb: 'list' | 'watch';
  /** A word that says why. */
  readonly reason: string;
}

/** A part that a source should tell of and may not see. */
export interface Unserved {
  readonly namespace: string;
  readonly error: EvenkeelError;
}

/** A source of Services: dns, kubernetes or file. */
export interface Discovery {
  readonly kind: 'dns' | 'kubernetes' | 'file';
  /**
   * Begins to observe; resolves once watching, not once synced.
   *
   * @throws EvenkeelError where the first state is bad input (there is no last good state to serve).
   */
  start(observer: DiscoveryObserver): Promise<void>;
  /** Why it tells nothing of this Service even where that exists, for people; undefined: it would tell of it. */
  excludes?(id: ServiceId): string | undefined;
  /** Why it cannot say yet whether there is this Service, for people; undefined: what it told holds. */
  undecided?(id: ServiceId): string | undefined;
  /** Whether that holds for any Service. */
  hasUndecided?(): boolean;
  /**
   * Milliseconds since the source last said something, a change or not; where it has several parts, that of the one that
   * has been silent longest. Undefined before the first word.
   */
  lastWordAgeMs?(): number | undefined;
  /** What it may not see, while the rest is served; absent or empty: it sees everything that it should. */
  unserved?(): readonly Unserved[];
  /** Ends all watching; no observer call comes after it resolves. */
  stop(): Promise<void>;
}
