import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventProgress, parseEvent } from './events.ts';

test('what the display of the pod writes is read as it was said', () => {
  const lines: string[] = [];
  const progress = eventProgress((line) => lines.push(line));
  progress.step('one');
  progress.update('two');
  progress.note('three');
  progress.end();
  assert.deepEqual(
    lines.map((line) => parseEvent(line.trimEnd())),
    [
      { event: 'step', text: 'one' },
      { event: 'update', text: 'two' },
      { event: 'note', text: 'three' },
    ],
  );
});

test('other lines are none', () => {
  for (const line of ['', 'a warning', '{"event":"step"}', '{"event":"step",', '{"event":"other","text":"x"}']) {
    assert.equal(parseEvent(line), undefined, line);
  }
});
