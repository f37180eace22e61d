import type { Unserved } from '../discovery/discovery.ts';
import type { BoundRow, ControlRow } from '../feed/rows.ts';
import { serviceKey } from '../model/service.ts';
import type { SourceAge } from './admin-server.ts';
import type { PublishedGateway } from './gateway-publisher.ts';
import type { Conflict, SourceState } from './model-store.ts';
import type { PublishedService } from './publisher.ts';

export interface ControlInput {
  readonly sources: readonly SourceState[];
  readonly ages: readonly SourceAge[];
  /** By the name of the source. */
  readonly unserved: ReadonlyMap<string, readonly Unserved[]>;
  readonly conflicts: readonly Conflict[];
  readonly services: readonly PublishedService[];
  readonly gateways: readonly PublishedGateway[];
  readonly replicas: readonly string[];
  readonly bounds: readonly Omit<BoundRow, 'key' | 'kind'>[];
}

/** What the page shows of the control plane itself. Pure. */
export function controlRows({
  sources,
  ages,
  unserved,
  conflicts,
  services,
  gateways,
  replicas,
  bounds,
}: ControlInput): ControlRow[] {
  const rejected = [
    ...services.flatMap(({ service, rejected: why }) =>
      why === undefined ? [] : [{ subject: `Service ${serviceKey(service)}`, why: why.message }],
    ),
    ...gateways.flatMap(({ gateway, rejected: why }) =>
      why === undefined ? [] : [{ subject: `gateway ${gateway.name}`, why: why.message }],
    ),
    ...services.flatMap(({ translated }) =>
      (translated?.refused ?? []).map(({ listener, reason }) => ({ subject: `target ${listener}`, why: reason })),
    ),
    ...conflicts.map(({ service, inForce, ignored }) => ({
      subject: `Service ${service}`,
      why: `${inForce} and ${ignored} have it; ${inForce} counts`,
    })),
  ];
  return [
    ...sources.map(({ name, synced, degraded, services: count }): ControlRow => {
      const age = ages.find((one) => one.name === name)?.lastWordAgeMs;
      return {
        ...{ key: `source ${name}`, kind: 'source', name, synced, services: count },
        ageSeconds: age === undefined ? null : Math.round(age / 1_000),
        degraded: degraded?.message ?? '',
        unserved: (unserved.get(name) ?? []).map(({ namespace, error }) => `${namespace}: ${error.message}`),
      };
    }),
    ...rejected.map(
      ({ subject, why }): ControlRow => ({ key: `rejected ${subject} ${why}`, kind: 'rejected', subject, why }),
    ),
    ...replicas.map((address): ControlRow => ({ key: `replica ${address}`, kind: 'replica', address })),
    ...bounds.map((bound): ControlRow => ({ key: `bound ${bound.name}`, kind: 'bound', ...bound })),
  ];
}
