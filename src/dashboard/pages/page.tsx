import type { Route } from '../model/route.ts';
import { headOf, type RowStore } from '../model/row-store.ts';
import { Empty } from '../parts/list.tsx';
import { ClientsPage } from './clients.tsx';
import { ControlPage } from './control.tsx';
import { MapPage } from './map.tsx';
import { ServicePage } from './service.tsx';
import { ServicesPage } from './services.tsx';

/** The page that a route leads to. */
export function Page({ route, store }: { route: Route; store: RowStore }) {
  const head = headOf(store);
  if (head === undefined) return <Empty>Waiting for the control plane …</Empty>;
  switch (route.topic) {
    case 'service':
      return <ServicePage store={store} head={head} port={route.port} />;
    case 'map':
      return <MapPage store={store} head={head} />;
    case 'clients':
      return <ClientsPage store={store} head={head} />;
    case 'control':
      return <ControlPage store={store} head={head} />;
    default:
      return <ServicesPage store={store} head={head} />;
  }
}
