import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress } from './progress.ts';

function record(isTTY: boolean): string {
  let text = '';
  let now = 0;
  const stream = { isTTY, columns: 30, write: (part: string) => (text += part) };
  const progress = createProgress(stream, () => now);
  progress.step('starting pods');
  progress.update('2 of 6');
  progress.note('port 80 is 8080 here');
  now = 1234;
  progress.step('calling xds with a name that is too long for the line');
  now = 2000;
  progress.end();
  progress.end();
  return text;
}

test('not a terminal: one line a step, nothing is rewritten', () => {
  assert.equal(
    record(false),
    [
      'starting pods …',
      'note: port 80 is 8080 here',
      'calling xds with a name that is too long for the line …',
      '',
    ].join('\n'),
  );
});

test('a terminal: one line that is rewritten and never wraps, then what was done and how long it took', () => {
  const clear = '\r\u001b[K';
  assert.deepEqual(record(true).split(clear), [
    '',
    '  starting pods …',
    '  starting pods: 2 of 6',
    'note: port 80 is 8080 here\n',
    '  starting pods …',
    '✓ starting pods (1.2 s)\n',
    '  calling xds with a name th…',
    '✓ calling xds with a name that is too long for the line (0.8 s)\n',
  ]);
});
