import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDriver } from './driver.ts';
import { RunBroke, Unsupported } from './outcome.ts';
import { resource } from './resources.ts';

const patience = 300_000;
const change = { node: 'n', set: [resource('CDS', 'a')], remove: [] };

for (const [name, command, message] of [
  ['ends', 'exit 7', /the driver ended with exit code 7: exit 7/],
  ['is not there', 'no-such-program-of-conformance 2>&-', /the driver ended with exit code 127/],
  ['says what is no JSON', 'echo hello; cat', /wrote what is no JSON object, "hello"/],
  ['says that it cannot start', `echo '{"error":"no cache"}'; cat`, /could not start: no cache/],
] as const) {
  test(`a driver that ${name} breaks the run`, async () => {
    await assert.rejects(
      startDriver(command, patience, patience),
      (error) => error instanceof RunBroke && message.test(error.message),
    );
  });
}

test('a driver is told of a change in a line, and its answers are heard', async () => {
  const answers = [
    '{"ok":true,"server":"127.0.0.1:1","name":"shell","shared":true}',
    '{"ok":true}',
    '{"unsupported":"no CDS"}',
  ];
  const reading = answers
    .slice(1)
    .map((answer) => `read -r line; case $line in *'"node":"n"'*) echo '${answer}';; esac`);
  const driver = await startDriver(
    [`echo '${answers[0]}'`, ...reading, 'read -r line; exit 3'].join('; '),
    patience,
    patience,
  );
  assert.deepEqual([driver.name, driver.server, driver.isShared], ['shell', '127.0.0.1:1', true]);
  await driver.apply(change);
  await assert.rejects(driver.apply(change), (error) => error instanceof Unsupported && error.message === 'no CDS');
  await assert.rejects(driver.apply(change), (error) => error instanceof RunBroke && /exit code 3/.test(error.message));
  await driver.close();
});

test('a driver that does not answer a change breaks the run', async (t) => {
  const driver = await startDriver(`echo '{"ok":true}'; cat > /dev/null`, patience, 1);
  t.after(() => driver.close());
  await assert.rejects(driver.apply(change), (error) => error instanceof RunBroke && /for 1 ms/.test(error.message));
});
