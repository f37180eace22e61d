import type { Clock } from '../../base/clock.ts';
import type { ApiReader } from './api-client.ts';
import { badAnswer, ExpiredError, errorOfStatus, retryAfterOf } from './api-errors.ts';
import { type Collection, type KubeObject, pathOf, targetOf } from './collection.ts';
import { JsonLines } from './json-lines.ts';

/** etcd takes objects of 1.5 MB, which JSON can make longer. */
const maxLineBytes = 16 * 1024 * 1024;

export interface WatchObserver<Item> {
  /** The server has accepted the watch. */
  opened(): void;
  /** The object is new or different. */
  changed(item: Item): void;
  deleted(item: Item): void;
  /** Everything up to here was seen; a watch can begin again from it. */
  reached(resourceVersion: string): void;
  /** What came together was told. */
  settled(): void;
}

export interface WatchTimes {
  /** The server is asked to end the watch after this many seconds. */
  readonly timeoutSeconds: number;
  /** A watch without one byte for so many milliseconds is ended, and begun again from where it was. */
  readonly idleMs: number;
}

/**
 * Follows a collection from `resourceVersion`; resolves when the watch has ended, for whatever reason that is no
 * mistake: the server's time-out, a broken connection, silence.
 *
 * @returns whether the server was silent
 * @throws EvenkeelError `EK_KUBE_…`, ExpiredError where the server no longer knows that version, or the signal's reason
 */
export async function watch<Item extends KubeObject>(
  client: ApiReader,
  clock: Clock,
  collection: Collection<Item>,
  resourceVersion: string,
  { timeoutSeconds, idleMs }: WatchTimes,
  observer: WatchObserver<Item>,
  signal: AbortSignal,
): Promise<'ended' | 'silent'> {
  const target = targetOf('watch', collection);
  const path = pathOf(collection, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  });
  const response = await client.stream(path, target, signal);
  observer.opened();
  const lines = new JsonLines(maxLineBytes);
  let reached = resourceVersion;
  let how: 'ended' | 'silent' = 'ended';
  let cancel = () => {};
  const watchdog = (): void => {
    cancel();
    cancel = clock.after(idleMs, () => {
      how = 'silent';
      response.destroy();
    });
  };
  watchdog();
  try {
    for await (const chunk of ended(response)) {
      watchdog();
      try {
        for (const event of lines.push(chunk)) apply(event);
      } catch (error) {
        if (error instanceof SyntaxError || error instanceof RangeError) {
          throw badAnswer(target, error.message, { cause: error });
        }
        throw error;
      } finally {
        observer.settled();
      }
    }
  } finally {
    cancel();
    response.destroy();
  }
  signal.throwIfAborted();
  return how;

  function apply(event: unknown): void {
    const { type, object } = (event ?? {}) as { type?: unknown; object?: unknown };
    if (type === 'ERROR') {
      const { code, message, details } = (object ?? {}) as RawStatus;
      const seconds = String(details?.retryAfterSeconds ?? '');
      const said = typeof message === 'string' ? message : '';
      throw errorOfStatus(Number(code) || 500, said, target, retryAfterOf(seconds));
    }
    const version = versionOf(object);
    if (version === undefined) throw badAnswer(target, 'an event without a version');
    if (type !== 'BOOKMARK') {
      const item = collection.read(object);
      if (item === undefined) throw badAnswer(target, 'an event about an object without a name');
      if (type === 'ADDED' || type === 'MODIFIED') observer.changed(item);
      else if (type === 'DELETED') observer.deleted(item);
      else throw badAnswer(target, `an event of the unknown type ${JSON.stringify(type)}`);
    }
    if (isBefore(version, reached)) throw new ExpiredError(`version ${version} comes after ${reached}`);
    reached = version;
    observer.reached(version);
  }
}

/** What is read of a `Status`. */
interface RawStatus {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown } | null;
}

/** A stream whose end is its end, however it came about. */
async function* ended(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

/**
 * Whether the server is in a time before the one that was seen. It would tell nothing of what happens until it has caught up
 * (watches skip what is older than what they were begun with), so this is as good as 410.
 */
export function isBefore(version: string, reached: string): boolean {
  return /^\d+$/.test(version) && /^\d+$/.test(reached) && BigInt(version) < BigInt(reached);
}

function versionOf(object: unknown): string | undefined {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null | undefined)?.metadata
    ?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
}
