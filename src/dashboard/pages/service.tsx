import { useLayoutEffect } from 'preact/hooks';
import type { HeadRow, PodRow } from '../../feed/rows.ts';
import { duration } from '../../live/duration.ts';
import { knownCalls } from '../../load/known-calls.ts';
import { count, figure, none, percent, rate, whole } from '../model/figures.ts';
import { listPods, type PodLine, type PodScale, scaleOf, titleOf } from '../model/pod-list.ts';
import { hashOf } from '../model/route.ts';
import { type RowStore, rowsOf } from '../model/row-store.ts';
import { nameOf } from '../model/service-list.ts';
import { zonesOf } from '../model/zones.ts';
import { Badge } from '../parts/badge.tsx';
import { Bar } from '../parts/bar.tsx';
import { FailedCell } from '../parts/failed-cell.tsx';
import { Happened } from '../parts/happened.tsx';
import { LabPanel, PodControls } from '../parts/lab.tsx';
import { Empty, Figure, usePage } from '../parts/list.tsx';
import { Plot } from '../parts/plot.tsx';
import { ReportsOff } from '../parts/reports-off.tsx';
import { ServiceBadge } from '../parts/service-badge.tsx';
import { type Lab, useLab } from '../use-lab.ts';

/** One Service port: its pods, its callers and what happened to it. */
export function ServicePage({ store, head, port }: { store: RowStore; head: HeadRow; port: string }) {
  const [row] = rowsOf(store, 'service');
  const [trend] = rowsOf(store, 'trend');
  const pods = rowsOf(store, 'pod');
  const events = rowsOf(store, 'event').toSorted((a, b) => b.atMs - a.atMs);
  const lab = useLab();
  const back = <a href={hashOf({ topic: 'services', port: '' })}>Services</a>;
  if (row === undefined) {
    return (
      <>
        <p class="crumb">{back}</p>
        <h1>{port}</h1>
        <Empty>There is no such Service port, or it is not served.</Empty>
      </>
    );
  }
  const { load } = row;
  const { windowMs } = head;
  const inFlight = pods.reduce((sum, pod) => sum + (pod.load?.inFlight ?? 0), 0);
  return (
    <>
      <p class="crumb">
        {back} <span class="muted">/ {row.namespace}</span>
      </p>
      <h1>
        {nameOf(row)} <ServiceBadge row={row} asOf={store.asOf} />
      </h1>
      {load !== null && (
        <p class="why">
          {load.verdict} for {duration(Date.parse(store.asOf) - Date.parse(load.since))}: {load.why}
        </p>
      )}
      {row.problems.map((problem) => (
        <p class="note" key={problem}>
          {problem}
        </p>
      ))}
      {!head.reports && <ReportsOff />}
      {head.reports && load === null && <p class="why">No client has reported a call to it yet.</p>}
      <dl class="figures">
        <Figure label="Pods in use" value={`${whole(row.published)} of ${whole(row.known)}`} />
        {load !== null && (
          <>
            <Figure label="Calls/s" value={rate(load.calls, windowMs)} />
            <Figure
              label="Failed"
              value={percent(load.failed, knownCalls(load))}
              tone={load.failed > 0 ? 'bad' : undefined}
            />
            <Figure label="In flight" value={figure(inFlight)} />
          </>
        )}
      </dl>
      {trend !== undefined && trend.calls.length > 1 && <Plot trend={trend} events={events} />}
      <h2>Pods</h2>
      {lab !== undefined && <LabPanel lab={lab} service={`${row.namespace}/${row.name}`} />}
      <Pods pods={pods} windowMs={windowMs} isHeard={load !== null} lab={lab} />
      <PlanNote store={store} />
      {load !== null && <Callers store={store} windowMs={windowMs} />}
      <h2>What happened</h2>
      <Happened events={events} />
    </>
  );
}

/** Why clients see what they see. */
function PlanNote({ store }: { store: RowStore }) {
  const [plan] = rowsOf(store, 'plan');
  if (plan === undefined || (plan.why.length === 0 && plan.sets.length === 0)) return undefined;
  return (
    <>
      <h2>Plan</h2>
      <ul class="plan">
        {plan.why.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        {plan.sets.map(({ clients, endpoints }, index) => (
          <li class="muted" key={`${index}`}>
            {count(clients, 'client')}: {count(endpoints, 'pod')}
          </li>
        ))}
      </ul>
    </>
  );
}

interface PodsProps {
  readonly pods: readonly PodRow[];
  readonly windowMs: number;
  readonly isHeard: boolean;
  readonly lab: Lab | undefined;
}

function Pods({ pods, windowMs, isHeard, lab }: PodsProps) {
  const scale = scaleOf(pods);
  // Not all clients report how long calls take.
  const isTimed = pods.some(({ load }) => (load?.meanMs ?? null) !== null);
  const columns = { windowMs, isHeard, isTimed, lab };
  const [page, pager] = usePage(listPods(pods), 100);
  useKeptFocus();
  if (pods.length === 0) return <Empty>It has no endpoints.</Empty>;
  return (
    <>
      <table class="list pods">
        <thead>
          <tr>
            <th scope="col">Pod</th>
            <th scope="col">State</th>
            {isHeard && (
              <>
                <th scope="col">Calls/s</th>
                <th scope="col">Failed</th>
                <th scope="col">In flight</th>
                {isTimed && (
                  <th scope="col" class="right">
                    Mean ms
                  </th>
                )}
              </>
            )}
            {lab !== undefined && <th scope="col">Lab</th>}
          </tr>
        </thead>
        <tbody>
          {page.items.map((line) => (
            <Pod key={line.row.key} line={line} scale={scale} {...columns} />
          ))}
        </tbody>
      </table>
      {scale.even !== undefined && pods.length > 1 && (
        <p class="muted hint">
          The line across the bars of calls is the even share: {rate(scale.even, windowMs)} a second.
        </p>
      )}
      {pager}
    </>
  );
}

/** What has the focus keeps it when its row gets another place. */
function useKeptFocus(): void {
  const before = document.activeElement;
  useLayoutEffect(() => {
    const isLost = document.activeElement === document.body && before !== document.body;
    if (isLost && before instanceof HTMLElement && before.isConnected) before.focus();
  });
}

interface PodProps extends Omit<PodsProps, 'pods'> {
  readonly line: PodLine;
  readonly scale: PodScale;
  readonly isTimed: boolean;
}

function Pod({ line: { row, tone, state, why }, scale, windowMs, isHeard, isTimed, lab }: PodProps) {
  const { load, address, zone, kubeNode, pod } = row;
  const inLab = lab?.view.pods.find(({ name }) => name === pod);
  const where = [pod === null ? '' : address, zone, kubeNode].filter((part) => part !== '').join(' · ');
  return (
    <tr>
      <th scope="row">
        <span class="pod">{titleOf(row)}</span>
        <div class="muted small">{where}</div>
        {why !== '' && <div class="bad small">{why}</div>}
      </th>
      <td>
        <span class="badges">
          <Badge tone={tone} text={state} title={until(row)} />
          {inLab?.frozen && <Badge tone="warn" text="frozen" />}
        </span>
      </td>
      {isHeard && load === null && <td colSpan={isTimed ? 4 : 3} />}
      {load !== null && (
        <>
          <td data-label="calls/s">
            <Bar value={load.calls} most={scale.calls} text={rate(load.calls, windowMs)} mark={scale.even} />
          </td>
          <td data-label="failed">
            <Bar
              value={load.failed}
              most={scale.failed}
              text={percent(load.failed, knownCalls(load))}
              tone={load.failed > 0 ? 'bad' : undefined}
            />
          </td>
          <td data-label="in flight">
            <Bar value={load.inFlight} most={scale.inFlight} text={figure(load.inFlight)} />
          </td>
          {isTimed && (
            <td class={load.meanMs === null ? 'right nothing' : 'right'} data-label="ms">
              {load.meanMs === null ? none : figure(load.meanMs)}
            </td>
          )}
        </>
      )}
      {lab !== undefined && <td class="acts">{inLab && <PodControls pod={inLab} act={lab.act} />}</td>}
    </tr>
  );
}

function until({ load }: PodRow): string | undefined {
  return load?.ejected ? `since ${load.ejected.since}, until ${load.ejected.until}` : undefined;
}

function Callers({ store, windowMs }: { store: RowStore; windowMs: number }) {
  // A caller that has stopped is known for a while.
  const callers = rowsOf(store, 'caller')
    .filter(({ calls, failed }) => calls > 0 || failed > 0)
    .toSorted((a, b) => b.calls - a.calls);
  const [page, pager] = usePage(callers, 30);
  const zones = zonesOf(callers);
  const most = callers[0]?.calls ?? 0;
  if (callers.length === 0) return undefined;
  return (
    <>
      <h2>Callers</h2>
      <p class="zones">
        {zones.map(({ zone, calls, failed }) => (
          <span key={zone}>
            <b>{zone || 'zone unknown'}</b> {rate(calls, windowMs)}/s
            {failed > 0 && <span class="bad"> {percent(failed, knownCalls({ calls, failed }))} failed</span>}
          </span>
        ))}
      </p>
      <table class="list callers">
        <thead>
          <tr>
            <th scope="col">Workload</th>
            <th scope="col">Zone</th>
            <th scope="col">Calls/s</th>
            <th scope="col" class="right">
              Failed
            </th>
          </tr>
        </thead>
        <tbody>
          {page.items.map(({ key, namespace, workload, zone, calls, failed }) => (
            <tr key={key}>
              <th scope="row">
                <span class="muted">{namespace}/</span>
                {workload}
              </th>
              <td>{zone}</td>
              <td data-label="calls/s">
                <Bar value={calls} most={most} text={rate(calls, windowMs)} />
              </td>
              <FailedCell load={{ failed, calls }} />
            </tr>
          ))}
        </tbody>
      </table>
      {pager}
    </>
  );
}
