import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, gateLine, parseGate, type RawGate, type Seen } from './gate.ts';

const good: Seen = {
  ...{ verdict: 'balanced', why: 'every backend got its share', calls: 300, failed: 0, failures: {} },
  ...{ p99Ms: 20, convergedMs: undefined },
};
const met = (raw: RawGate, seen: Partial<Seen>): boolean =>
  check(parseGate(raw)!, { ...good, ...seen }).every((one) => one.met);
const line = (raw: RawGate, seen: Partial<Seen>): string => gateLine(check(parseGate(raw)!, { ...good, ...seen }));

test('a run without a call meets nothing', () => {
  const empty: Partial<Seen> = { verdict: 'inconclusive', calls: 0, p99Ms: null };
  for (const raw of [{ expect: 'balanced' }, { maxFailed: '0' }, { maxFailed: '100%' }, { maxP99: '1h' }]) {
    assert.equal(met(raw, good), true, JSON.stringify(raw));
    assert.equal(met(raw, empty), false, JSON.stringify(raw));
  }
  assert.equal(met({ maxConverge: '1h' }, empty), false);
});

test('so many may fail, as a number or as a share, and no more', () => {
  assert.equal(met({ maxFailed: '3' }, { failed: 3 }), true);
  assert.equal(met({ maxFailed: '3' }, { failed: 4 }), false);
  assert.equal(met({ maxFailed: '1%' }, { failed: 3 }), true);
  assert.equal(met({ maxFailed: '1%' }, { failed: 4 }), false);
  assert.equal(
    line({ maxFailed: '0' }, { failed: 2, failures: { UNAVAILABLE: 2 } }),
    'gate failed: expected at most 0 calls fail, saw 2 of 300 (UNAVAILABLE 2)',
  );
});

test('a share of calls is counted in whole ones', () => {
  for (let tenths = 1; tenths <= 1000; tenths += 1) {
    const maxFailed = `${tenths / 10}%`;
    // So many of 1,000 calls are that share exactly.
    assert.equal(met({ maxFailed }, { calls: 1000, failed: tenths }), true, maxFailed);
    assert.equal(met({ maxFailed }, { calls: 1000, failed: tenths + 1 }), false, maxFailed);
    const [one] = check(parseGate({ maxFailed })!, good);
    assert.equal(one!.expectation, `at most ${tenths / 10} % of calls fail`);
  }
});

test('what misses a limit does not read like it', () => {
  assert.match(line({ maxP99: '50ms' }, { p99Ms: 50.31 }), /p99 at most 50 ms, saw 50\.31 ms$/);
  assert.match(line({ maxP99: '1s' }, { p99Ms: 1040 }), /p99 at most 1 s, saw 1\.04 s$/);
  assert.match(line({ maxP99: '1040ms' }, { p99Ms: 1230 }), /p99 at most 1\.04 s, saw 1\.2 s$/);
  assert.match(line({ maxConverge: '2s' }, { convergedMs: 2001 }), /within 2 s, saw 2\.001 s$/);
});

test('calls that never left are not met, and not said to have failed', () => {
  const unsent: Partial<Seen> = { calls: 200, notSent: 100, p99Ms: 'lost' };
  assert.equal(met({ maxFailed: '99' }, unsent), false);
  assert.equal(met({ maxFailed: '100' }, unsent), true, 'what was allowed to be missing may be');
  assert.equal(
    line({ maxFailed: '0', maxP99: '1h' }, unsent),
    'gate failed: expected at most 0 calls fail, saw 0 of 200, 100 more never left this program; ' +
      'expected p99 at most 60 min, saw no answer to more than 1 of 100 calls: 0 of 200 failed, 100 more never left this program',
  );
});

test('what failed is slower than any limit', () => {
  assert.equal(met({ maxP99: '20ms' }, {}), true);
  assert.equal(met({ maxP99: '19ms' }, {}), false);
  assert.equal(met({ maxP99: '24h' }, { failed: 15, p99Ms: 'lost' }), false);
});

test('a change must be seen, and followed in time', () => {
  assert.equal(met({ maxConverge: '2s' }, { convergedMs: 2000 }), true);
  assert.equal(met({ maxConverge: '2s' }, { convergedMs: 2001 }), false);
  assert.equal(met({ maxConverge: '2s' }, { convergedMs: null }), false);
  assert.equal(met({ maxConverge: '2s' }, { convergedMs: undefined }), false);
});
