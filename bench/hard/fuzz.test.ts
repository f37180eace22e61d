import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzFiles } from './fuzz-files.ts';
import { fuzzRequests } from './fuzz-requests.ts';
import { Random } from './random.ts';

// A seed that does not change: what fails here fails everywhere, and again. `fuzz.ts` draws new ones.
const seed = 20_261_121;

test('the same seed gives the same numbers', () => {
  const draw = () => {
    const random = new Random(seed);
    return [random.below(1_000), random.below(1_000), random.bytes(4).toString('hex')];
  };
  assert.deepEqual(draw(), draw());
});

test('broken files are refused with a code, each of them', () => {
  const { tried, accepted, refused, broken } = fuzzFiles(seed, 500);
  assert.deepEqual(broken, []);
  assert.equal(
    Object.values(refused).reduce((sum, count) => sum + count, accepted),
    tried,
  );
  assert.ok((refused.EK_FILE_SYNTAX ?? 0) > 100 && (refused.EK_CONFIG_INVALID ?? 0) > 50, JSON.stringify(refused));
});

test('broken requests end their stream with a status that says why, and nothing else', async () => {
  const { tried, ended, broken } = await fuzzRequests(seed, 1_000);
  assert.deepEqual(broken, []);
  assert.ok(tried >= 1_000);
  for (const status of [0, 3, 8]) assert.ok((ended[status] ?? 0) > 0, JSON.stringify(ended));
});
