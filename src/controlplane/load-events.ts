import { KeyedChanges } from '../feed/keyed-changes.ts';
import { type LoadView, portKey } from '../load/load-view.ts';
import type { LiveStream } from './live-streams.ts';

/**
 * Sends what changes in a {@link LoadView}. Each event is a view with the Services alone that differ from the event before;
 * the first has all, and `gone` names those that are no longer there. Whoever reads too slowly is left out until it has read.
 *
 * @returns what ends it
 */
export function sendLoadEvents(
  stream: LiveStream,
  first: LoadView,
  observe: (observer: (view: LoadView) => void) => () => void,
): () => void {
  const changes = new KeyedChanges(portKey);
  const send = (view: LoadView): void =>
    stream.send('load', () => {
      const { changed, gone } = changes.next(view.services);
      return { ...view, services: changed, gone };
    });
  send(first);
  return observe(send);
}
