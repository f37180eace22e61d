import { useEffect, useState } from 'preact/hooks';
import type { FeedEvent } from '../feed/rows.ts';
import type { Route } from './model/route.ts';
import { emptyStore, type RowStore, withEvent } from './model/row-store.ts';

/** `lost`: nothing comes, what is shown is old. `full`: too many pages are open. */
export type Connection = 'connecting' | 'live' | 'lost' | 'full';

export interface FeedState {
  readonly connection: Connection;
  readonly store: RowStore;
}

/** The control plane sends twice a second. */
const silentMs = 5_000;
const retryMs = 3_000;

/** The rows of a topic, live, from one stream of events that is open as long as the topic is shown. */
export function useFeed({ topic, port }: Route): FeedState {
  const [state, setState] = useState<FeedState>({ connection: 'connecting', store: emptyStore });
  useEffect(() => {
    setState({ connection: 'connecting', store: emptyStore });
    return follow(`events?${new URLSearchParams({ topic, port })}`, setState);
  }, [topic, port]);
  return state;
}

function follow(url: string, set: (change: (before: FeedState) => FeedState) => void): () => void {
  let source: EventSource;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const say = (connection: Connection): void => set((before) => ({ ...before, connection }));
  const connect = (): void => {
    let isFirst = true;
    source = new EventSource(url);
    source.addEventListener('open', () => {
      isFirst = true;
    });
    source.addEventListener('rows', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as FeedEvent;
      const first = isFirst;
      isFirst = false;
      set(({ store }) => ({ connection: 'live', store: withEvent(store, event, first) }));
      clearTimeout(silence);
      silence = setTimeout(() => say('lost'), silentMs);
    });
    source.addEventListener('error', () => {
      say('lost');
      // The browser itself connects again where the connection broke, and gives up where it was refused.
      if (source.readyState !== EventSource.CLOSED) return;
      void whyRefused(url).then(say);
      retry = setTimeout(connect, retryMs);
    });
  };
  connect();
  return () => {
    source.close();
    clearTimeout(silence);
    clearTimeout(retry);
  };
}

async function whyRefused(url: string): Promise<Connection> {
  const ended = new AbortController();
  const answer = await fetch(url, { signal: ended.signal }).catch(() => undefined);
  ended.abort();
  return answer?.status === 503 ? 'full' : 'lost';
}
