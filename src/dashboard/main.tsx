import './app.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Topic } from '../feed/rows.ts';
import { count } from './model/figures.ts';
import { hashOf, type Route, routeOf } from './model/route.ts';
import { headOf } from './model/row-store.ts';
import { Page } from './pages/page.tsx';
import { Status } from './parts/status.tsx';
import { useFeed } from './use-feed.ts';

const tabs: readonly (readonly [topic: Topic, title: string])[] = [
  ['services', 'Services'],
  ['map', 'Map'],
  ['clients', 'Clients'],
  ['control', 'Control plane'],
];

function App() {
  const route = useRoute();
  const { connection, store } = useFeed(route);
  useKeys();
  const problems = headOf(store)?.degraded.length ?? 0;
  const current = route.topic === 'service' ? 'services' : route.topic;
  useEffect(() => {
    document.title = `${route.port || tabs.find(([topic]) => topic === current)?.[1]} – evenkeel`;
  }, [route.port, current]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header>
        <a class="brand" href={hashOf({ topic: 'services', port: '' })}>
          evenkeel
        </a>
        <nav aria-label="Pages">
          {tabs.map(([topic, title]) => (
            <a key={topic} href={hashOf({ topic, port: '' })} aria-current={topic === current ? 'page' : undefined}>
              {title}
              {topic === 'control' && problems > 0 && <span class="problems">{count(problems, 'problem')}</span>}
            </a>
          ))}
        </nav>
        <Status connection={connection} head={headOf(store)} asOf={store.asOf} />
      </header>
      <main id="main" tabIndex={-1} class={connection === 'live' || connection === 'connecting' ? undefined : 'stale'}>
        <Page key={`${route.topic} ${route.port}`} route={route} store={store} />
      </main>
    </>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = (): void => {
      setRoute(routeOf(location.hash));
      scrollTo(0, 0);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** `/` leads to the filter, Escape out of it, and 1 to 4 to the pages. */
function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const inField = event.target instanceof HTMLInputElement;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (inField && event.key === 'Escape') event.target.blur();
      if (inField) return;
      const tab = tabs[Number(event.key) - 1];
      if (event.key === '/') {
        event.preventDefault();
        document.querySelector<HTMLInputElement>('input.filter')?.focus();
      } else if (tab !== undefined) location.hash = hashOf({ topic: tab[0], port: '' });
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

render(<App />, document.getElementById('app')!);
