import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitError } from './fit-error.ts';

test('long lines of an error go on below, further in, and what is short stays as it is', () => {
  const message = `error EK_PROBE_TARGET: ${'word '.repeat(20)}end`;
  const fitted = fitError(`${message}\n  at config.yaml:3\n  do this`);
  const lines = fitted.split('\n');
  assert.ok(lines.every((line) => line.length <= 80));
  assert.deepEqual(lines.slice(-2), ['  at config.yaml:3', '  do this']);
  assert.ok(lines.slice(1, -2).every((line) => line.startsWith('  word')));
  assert.equal(
    lines
      .slice(0, -2)
      .map((line) => line.trim())
      .join(' '),
    message,
  );
});

test('what is to be copied is not broken', () => {
  const path = `/tmp/${'x'.repeat(100)}/file.yaml`;
  assert.equal(fitError(`  at ${path}`), `  at\n    ${path}`);
  assert.equal(fitError(path), path);
});
