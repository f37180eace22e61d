import { knownCalls } from '../load/known-calls.ts';
import { type LoadView, type LoadViewService, portKey } from '../load/load-view.ts';
import { type Cell, type Column, heading, type Paint, table, wrap } from '../probe/print/layout.ts';
import { duration } from './duration.ts';

/** Pods of a Service that are printed; of more, those that are farthest from their share. */
const defaultPods = 12;

const columns: readonly Column[] = [
  { title: 'pod', align: 'left' },
  { title: 'zone', align: 'left' },
  { title: 'share', align: 'right' },
  { title: 'calls/s', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'in flight', align: 'right' },
  { title: 'mean ms', align: 'right' },
];

/** What is known of all Services, as text of at most 80 columns. */
export function printTop(view: LoadView, paint: Paint, pods = defaultPods): string {
  const reporting = view.streams === 1 ? '1 stream of reports' : `${view.streams} streams of reports`;
  const about = `last ${duration(view.windowMs)}, ${reporting}, ${view.asOf}`;
  const title = heading('Calls as clients report them', about, paint);
  if (view.services.length === 0) {
    const none = 'No client has reported a call. Clients on dns:/// do not report; those on xds:/// do within seconds.';
    return [...title, '', ...wrap(none)].join('\n');
  }
  return [...title, ...view.services.flatMap((service) => ['', ...serviceLines(service, view, paint, pods)])].join(
    '\n',
  );
}

function serviceLines(service: LoadViewService, view: LoadView, paint: Paint, most: number): string[] {
  const { verdict, since, why, calls, failed } = service;
  const forMs = Date.parse(view.asOf) - Date.parse(since);
  const perSecond = rate(calls, view.windowMs);
  const about = `${verdict} for ${duration(forMs)}, ${perSecond} calls/s, ${percent(failed, knownCalls(service))} failed`;
  const even = service.pods.reduce((sum, pod) => sum + pod.calls, 0);
  const fair = even / Math.max(1, service.pods.length);
  const shown =
    service.pods.length <= most
      ? service.pods
      : service.pods.toSorted((a, b) => Math.abs(b.calls - fair) - Math.abs(a.calls - fair)).slice(0, most);
  const rows = shown.map((pod): Cell[] => [
    { text: pod.pod ?? pod.address },
    { text: pod.zone },
    { text: percent(pod.calls, even), format: isFar(pod.calls, fair, verdict) ? 'yellow' : undefined },
    { text: rate(pod.calls, view.windowMs) },
    { text: percent(pod.failed, knownCalls(pod)), format: pod.failed > 0 ? 'red' : undefined },
    { text: pod.inFlight.toFixed(1) },
    { text: pod.ejected !== null ? 'ejected' : pod.meanMs === null ? '–' : pod.meanMs.toFixed(1) },
  ]);
  const rest = service.pods.length - shown.length;
  return [
    ...heading(portKey(service), about, paint, formats[verdict]),
    ...wrap(why, 0, 78).map((line) => `  ${line}`),
    ...table(columns, rows, paint),
    ...(rest > 0 ? [paint('dim', `and ${rest} more, closer to their share`)] : []),
  ];
}

const formats = { balanced: 'green', skewed: 'yellow', partial: 'red', pinned: 'red', inconclusive: 'bold' } as const;

function isFar(calls: number, fair: number, verdict: LoadViewService['verdict']): boolean {
  return verdict !== 'balanced' && verdict !== 'inconclusive' && Math.abs(calls - fair) > fair * 0.05;
}

/** Calls a second. */
export function rate(calls: number, windowMs: number): string {
  const perSecond = (calls / windowMs) * 1_000;
  return perSecond >= 100 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** A part of a whole; `–` of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`;
}
