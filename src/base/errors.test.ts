import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError, formatError, toEvenkeelError } from './errors.ts';

test('an error says what, where and what to do', () => {
  const error = new EvenkeelError('EK_CONFIG_INVALID', 'expected a number', {
    file: 'evenkeel.yaml',
    line: 3,
    column: 7,
    field: 'services[0].port',
    hint: 'Write a number.',
  });
  assert.equal(
    formatError(error),
    [
      'error EK_CONFIG_INVALID: expected a number',
      '  at evenkeel.yaml:3:7, field services[0].port',
      '  Write a number.',
    ].join('\n'),
  );
  assert.equal(error.exitCode, 2);
});

test('without a place or a hint, the code’s own action is what is left', () => {
  assert.deepEqual(formatError(new EvenkeelError('EK_USAGE', 'no such command')).split('\n'), [
    'error EK_USAGE: no such command',
    '  Run the command with --help; it lists every option with an example.',
  ]);
});

test('anything thrown becomes one of ours and keeps its cause', () => {
  const cause = new TypeError('x is not a function');
  const error = toEvenkeelError(cause);
  assert.equal(error.code, 'EK_INTERNAL');
  assert.equal(error.exitCode, 3);
  assert.equal(error.cause, cause);
  assert.equal(toEvenkeelError(error), error);
});
