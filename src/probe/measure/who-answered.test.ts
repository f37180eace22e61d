import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../load/engine.ts';
import { Recorder } from '../load/recorder.ts';
import type { Expected } from '../target/expected.ts';
import { Contacts } from './contacts.ts';
import { parseProbeOptions } from './options.ts';
import type { BackendEvent } from './watch-backends.ts';
import { whoAnswered } from './who-answered.ts';

const startedAt = performance.now();
const measuredMs = 3000;
const addressOf = (pod: string): string => `${pod}.local:80`;
const expecting = (...pods: string[]): Expected => ({
  ...{ source: 'dns', count: pods.length, known: true, families: true },
  backends: pods.map((pod) => ({ address: addressOf(pod) })),
});

/** What a run says that began with the pods a and b, whose calls were answered by `answering` in turn. */
function run(answering: readonly string[], events: readonly (readonly [BackendEvent['event'], string, number])[]) {
  const recorder = new Recorder(startedAt, 1000);
  const contacts = new Contacts();
  let calls = 0;
  const engine = {
    identifyBy() {},
    call: (done: Parameters<Engine['call']>[0]) => {
      const pod = answering[calls % answering.length]!;
      calls += 1;
      done('OK', pod, addressOf(pod));
    },
  } as unknown as Engine;
  const observed = contacts.observe(engine, { from: 'header', name: 'evenkeel-pod' });
  for (let call = 0; call < 60; call += 1) {
    observed.call((status, who, peer) => {
      const times = { dueAt: startedAt, sentAt: startedAt, endedAt: startedAt + 1 };
      recorder.ended({ ...times, status, who, peer, error: undefined, held: undefined });
    }, startedAt);
  }
  const there = new Set(['a', 'b']);
  for (const [event, pod] of events) event === 'came' ? there.add(pod) : there.delete(pod);
  return whoAnswered({
    ...{ options: parseProbeOptions('dns:///orders:80', {}), startedAt: new Date(0), call: '', engine: 'channel' },
    identified: { identifier: { from: 'header', name: 'evenkeel-pod' }, why: '', samples: 1 },
    first: expecting('a', 'b'),
    watched: {
      events: events.map(([event, pod, at]) => ({ event, address: addressOf(pod), at: startedAt + at })),
      last: expecting(...there),
    },
    contacts,
    result: {
      ...{ recorder, startedAt, measuredMs, intendedRate: 20, achievedRate: 20, warmupCalls: 0, inFlight: 0 },
      ...{ saturation: { busy: 0, latestMs: 0, heldBack: false, pauses: 0 }, interrupted: false },
    },
    ...{ otherCalls: { samples: 1, reflection: false }, connections: 1, streamWaits: 0 },
    about: { versions: {}, machine: { os: '', cpus: 1, memoryMiB: 1 }, command: '' },
  });
}

const untilTheEnd = 'backends came and went until the end of the run';

test('where changes leave nothing to judge, nothing false is said of those that answered before', () => {
  const replaced = run(
    ['a', 'b'],
    [
      ['went', 'b', 2500],
      ['came', 'c', 2500],
    ],
  );
  assert.equal(replaced.judged.found.verdict, 'inconclusive');
  assert.equal(replaced.explained.why, `${untilTheEnd}; ${addressOf('c')} got no call`);
  assert.deepEqual([replaced.backends.reached, replaced.backends.silent], [1, [addressOf('c')]]);
  assert.deepEqual(replaced.backends.unexpected, [], 'b answered while it was there');
  const back = run(
    ['a', 'b'],
    [
      ['went', 'b', 1200],
      ['came', 'b', 2500],
    ],
  );
  assert.equal(back.explained.why, untilTheEnd);
  assert.deepEqual([back.backends.reached, back.backends.silent, back.backends.unexpected], [2, [], []]);
});

test('who was never expected is told, though nothing is left to judge', () => {
  const { explained, backends } = run(['a', 'x'], [['went', 'b', 2500]]);
  assert.deepEqual(backends.unexpected, ['x']);
  assert.match(explained.why, /x answered and ought not to/);
});
