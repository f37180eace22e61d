import { type LoadView, type LoadViewService, portKey } from '../load/load-view.ts';
import { offPods } from '../load/off-pods.ts';
import type { FeedSource, PortSummary } from './feed-source.ts';
import type { CallerRow, PodRow, Row, ServiceLoadPart, ServiceRow } from './rows.ts';

/** Pods that a row of a Service names. */
const namedPods = 3;
/** Pods of one Service that are listed. */
const mostPods = 5_000;

/** Every Service port, whether clients report about it or not, and its trend. */
export function serviceRows(source: FeedSource, load: LoadView | undefined): Row[] {
  const reported = reportedIn(load);
  const rows: Row[] = [];
  for (const port of source.ports()) {
    rows.push(serviceRow(port, reported.get(portKey(port))));
    const trend = source.trend(portKey(port));
    if (trend !== undefined) rows.push(trend);
  }
  return rows;
}

/** One Service port: its pods, its callers, its trend and what happened to it; nothing where there is no such port. */
export function oneServiceRows(source: FeedSource, load: LoadView | undefined, key: string): Row[] {
  const endpoints = source.endpoints(key);
  if (endpoints === undefined) return [];
  const reported = reportedIn(load).get(key);
  const off = reported === undefined ? new Map<string, string>() : offPods(reported);
  const loads = new Map(reported?.pods.map((pod) => [pod.address, pod]));
  const known = new Set(endpoints.map(({ address }) => address));
  const gone = [...loads.values()].filter(({ address }) => !known.has(address));
  const pods = [
    ...endpoints,
    ...gone.map(({ pod, address, zone }) => ({ pod, address, zone, kubeNode: '', state: 'gone' })),
  ].map((endpoint): PodRow => {
    const pod = loads.get(endpoint.address);
    const { calls, failed, inFlight, meanMs, ejected, total } = pod ?? {};
    const why = off.get(endpoint.address) ?? null;
    return {
      key: `pod ${endpoint.address}`,
      kind: 'pod',
      ...endpoint,
      load:
        calls === undefined
          ? null
          : {
              ...{ calls, failed: failed!, inFlight: inFlight!, meanMs: meanMs!, ejected: ejected!, total: total! },
              off: why,
            },
    };
  });
  const callers = (reported?.callers ?? []).map(
    (caller): CallerRow => ({
      key: `caller ${caller.namespace}/${caller.workload} ${caller.zone}`,
      kind: 'caller',
      ...caller,
    }),
  );
  const port = [...source.ports()].find((one) => portKey(one) === key);
  const trend = source.trend(key);
  const plan = source.plan(key);
  return [
    ...(port === undefined ? [] : [serviceRow(port, reported)]),
    ...(trend === undefined ? [] : [trend]),
    ...(plan === undefined ? [] : [{ key: 'plan', kind: 'plan', ...plan } as const]),
    ...pods.slice(0, mostPods),
    ...callers,
    ...source.events(key),
  ];
}

function reportedIn(load: LoadView | undefined): ReadonlyMap<string, LoadViewService> {
  return new Map(load?.services.map((service) => [portKey(service), service]));
}

function serviceRow(port: PortSummary, reported: LoadViewService | undefined): ServiceRow {
  return {
    key: `service ${portKey(port)}`,
    kind: 'service',
    ...port,
    load: reported === undefined ? null : partOf(reported),
  };
}

function partOf(reported: LoadViewService): ServiceLoadPart {
  const { verdict, since, why, calls, failed } = reported;
  const off = offPods(reported);
  const names = new Map(reported.pods.map(({ address, pod }) => [address, pod ?? address]));
  return {
    ...{ verdict, since, why, calls, failed },
    off: [...off].slice(0, namedPods).map(([address, reason]) => ({ pod: names.get(address)!, why: reason })),
    offCount: off.size,
  };
}
