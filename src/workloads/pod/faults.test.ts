import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ColdWork, Faults, StatusError } from './faults.ts';

const settings = {
  ...({ latencyMs: 0, latencySpread: 'none', coldMs: 0, warmUpMs: 0 } as const),
  ...({ errorRate: 0.25, errorStatus: 'RESOURCE_EXHAUSTED', seed: 7 } as const),
};

async function pattern(faults: Faults, calls: number): Promise<string> {
  let seen = '';
  for (let call = 0; call < calls; call++) {
    seen += await faults.apply(undefined, AbortSignal.timeout(60_000)).then(
      () => '.',
      () => 'x',
    );
  }
  return seen;
}

test('the same seed fails the same calls, another seed others', async () => {
  const first = await pattern(new Faults(settings), 200);
  assert.equal(await pattern(new Faults(settings), 200), first);
  assert.notEqual(await pattern(new Faults({ ...settings, seed: 8 }), 200), first);
  const failed = [...first].filter((mark) => mark === 'x').length;
  assert.ok(failed > 25 && failed < 75, `${failed} of 200 at a rate of 0.25`);
});

test('fails with the status that was asked for', async () => {
  const faults = new Faults({ ...settings, errorRate: 1 });
  await assert.rejects(
    faults.apply(undefined, new AbortController().signal),
    (error: unknown) => error instanceof StatusError && error.status === 'RESOURCE_EXHAUSTED' && error.code === 8,
  );
});

test('a wait ends when the caller goes away', async () => {
  const caller = new AbortController();
  const waiting = new Faults({ ...settings, errorRate: 0, latencyMs: 600_000 }).apply(undefined, caller.signal);
  caller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('what a call asks for replaces the setting; nonsense does not', async () => {
  const faults = new Faults({ ...settings, errorRate: 0, latencyMs: 0 });
  const gone = AbortSignal.abort();
  await faults.apply('soon', gone);
  await faults.apply('-5', gone);
  await assert.rejects(faults.apply('600000', gone), { name: 'AbortError' });
});

test('a cold pod takes one call after the other, and less and less for each', () => {
  const cold = new ColdWork(40, 20_000);
  assert.deepEqual([cold.waitMs(1_000), cold.waitMs(1_000)], [40, 80]);
  assert.equal(cold.waitMs(11_000), 20);
  assert.equal(cold.waitMs(21_000), 0);
  assert.equal(new ColdWork(0, 20_000).waitMs(0), 0);
});
