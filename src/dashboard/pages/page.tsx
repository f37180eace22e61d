import type { Route } from '../model/route.ts';
import type { RowStore } from '../model/row-store.ts';
import { ServicesPage } from './services.tsx';

/** The page that a route leads to. */
export function Page({ store }: { route: Route; store: RowStore }) {
  return <ServicesPage store={store} />;
}
