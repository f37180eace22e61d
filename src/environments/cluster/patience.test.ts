import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import { patiently } from './patience.ts';

/** Fails in these ways, one after the other, then answers. */
function failing(...ways: Error[]): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    work: async () => {
      const way = ways[tries++];
      if (way !== undefined) throw way;
      return 'done';
    },
    tries: () => tries,
  };
}

const answered = (status: number): Error => new ApiException(status, 'no', undefined, {});

test('asks again while the API is away', async () => {
  const { work, tries } = failing(new TypeError('fetch failed'), answered(503));
  assert.equal(await patiently(work), 'done');
  assert.equal(tries(), 3);
});

test('takes a clear answer as it is', async () => {
  for (const status of [403, 404, 409]) {
    const { work, tries } = failing(answered(status));
    await assert.rejects(patiently(work), { code: status });
    assert.equal(tries(), 1);
  }
});

test('gives up in the end, with the last reason', async () => {
  await assert.rejects(patiently(failing(new TypeError('first'), new TypeError('last')).work, 0), { message: 'first' });
});
