import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, report, rollout } from '../testing/rows.ts';
import { reportPage } from './report-page.ts';
import { inOrder, timelinePlot } from './timeline-plot.ts';

const timeline = (...answered: Record<string, number>[]) => ({
  bucketMs: 200,
  buckets: answered.map((calls, index) => ({ atMs: index * 200, answered: calls, failed: 0 })),
});

// Names as Kubernetes gives them: the pods that came last are the first by name.
const grown = change('xds', 'scale-out', {
  added: [{ pod: 'be1-a', readyAtMs: 100, firstAnswerAtMs: 440 }],
  timeline: timeline({ 'be1-x': 5, 'be1-m': 5 }, { 'be1-m': 3, 'be1-x': 3, 'be1-a': 3 }),
});
const shrunk = change('xds', 'scale-in', {
  removed: [{ pod: 'be1-m', terminatingAtMs: 1, endedAtMs: 2000, lastCallAtMs: 10 }],
  timeline: timeline({ 'be1-a': 3, 'be1-m': 3, 'be1-x': 3 }, { 'be1-a': 5, 'be1-x': 5 }),
});

function colours(html: string): Map<string, string> {
  return new Map(
    [...html.matchAll(/fill="([^"]+)"><title>([^<]+)<\/title><\/polygon>/g)].map(([, fill, pod]) => [pod!, fill!]),
  );
}

test('pods are in the order in which they came, those of the row before first', () => {
  assert.deepEqual(inOrder(grown), ['be1-m', 'be1-x', 'be1-a']);
  assert.deepEqual(inOrder(shrunk), ['be1-a', 'be1-m', 'be1-x']);
  assert.deepEqual(inOrder(shrunk, inOrder(grown)), ['be1-m', 'be1-x', 'be1-a']);
});

test('a pod keeps its colour from scale-out to scale-in', () => {
  const page = reportPage(report([], [grown], [shrunk]));
  const [out, back] = page.split('Scale-in: calls by pod over time');
  const expected = new Map([
    ['be1-m', 'var(--c0)'],
    ['be1-x', 'var(--c1)'],
    ['be1-a', 'var(--c2)'],
  ]);
  assert.deepEqual(colours(out!), expected);
  assert.deepEqual(colours(back!), expected);
});

test('a pod that answered nothing is not drawn, and the others keep their colours', () => {
  const before = { ...grown, added: [], timeline: timeline({ 'be1-m': 4, 'be1-x': 4 }) };
  const plot = timelinePlot('xds', { ...shrunk, timeline: timeline({ 'be1-x': 4 }) }, before);
  assert.deepEqual([...colours(plot)], [['be1-x', 'var(--c1)']]);
});

test('a rolling update is drawn by its own pods, failed calls among them', () => {
  const row = rollout(
    'xds',
    'update',
    { other: 2 },
    {
      timeline: { bucketMs: 200, buckets: [{ atMs: 0, answered: { 'be1-0': 3 }, failed: 2 }] },
    },
  );
  const page = reportPage(report([], [], [], [row]));
  assert.deepEqual(
    [...colours(page)],
    [
      ['be1-0', 'var(--c0)'],
      ['failed', 'var(--bad)'],
    ],
  );
});

test('failed calls are named however many pods there are; pods without a colour of their own are counted', () => {
  const answered = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`be1-${String.fromCharCode(97 + index)}`, 1]),
  );
  const plot = timelinePlot('xds', {
    ...shrunk,
    timeline: { bucketMs: 200, buckets: [{ atMs: 0, answered, failed: 1 }] },
  });
  const legend = [...plot.matchAll(/<i style="background:([^"]+)"><\/i>([^<]+)</g)].map(
    ([, fill, name]) => `${name} ${fill}`,
  );
  assert.deepEqual(legend.slice(-3), ['be1-j var(--c9)', 'failed var(--bad)', '2 more var(--rest)']);
  assert.equal(legend.length, 12);
});
