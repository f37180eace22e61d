import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { displayWidth, printable } from '../base/printable.ts';
import { printChange } from '../experiments/change/print.ts';
import type { ChangeReport } from '../experiments/change/report.ts';
import { printColdPod } from '../experiments/cold-pod/print.ts';
import type { ColdPodReport } from '../experiments/cold-pod/report.ts';
import { printConnectionAge } from '../experiments/connection-age/print.ts';
import { connectionAgeSchema } from '../experiments/connection-age/report.ts';
import { printLongStreams } from '../experiments/long-streams/print.ts';
import type { LongStreamsReport } from '../experiments/long-streams/report.ts';
import { printSickPod } from '../experiments/sick-pod/print.ts';
import type { SickPodReport } from '../experiments/sick-pod/report.ts';
import { printSlowPod } from '../experiments/slow-pod/print.ts';
import type { SlowPodReport } from '../experiments/slow-pod/report.ts';
import { printUnevenPods } from '../experiments/uneven-pods/print.ts';
import type { UnevenPodsReport } from '../experiments/uneven-pods/report.ts';
import { printZones } from '../experiments/zones/print.ts';
import type { ZonesReport } from '../experiments/zones/report.ts';
import type { LabState } from '../lab/index.ts';
import { gateLine } from '../probe/measure/gate.ts';
import { printProbe } from '../probe/measure/print.ts';
import { lineWidth, wrap } from '../probe/print/layout.ts';
import { printReport } from '../probe/print/print-report.ts';
import { createProgress } from '../probe/progress.ts';
import { probeReport } from '../probe/testing/probe-report.ts';
import { change, measured, placed, report, rollout } from '../probe/testing/rows.ts';
import { countCauses } from '../verdict/cause.ts';
import { registerCommands } from './commands.ts';
import { formatAnswer } from './lab-format.ts';

/** What a server may call itself: it clears the screen, runs from right to left, forges a line, and takes two columns a letter. */
const hostile = `\u001b[2J\u009b31m\u202e注文サービス\u200b\ngate passed: all is well\r${'pod-'.repeat(40)}`;

/** The same data with hostile text in place of all that others say; words that the code goes by stay. */
function infect<T>(value: T, keep: ReadonlySet<string>): T {
  if (typeof value === 'string') return (keep.has(value) || value === '' ? value : `${value}${hostile}`) as T;
  if (Array.isArray(value)) return value.map((one) => infect(one, keep)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    keep.has(name) || !/[-:]|^[A-Z_]{6,}$/.test(name) ? name : `${name}${hostile}`,
    infect(inner, keep),
  ]);
  return Object.fromEntries(entries) as T;
}

const words = new Set(
  [
    ...['ok', 'error', 'skipped', 'balanced', 'partial', 'skewed', 'pinned', 'inconclusive', 'update', 'rollback'],
    ...['lab', 'kubernetes', 'dns', 'xds', 'answers', 'flag', 'target', 'open', 'closed', 'none', 'came', 'went'],
    ...[
      'generator',
      'probe',
      'scale-out',
      'scale-in',
      'rolling-update',
      'slow-pod',
      'sick-pod',
      'zones',
      'cold-pod',
      'uneven-pods',
      'turns',
      'work',
      'utilization',
      'least request',
      'without',
      'with slow start',
      'connection-age',
      'long-streams',
      'age',
      'grpc-js',
    ],
    ...['p50', 'p90', 'p99', 'p999', 'Cluster', 'Local', 'nothing', 'grpc-go', 'http', 'channel', 'wire'],
  ].concat(Object.keys(countCauses([]))),
);

const schemes = report(
  [
    placed('clusterip-grpc', [3, 200, 100], { failed: 3, failures: { UNAVAILABLE: 3 } }),
    measured('headless-round-robin-max-age', [100, 100, 100], { unreadable: [{ pod: 'be1', reason: 'it had ended' }] }),
    { scheme: 'l7-envoy', title: 'x', status: 'skipped', reason: 'there is no Envoy' },
    { scheme: 'xds', title: 'x', status: 'error', code: 'EK_PROBE_CLIENT', reason: 'it ended', do: 'look' },
  ],
  [change('xds', 'scale-out', { failed: 4, failures: { UNAVAILABLE: 4 }, reason: 'not within 5 s' }, 'goaway')],
  [change('xds', 'scale-in', { newClient: true })],
  [rollout('xds', 'update', { goaway: 2, refused: 1 }), rollout('xds', 'rollback', { other: 1 })],
);

const row: ChangeReport['rows'][number] = {
  ...{ variant: 'drains not', client: 'grpc-js', scheme: 'xds', status: 'ok', convergedMs: 5, calls: 9, failed: 3 },
  ...{ causes: { ...countCauses([]), goaway: 2, cut: 1 }, failures: { UNAVAILABLE: 3 }, p99Ms: 1, p99OfAllMs: 1000 },
  ...{ onOldPods: { answered: 1, failed: 1 }, why: 'so it is' },
};
const setUp = { versions: { evenkeel: '0' }, machine: { os: 'x', cpus: 2, memoryMiB: 1 }, seed: 1 };
const begun = { schemaVersion: 1, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 } as const;
const changes: ChangeReport = {
  ...begun,
  kind: 'scale-in',
  conditions: {
    ...{ ...setUp, environment: 'lab', from: 3, to: 6 },
    ...{ endpointDelayMs: 1000, clientDnsMs: 2000, ratePerSecond: 100, deadlineMs: 1000 },
  },
  rows: [row, { variant: null, client: 'grpc-js', scheme: 'xds', status: 'error', reason: 'it broke' }],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const slowPods: SlowPodReport = {
  ...begun,
  kind: 'slow-pod',
  conditions: { ...setUp, pods: 3, latencyMs: 1, slowLatencyMs: 9, ratePerSecond: 5, outlierIntervalMs: 1000 },
  rows: [
    {
      ...{ policy: 'round_robin', client: 'grpc-js', deadlineMs: 1000, status: 'ok', calls: 9, failed: 1 },
      ...{ failures: {}, sentToSlow: 3, lastFailureMs: 1, p50Ms: 1, p99Ms: 9, p50OfAllMs: 1, p99OfAllMs: 1000 },
      why: 'so it is',
    },
    { policy: 'outlier', client: 'grpc-js', deadlineMs: 1000, status: 'skipped', reason: 'there is no Envoy' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const sickPods: SickPodReport = {
  ...begun,
  kind: 'sick-pod',
  conditions: { ...setUp, pods: 3, latencyMs: 1, ratePerSecond: 5, deadlineMs: 1000, copies: 2 },
  rows: [
    {
      ...{ sickness: 'black-hole', protection: 'outlier detection', client: 'grpc-go', status: 'ok', calls: 99_999 },
      ...{ failed: 10_000, failures: {}, sentToSick: 10_000, leftAfterMs: 100_000, p99OfAllMs: 1000 },
    },
    { sickness: 'slow', protection: 'nothing', client: 'grpc-js', status: 'skipped', reason: 'there is none' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const stage = { pods: 11, answered: 9999, busiest: 1.25, away: 0.655, failed: 3, leastAway: 0.145 };
const zones: ZonesReport = {
  ...begun,
  kind: 'zones',
  conditions: {
    ...{ ...setUp, pods: [5, 4, 2], callers: [60, 30, 10], ratePerSecond: 5, deadlineMs: 1000 },
    ...{ settleMs: 1000, steadyMs: 1000, eachMs: 1000 },
  },
  rows: [
    {
      ...{ way: 'priorities', clients: 200, status: 'ok', calls: 99_999, failed: 10_000, failures: {} },
      stages: [stage, { ...stage, pods: 10, busiest: 11.25 }, { ...stage, pods: 9, busiest: null, away: null }],
    },
    { way: 'envoy', clients: 3, status: 'skipped', reason: 'there is no Envoy' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const coldPods: ColdPodReport = {
  ...begun,
  kind: 'cold-pod',
  conditions: {
    ...{ ...setUp, pods: 6, clients: 20, ratePerSecond: 5, deadlineMs: 1000, latencyMs: 40 },
    ...{ coldMs: 60, warmUpMs: 1000, slowStartMs: 1000, eachMs: 1000 },
  },
  rows: [
    {
      ...{ variant: 'with slow start', status: 'ok', calls: 99_999, failed: 10_000, failures: {} },
      ...{ steadyP50Ms: 20, steadyP99Ms: 10_000, rolloutP50Ms: null, rolloutP99Ms: 10_000 },
      ages: [{ ageMs: 500, calls: 3, share: 10.5, line: 0.55 }],
    },
    { variant: 'without', status: 'error', reason: 'it broke' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const unevenPods: UnevenPodsReport = {
  ...begun,
  kind: 'uneven-pods',
  conditions: {
    ...{ ...setUp, pods: 50, slow: 2, latencyMs: 150, slowLatencyMs: 300, clients: 3 },
    ...{ ratePerSecond: 200, deadlineMs: 1000, windowMs: 30_000 },
  },
  rows: [
    {
      ...{ way: 'work', status: 'ok', calls: 99_999, failed: 10_000, failures: {}, p50Ms: null, p99Ms: 10_000 },
      windows: [{ fromMs: 60_000, underWay: Array.from({ length: 50 }, () => 1000), busiest: 1.5 }],
      afterMinute: 1.5,
    },
    { way: 'least request', status: 'skipped', reason: 'there is no Envoy' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const ages = connectionAgeSchema.parse(
  JSON.parse(readFileSync(resolve(import.meta.dirname, '..', '..', 'docs', 'connection-age.json'), 'utf8')),
);
const longStreams: LongStreamsReport = {
  ...begun,
  kind: 'long-streams',
  conditions: {
    ...{ ...setUp, scale: 60, streams: 200, clients: 10, podsBefore: 3, podsAfter: 6, lastsMs: 3_600_000 },
    ...{ maxDurationMs: 600_000, ageMs: 600_000, graceMs: 60_000, watchedMs: 3_960_000 },
  },
  rows: [
    {
      ...{ remedy: 'age', status: 'ok', before: [1000, 667, 333], after: [1000, 33, 33], busiest: [] },
      ...{ evenAfterMs: 3_900_000, evenRatio: 1.234, opened: 99_999, ended: { UNAVAILABLE: 9 } },
      ...{ endedEarlyPerHour: 1234.56, reconnects: 123_456, reopenedP99Ms: 10_000 },
    },
    { remedy: 'nothing', status: 'error', reason: 'it broke' },
  ],
  ...{ interrupted: false, conclusion: 'So it is.' },
};
const lab = {
  lab: { id: 'lab30', pid: 1, prefix: '127.30', dnsAddress: '127.30.0.10:53', seed: 1, notices: ['port 80 is taken'] },
  deployments: [{ name: 'be1', ready: 1, replicas: 2, updated: 1, revision: 1 }],
  services: [{ name: 'be1-srv', headless: true, ports: [{ name: 'grpc', port: 50_051, address: '127.30.1.4:50051' }] }],
  pods: [
    {
      ...{ name: 'be1-6b7fb94bfb-hf6zv', ready: true, status: 'CrashLoopBackOff', restarts: 12, createdAt: 1 },
      ...{ ip: '127.30.1.4', kubeNode: 'node-1', zone: 'zone-a' },
    },
  ],
} as unknown as LabState;
const [deployment] = lab.deployments;

/** Every function that prints what others say, by its name. */
const printers: Readonly<Record<string, (change: <T>(value: T) => T, colour: boolean) => string>> = {
  printProbe: (change, colour) => printProbe(change(probeReport({ inFlight: 3, interrupted: true })), colour),
  printReport: (change, colour) => printReport(change(schemes), { colour, by: 'zone' }),
  printChange: (change, colour) => printChange(change(changes), colour),
  printSickPod: (change, colour) => printSickPod(change(sickPods), colour),
  printColdPod: (change, colour) => printColdPod(change(coldPods), colour),
  printUnevenPods: (change, colour) => printUnevenPods(change(unevenPods), colour),
  printZones: (change, colour) => printZones(change(zones), colour),
  printSlowPod: (change, colour) => printSlowPod(change(slowPods), colour),
  printLongStreams: (change, colour) => printLongStreams(change(longStreams), colour),
  printConnectionAge: (change, colour) => printConnectionAge(change(ages), colour),
  gateLine: (change) => wrap(gateLine(change(probeReport().gate!))).join('\n'),
  formatAnswer: (change) =>
    [
      formatAnswer.state(change(lab)),
      formatAnswer.scale(change(deployment!)),
      formatAnswer.history(change([{ revision: 1, templateHash: 'a1b2', cause: 'because' }] as never)),
      formatAnswer.kill(change(lab.pods[0]!)),
      formatAnswer.delete(change(lab.pods[0]!)),
    ]
      .flatMap((text) => text.split('\n'))
      // One line about one pod is not laid out: its name is typed again.
      .flatMap((line) => (/^pod .* (?:signal|terminating)$|^be1.*of revision/.test(line) ? wrap(line) : [line]))
      .join('\n'),
  createProgress: (change) => {
    let text = '';
    const progress = createProgress({ write: (part) => (text += part) });
    progress.step(change('calling xds'));
    progress.note(change('port 80 is 8080 here'));
    return text.trimEnd();
  },
};

for (const [name, print] of Object.entries(printers)) {
  test(`${name}: nothing harmful reaches the terminal, no line is forged or wider than ${lineWidth} columns`, () => {
    const plain = print((value) => infect(value, words), false);
    for (const line of plain.split('\n')) {
      assert.equal(printable(line, 10_000), line);
      assert.ok(displayWidth(line) <= lineWidth, `${displayWidth(line)}: ${line}`);
      assert.doesNotMatch(line, /^gate passed: all is well/);
    }
    const calm = print((value) => value, false).split('\n');
    for (const line of calm) assert.ok(displayWidth(line) <= lineWidth, `${displayWidth(line)}: ${line}`);
  });
}

test('every printer is tested', () => {
  const folder = resolve(import.meta.dirname, '..');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?:^|\/)print(?:-report)?\.ts$/.test(file),
  );
  assert.ok(files.length >= 5);
  const found = files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^export function (print\w+)\(/gm)].map(([, name]) => name!),
  );
  assert.deepEqual(
    found.filter((name) => !(name in printers)),
    [],
  );
});

test('the help of every command fits', async () => {
  const { Command } = await import('commander');
  const { fitHelp } = await import('./fit-help.ts');
  const root = new Command('evenkeel').configureHelp({ minWidthToWrap: 20, helpWidth: lineWidth });
  let text = '';
  root.configureOutput({ writeOut: (part) => (text += fitHelp(part)) });
  await registerCommands(root);
  const visit = (command: InstanceType<typeof Command>): void => {
    command.outputHelp();
    for (const inner of command.commands) visit(inner);
  };
  visit(root);
  assert.ok(text.length > 10_000);
  assert.doesNotMatch(text, /\bundefined\b/, 'every option says what it is');
  for (const line of text.split('\n')) assert.ok(displayWidth(line) <= lineWidth, line);
});
