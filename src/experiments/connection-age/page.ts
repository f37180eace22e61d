import { barChart } from '../../probe/html/bars.ts';
import { lineChart } from '../../probe/html/lines.ts';
import { facts, htmlTable, paragraph, renderPage, setUpFacts } from '../../probe/html/page.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { utcOf } from '../../probe/words.ts';
import { figure, nameOf, processors } from './print.ts';
import type { ConnectionAgeReport } from './report.ts';
import { scaleOuts } from './scale-outs.ts';
import { tradeOff } from './trade-off.ts';

/** The sweep as one page of HTML. */
export function connectionAgePage(report: ConnectionAgeReport): string {
  const { conditions, recommendation, fleet, rows, reconnectCpuMs } = report;
  const slower = rows
    .filter(({ scale }) => scale !== conditions.scale)
    .map((row) => `, at ${nameOf(row)} ${row.scale} times`)
    .join('');
  return renderPage({
    title: 'What is the best MaxConnectionAge?',
    subtitle: `${utcOf(report.startedAt)} · ${conditions.podsBefore} → ${conditions.podsAfter} pods, ${conditions.clients} clients, ${conditions.environment === 'lab' ? `a lab ${conditions.scale} times faster than a cluster` : 'a Kubernetes cluster'}`,
    headline: {
      text: `${formatMs(recommendation.ageMs)} for ${fleet.clients} clients, ${fleet.pods} pods and ${fleet.scaleOutsPerHour} scale-outs an hour`,
      detail: report.conclusion,
      tone: 'good',
    },
    sections: [
      { title: 'What an age costs this fleet', html: curve(report) + costs(report) },
      { title: 'How long new pods wait', html: convergence(report) },
      { title: 'Connections opened anew, by one client', html: reconnects(report) },
      { title: 'Latency, and what reconnects do to it', html: latency(report) },
      { title: 'Processors that were busy, clients and pods together', html: cpu(report) },
      { title: 'What was measured', html: measured(report) },
      { title: 'Each scale-out: calls by pod over time', html: scaleOuts(report) },
      {
        title: 'How it was measured',
        html: facts([
          [
            'scale',
            conditions.scale === 1
              ? 'none: ages and DNS intervals were as they are'
              : `ages and DNS intervals ${conditions.scale} times shorter than in a cluster${slower}; times on this page are a cluster's, latencies and processors the lab's`,
          ],
          ['DNS', `a client resolves a name again at most every ${formatMs(conditions.dnsMs)}`],
          [
            'a reconnect',
            `${reconnectCpuMs.value} ms of processor time, ${reconnectCpuMs.measured ? 'client and server together: the slope over the sweep' : 'assumed: the sweep does not show it'}`,
          ],
          ['the model', report.modelHolds ? 'holds for every age' : report.modelNotes.join('; ')],
          ['calls', `${conditions.ratePerSecond}/s from each of ${conditions.clients} clients, open loop, no retries`],
          ...setUpFacts(conditions),
        ]),
      },
      ...(rows.some(({ client }) => client === 'xds')
        ? [
            {
              title: 'Why xds:/// makes the question moot',
              html: paragraph(
                'A connection age is a way to make clients look for pods: they look when a connection closes. A client of a control plane is told of pods, over a stream that is open anyway. Nothing has to be closed for it, and how soon it knows does not depend on anything that could be set too long or too short.',
              ),
            },
          ]
        : []),
    ],
    footer: `evenkeel ${conditions.versions.evenkeel ?? ''}. Nothing on this page is loaded from elsewhere.`,
  });
}

/** A few ages that are good marks on a logarithmic axis. */
const marks = [10, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * 1000);

function curve({ curve, recommendation }: ConnectionAgeReport): string {
  // The ends are steep and far from any choice; what matters lies around the best.
  const near = curve.filter(({ totalCores }) => totalCores <= Math.max(6 * recommendation.cost.totalCores, 1e-9));
  const line = (name: string, part: 'reconnectCores' | 'idleCores' | 'totalCores', colour: string, dashed = false) => ({
    ...{ name, colour, dashed },
    points: near.map((cost) => [cost.ageMs, cost[part]] as const),
  });
  return lineChart({
    lines: [
      line('both', 'totalCores', 'var(--c0)'),
      line('opening connections', 'reconnectCores', 'var(--c1)', true),
      line('new pods that no client has found', 'idleCores', 'var(--c2)', true),
    ],
    x: { title: 'MaxConnectionAge', log: true, format: formatMs, ticks: marks },
    y: { title: 'processors that do nothing useful' },
    events: [{ x: recommendation.ageMs, name: formatMs(recommendation.ageMs) }],
    height: 300,
  });
}

function costs(report: ConnectionAgeReport): string {
  const { recommendation, fleet } = report;
  const table = htmlTable(
    ['age', 'new pods found within', 'reconnects', 'processors: opening connections', 'pods not found yet', 'both', ''],
    tradeOff(report).map(({ cost, best }) => [
      formatMs(cost.ageMs),
      formatMs(cost.foundWithinMs),
      `${figure(cost.reconnectsPerSecond)}/s`,
      figure(cost.reconnectCores),
      figure(cost.idleCores),
      figure(cost.totalCores),
      { text: best ? 'recommended' : '', tone: 'good' } as const,
    ]),
  );
  return `${table}${paragraph(
    `The fleet holds ${recommendation.connections} connections at any age: one of each of ${fleet.clients} clients to each of ${fleet.pods} pods.`,
  )}`;
}

function convergence({ rows }: ConnectionAgeReport): string {
  const aged = rows.filter(({ client, ageMs }) => client === 'dns' && ageMs !== null);
  const line = (
    name: string,
    part: 'meanConvergedMs' | 'modelMeanMs' | 'worstConvergedMs' | 'modelWorstMs',
    colour: string,
    dashed = false,
  ) => ({
    ...{ name, colour, dashed, dots: !dashed },
    points: aged.flatMap((row) => (row[part] === null ? [] : [[row.ageMs!, row[part] / 1000] as const])),
  });
  const xds = rows.find(({ client }) => client === 'xds');
  const moot =
    xds?.worstConvergedMs == null
      ? ''
      : paragraph(
          `With xds:/// it took ${formatMs(xds.worstConvergedMs)}, measured and not scaled, and no connection was closed for it.`,
        );
  return (
    lineChart({
      lines: [
        line('slowest pod and client', 'worstConvergedMs', 'var(--c0)'),
        line('at worst, by the model', 'modelWorstMs', 'var(--c0)', true),
        line('mean', 'meanConvergedMs', 'var(--c2)'),
        line('mean of the model', 'modelMeanMs', 'var(--c2)', true),
      ],
      x: { title: 'MaxConnectionAge', log: true, format: formatMs },
      y: { title: 'seconds in a cluster' },
      height: 300,
    }) + moot
  );
}

function reconnects({ rows }: ConnectionAgeReport): string {
  return barChart(
    rows.map((row) => ({ label: nameOf(row), value: row.reconnectsPerMinute, text: `${row.reconnectsPerMinute}/min` })),
  );
}

function latency({ rows }: ConnectionAgeReport): string {
  const aged = rows.filter(({ client, ageMs }) => client === 'dns' && ageMs !== null);
  const line = (name: string, part: 'p50' | 'p99' | 'p99AroundReconnects', colour: string) => ({
    ...{ name, colour, dots: true },
    points: aged.flatMap(({ ageMs, latencyMs }) =>
      latencyMs[part] === null ? [] : [[ageMs!, latencyMs[part]] as const],
    ),
  });
  const still = rows.find(({ client, ageMs }) => client === 'dns' && ageMs === null)?.latencyMs.p99;
  return (
    lineChart({
      lines: [
        line('99th percentile within 50 ms of a reconnect', 'p99AroundReconnects', 'var(--c1)'),
        line('99th percentile of all calls', 'p99', 'var(--c0)'),
        line('median', 'p50', 'var(--c2)'),
      ],
      x: { title: 'MaxConnectionAge', log: true, format: formatMs },
      y: { title: 'ms, from when a call was due' },
    }) + (still == null ? '' : paragraph(`Without an age the 99th percentile was ${still.toFixed(1)} ms.`))
  );
}

function cpu({ rows, reconnectCpuMs }: ConnectionAgeReport): string {
  const known = rows.filter(({ cpuMsPerSecond }) => cpuMsPerSecond.pods !== null);
  if (known.length === 0) return paragraph('This system does not tell.');
  const bars = known.map((row) => ({
    label: nameOf(row),
    value: (row.cpuMsPerSecond.clients + row.cpuMsPerSecond.pods!) / 1000,
    text: processors(row),
  }));
  return (
    barChart(bars) +
    paragraph(
      `Ages are short in the lab, so connections open ${rows[0]?.scale ?? 1} times as often or more: what counts is the rise, ${reconnectCpuMs.value} ms a reconnect${reconnectCpuMs.measured ? '' : ' (assumed)'}.`,
    )
  );
}

function measured({ rows }: ConnectionAgeReport): string {
  const time = (ms: number | null): string => (ms === null ? '–' : formatMs(ms));
  const latency = (ms: number | null): string => (ms === null ? '–' : `${ms.toFixed(1)} ms`);
  return htmlTable(
    [
      'age',
      'found after',
      'at worst',
      'reconnects',
      'p99',
      'p99 around reconnects',
      'processors',
      'failed',
      'long call',
    ],
    rows.map((row) => [
      nameOf(row),
      time(row.meanConvergedMs),
      time(row.worstConvergedMs),
      `${row.reconnectsPerMinute}/min`,
      latency(row.latencyMs.p99),
      latency(row.latencyMs.p99AroundReconnects),
      processors(row),
      { text: `${row.failed} of ${row.calls}`, tone: row.failed > 0 ? 'bad' : 'plain' } as const,
      row.longCall === null ? '–' : row.longCall.status === 'OK' ? 'survived' : row.longCall.status,
    ]),
  );
}
