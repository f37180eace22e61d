import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startInterruptible } from './testing/interrupted.ts';

const timeout = 120_000;
const fewPods = ['--schemes', 'headless-round-robin,xds', '--deadline', '30000'];
const experiment = (name: string, ...args: string[]): string[] => ['experiment', name, ...args];
const line = /note: SIGINT: ending the lab; a second one ends this at once\n/;
const nothing = /note: the lab was ended before anything was measured\n$/;

suite('Ctrl-C', { concurrency: 2 }, () => {
  for (const [what, args, on] of [
    ['lab, as its pods start', ['lab', ...fewPods], /starting pods/],
    ['lab, in the middle of a scheme', ['lab', ...fewPods, '--calls', '100000'], /calling: headless/],
    ['lab --node-local', ['lab', '--node-local', '--rate', '1'], /calling/],
    ['connection-age', experiment('connection-age', '--ages', '30s'), /age 30 s/],
    ['scale-out', experiment('scale-out', ...fewPods), /scale-out …/],
    ['rolling-update', experiment('rolling-update', ...fewPods), /rolling-update: /],
    ['slow-pod', experiment('slow-pod', '--calls', '100000'), /round_robin/],
  ] as const) {
    test(`ends ${what}, and nothing is left`, { timeout }, async (t) => {
      const run = startInterruptible(t, args);
      await run.said(on);
      run.interrupt();
      const { code, stdout, stderr } = await run.ended;
      assert.equal(code, 3, stderr);
      assert.match(stderr, line);
      if (stdout === '') assert.match(stderr, nothing);
      assert.doesNotMatch(stderr, /error|Warning|\n\s+at /);
      await run.nothingLeft();
    });
  }

  for (const [what, args, on] of [
    ['a lab that is kept up', ['lab', ...fewPods, '--calls', '60', '--scale-to', '3', '--keep'], /Ctrl-C ends it/],
    ['a reference system', ['lab', '--system', 'a'], /Ctrl-C ends it/],
  ] as const) {
    test(`ends ${what}, and nothing is left`, { timeout }, async (t) => {
      const run = startInterruptible(t, args);
      await run.said(on);
      run.interrupt();
      const { code, stderr } = await run.ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, line);
      await run.nothingLeft();
    });
  }

  test('a second one ends a lab at once, and nothing is left', { timeout }, async (t) => {
    const run = startInterruptible(t, ['lab', ...fewPods, '--calls', '100000']);
    await run.said(/calling: headless/);
    run.interrupt();
    await run.said(line);
    run.interrupt();
    const { code, signal } = await run.ended;
    // It may have been done by then.
    assert.ok(signal === 'SIGINT' || code === 3, `${code} ${signal}`);
    await run.nothingLeft();
  });
});
