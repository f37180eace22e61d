import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { test } from 'node:test';
import { unlessAborted } from './shutdown.ts';

const shutdown = new URL('./shutdown.ts', import.meta.url).href;

/** Runs the code in a process of its own, signals it once it has printed a line for each, and answers how it ended. */
async function signalled(code: string, signals: readonly NodeJS.Signals[]): Promise<number | string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for (const signal of signals) {
    await once(child.stdout!, 'data');
    child.kill(signal);
  }
  const [exitCode, by] = await ended;
  return exitCode ?? by;
}

const stayAlive = 'setInterval(() => {}, 1000);';

test('a signal that nobody waits for ends the process with the code of a shell', async () => {
  const code = `import { endOnUnawaitedSignals } from '${shutdown}'; endOnUnawaitedSignals(); ${stayAlive} console.log('up');`;
  assert.equal(await signalled(code, ['SIGTERM']), 143);
  assert.equal(await signalled(code, ['SIGINT']), 130);
  assert.equal(await signalled(code, ['SIGHUP']), 129);
});

test('the first signal goes to who waits for it, the second ends the process', async () => {
  const code = `import { endOnUnawaitedSignals, terminationSignal } from '${shutdown}';
    endOnUnawaitedSignals(); ${stayAlive}
    terminationSignal().then((signal) => console.log(signal));
    console.log('up');`;
  assert.equal(await signalled(code, ['SIGTERM', 'SIGTERM']), 143);
  assert.equal(await signalled(code, ['SIGHUP', 'SIGINT']), 130);
});

test('work that nobody waits for any more is left', async () => {
  const early = new AbortController();
  const waiting = unlessAborted(new Promise(() => {}), early.signal);
  early.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(unlessAborted(Promise.reject(new Error('late')), early.signal), /enough/);
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve(7), signal), 7);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});
