import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Load } from './load.ts';
import { answered } from './tally.ts';

const tally = (count: number) => ({ backends: { t: { pod: count } }, failures: {} });
const longMs = 60_000;

suite('load', () => {
  test('waits for reports until one satisfies the test', async () => {
    const load = new Load(() => {});
    const waiting = load.until((seen) => answered(seen) >= 3, longMs);
    load.update(tally(2), false);
    load.update(tally(3), false);
    assert.equal(typeof (await waiting), 'number');
  });

  test('a test that holds already is answered at once', async () => {
    const load = new Load(() => {});
    load.update(tally(1), false);
    assert.equal(typeof (await load.until((seen) => answered(seen) === 1, longMs)), 'number');
  });

  test('says undefined when nothing comes in time', async () => {
    assert.equal(await new Load(() => {}).until(() => false, 1), undefined);
  });

  test('stopping asks the client to stop and gives the last tally', async () => {
    let asked = 0;
    const load = new Load(() => asked++);
    const last = load.stop();
    load.update(tally(7), true);
    assert.equal(answered(await last), 7);
    assert.equal(asked, 1);
  });

  test('a client that is gone is an error for whoever stops the load', async () => {
    const load = new Load(() => {});
    load.broke(new Error('go ended with SIGSEGV'));
    await assert.rejects(load.stop(), /SIGSEGV/);
  });
});
