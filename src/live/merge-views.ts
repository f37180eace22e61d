import { sum } from '../base/sum.ts';
import { callerKey } from '../load/caller.ts';
import type { LoadView, LoadViewCaller, LoadViewPod, LoadViewService } from '../load/load-view.ts';
import { portKey } from '../load/load-view.ts';
import { judge } from '../verdict/verdict.ts';

/**
 * What several control planes know, as one: each hears its own clients. Counts are added up, and a Service that more than one
 * has heard of is judged anew by the sum. Pure.
 */
export function mergeViews(views: readonly LoadView[]): LoadView {
  if (views.length === 1) return views[0]!;
  const services = Map.groupBy(
    views.flatMap((view) => view.services),
    portKey,
  );
  return {
    asOf: views.map(({ asOf }) => asOf).sort()[0] ?? '',
    windowMs: commonWindowMs(views),
    streams: sum(views, ({ streams }) => streams),
    services: [...services]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, same]) => (same.length === 1 ? same[0]! : mergeService(same))),
  };
}

/** Replicas look back differently far, as their clients report: what divides the sum of calls into calls a second of all. */
function commonWindowMs(views: readonly LoadView[]): number {
  const callsOf = ({ services }: LoadView): number => sum(services, ({ calls }) => calls);
  const [calls, perMs] = [sum(views, callsOf), sum(views, (view) => callsOf(view) / view.windowMs)];
  return perMs > 0 ? calls / perMs : Math.max(1, ...views.map(({ windowMs }) => windowMs));
}

function mergeService(same: readonly LoadViewService[]): LoadViewService {
  const pods = [
    ...Map.groupBy(
      same.flatMap((one) => one.pods),
      ({ address }) => address,
    ).values(),
  ].map(mergePod);
  const callers = [
    ...Map.groupBy(
      same.flatMap((one) => one.callers),
      callerKey,
    ).values(),
  ].map((group): LoadViewCaller => ({ ...group[0]!, ...totals(group) }));
  // As each of them does for itself.
  const { verdict } = judge(pods.filter(({ steady }) => steady !== false).map(({ calls }) => calls));
  const latest = same
    .map(({ since }) => since)
    .sort()
    .at(-1)!;
  return {
    ...same[0]!,
    verdict,
    // Of the sum nobody has kept for how long it has been so.
    since: latest,
    why: `${sum(pods, ({ calls }) => calls)} calls that ${same.length} control planes have heard of`,
    ...totals(same),
    total: totals(same.map(({ total }) => total)),
    pods,
    callers: callers.sort((a, b) => b.calls - a.calls),
  };
}

function mergePod(same: readonly LoadViewPod[]): LoadViewPod {
  const meant = same.filter(({ meanMs }) => meanMs !== null);
  const weight = sum(meant, ({ calls }) => calls);
  const mean = sum(meant, ({ meanMs, calls }) => meanMs! * calls);
  return {
    ...same[0]!,
    ...totals(same),
    inFlight: sum(same, ({ inFlight }) => inFlight),
    meanMs: weight === 0 ? null : Math.round((mean / weight) * 10) / 10,
    steady: same.every(({ steady }) => steady !== false),
    ejected: same.find(({ ejected }) => ejected !== null)?.ejected ?? null,
    total: totals(same.map(({ total }) => total)),
  };
}

function totals(parts: readonly { readonly calls: number; readonly failed: number }[]) {
  return { calls: sum(parts, ({ calls }) => calls), failed: sum(parts, ({ failed }) => failed) };
}
