import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, usage } from './options.ts';
import { BadInput } from './outcome.ts';

test('--help says what it is for, with an example, in 80 columns', () => {
  assert.match(usage, /^Usage: xds-conformance [\s\S]*^Examples:\n {2}npx @evenkeel\/conformance /m);
  for (const line of usage.split('\n')) assert.ok(line.length <= 80, line);
});

test('what is given is read', () => {
  const options = readOptions([
    '--driver',
    'd',
    '--server',
    '[::1]:18000',
    '--only',
    'a,b,',
    '--patience',
    '7',
    '--must',
  ]);
  assert.deepEqual(
    [options.driver, options.server, options.only, options.patienceMs, options.quietMs, options.isMust, options.isJson],
    ['d', '[::1]:18000', ['a', 'b'], 7, 100, true, false],
  );
});

for (const [args, message] of [
  [[], /--driver is needed/],
  [['--no-such-option'], /--no-such-option/],
  [['--driver', 'd', 'word'], /word/],
  [['--driver', 'd', '--patience', 'long'], /invalid --patience "long": milliseconds/],
  [['--driver', 'd', '--quiet', '0'], /invalid --quiet "0": milliseconds/],
  [['--driver', 'd', '--server', '18000'], /invalid --server "18000": HOST:PORT/],
] as const) {
  test(`${args.join(' ') || 'nothing'} is refused`, () => {
    assert.throws(
      () => readOptions(args),
      (error: Error) => error instanceof BadInput && message.test(error.message),
    );
  });
}
