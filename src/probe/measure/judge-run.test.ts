import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { mulberry32, type Random } from '../../base/random.ts';
import { detectionChance, smallestSkewFound } from '../../verdict/power.ts';
import { minimumCalls, type Verdict } from '../../verdict/verdict.ts';
import { judgeRun } from './judge-run.ts';

/** Verdicts that say that calls are not spread evenly. */
const uneven = new Set<Verdict>(['skewed', 'partial', 'pinned']);
const [evenRuns, skewedRuns] = [50_000, 2000];

/** Calls of some seconds that each chose a backend at random; the first one's share is larger by `skew` of the even one. */
function drawSeconds(random: Random, calls: number, backends: number, skew = 0) {
  const first = (1 + skew) / backends;
  const counts = new Array<number>(backends).fill(0);
  for (let call = 0; call < calls; call += 1) {
    const value = random();
    const index = value < first ? 0 : 1 + Math.floor(((value - first) / (1 - first)) * (backends - 1));
    counts[Math.min(index, backends - 1)]! += 1;
  }
  const answered = Object.fromEntries(
    counts.flatMap((count, index) => (count === 0 ? [] : [[`pod-${index}`, count] as const])),
  );
  return [{ atMs: 0, answered }];
}

const asked = { judgedFromMs: 0, byPeer: false, spansOf: () => [] };
/** Only their number is known, or nothing. */
const counted = (count: number | null) => ({ wanted: [], known: false, families: false, count, missed: [] });

describe('error rates of the probe, simulated', () => {
  const rows = [2, 3, 5, 10, 20].flatMap((backends) =>
    [minimumCalls(backends), 300, ...(backends === 3 || backends === 10 ? [1000] : [])].map((calls) =>
      simulate(backends, calls),
    ),
  );

  test('fewer than 1 false alarm in 1,000 runs, whether the number of backends is known or not', () => {
    for (const { backends, calls, known, unknown } of rows) {
      assert.ok(known / evenRuns < 1 / 1000, `${calls} calls to ${backends}: ${known} of ${evenRuns}`);
      assert.ok(unknown / evenRuns < 1 / 1000, `${calls} calls to an unknown number: ${unknown} of ${evenRuns}`);
    }
  });

  test('the skew that a report says it shows is found in nine of ten runs', () => {
    for (const { backends, calls, skew, found } of rows) {
      if (skew === null) continue;
      const seen = `${calls} calls to ${backends}, ${skew}: ${found} of ${skewedRuns}`;
      assert.ok(found / skewedRuns > detectionChance - 0.05, seen);
    }
  });

  test('too few calls are inconclusive, however they are spread', () => {
    for (const backends of [2, 3, 5, 10, 20]) {
      const random = mulberry32(backends);
      const calls = minimumCalls(backends) - 1;
      for (const skew of [0, backends - 1]) {
        for (let run = 0; run < 500; run += 1) {
          const { found } = judgeRun({
            ...asked,
            expected: counted(backends),
            seconds: drawSeconds(random, calls, backends, skew),
          });
          assert.equal(found.verdict, 'inconclusive');
        }
      }
    }
  });

  test('docs/probe.md has the table', () => {
    const page = readFileSync(resolve(import.meta.dirname, '..', '..', '..', 'docs', 'probe.md'), 'utf8');
    const [start, end] = ['<!-- error rates: simulated -->\n', '\n<!-- /error rates -->'];
    assert.equal(page.slice(page.indexOf(start) + start.length, page.indexOf(end)), table());
  });

  function simulate(backends: number, calls: number) {
    const random = mulberry32(backends * 100_000 + calls);
    const alarms = { known: 0, unknown: 0 };
    for (let run = 0; run < evenRuns; run += 1) {
      const seconds = drawSeconds(random, calls, backends);
      if (uneven.has(judgeRun({ ...asked, seconds, expected: counted(backends) }).found.verdict)) alarms.known += 1;
      if (uneven.has(judgeRun({ ...asked, seconds, expected: counted(null) }).found.verdict)) alarms.unknown += 1;
    }
    const skew = smallestSkewFound(calls, backends);
    const foundOf = (size: number): number => {
      let found = 0;
      for (let run = 0; run < skewedRuns; run += 1) {
        const seconds = drawSeconds(random, calls, backends, size);
        if (uneven.has(judgeRun({ ...asked, seconds, expected: counted(backends) }).found.verdict)) found += 1;
      }
      return found;
    };
    return {
      ...{ backends, calls, skew, ...alarms },
      ...{ found: skew === null ? 0 : foundOf(skew), half: skew === null ? 0 : foundOf(skew / 2) },
    };
  }

  function table(): string {
    const percent = (part: number): string => `${(part * 100).toFixed(part < 0.01 ? 3 : 1)} %`;
    return [
      '| backends | calls | false alarms | number unknown | smallest skew shown | found | half of it found |',
      '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map(({ backends, calls, known, unknown, skew, found, half }) => {
        const cells = [
          ...[backends, calls.toLocaleString('en'), percent(known / evenRuns), percent(unknown / evenRuns)],
          ...(skew === null
            ? ['–', '–', '–']
            : [`${Math.ceil(skew * 100)} %`, percent(found / skewedRuns), percent(half / skewedRuns)]),
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ].join('\n');
  }
});

describe('what is judged', () => {
  const even = { a: 100, b: 100, c: 100 };
  const address = (n: number): string => `10.0.0.${n}:80`;
  const at = (peer: string) => [{ peer, firstAt: 0, lastAt: 1 }];
  const addressOf: Record<string, string> = { a: address(1), b: address(2), c: address(3), old: address(9) };
  /** Backends at `10.0.0.N`, named by a header. */
  const named = (answered: Record<string, number>, wanted: readonly number[], more?: object) =>
    judgeRun({
      ...asked,
      seconds: [{ atMs: 0, answered }],
      expected: { ...counted(null), known: true, wanted: wanted.map((n) => ({ address: address(n) })), ...more },
      spansOf: (name) => (addressOf[name] === undefined ? [] : at(addressOf[name])),
    });

  test('shares count from the last change on', () => {
    const seconds = [
      { atMs: 0, answered: { a: 300 } },
      { atMs: 1000, answered: even },
    ];
    assert.equal(judgeRun({ ...asked, seconds, judgedFromMs: 1000, expected: counted(3) }).found.verdict, 'balanced');
    assert.equal(judgeRun({ ...asked, seconds, expected: counted(3) }).found.verdict, 'skewed');
  });

  test('answers that do not say who gave them are in no share, and many of them leave it open', () => {
    const seconds = (anonymous: number) => [{ atMs: 0, answered: { ...even, '': anonymous } }];
    const some = judgeRun({ ...asked, seconds: seconds(10), expected: counted(3) });
    assert.deepEqual([some.found.verdict, some.judged], ['balanced', 300]);
    const many = judgeRun({ ...asked, seconds: seconds(900), expected: counted(3) });
    assert.deepEqual([many.found.verdict, many.doubt], ['inconclusive', 'anonymous']);
    const third = judgeRun({
      ...asked,
      seconds: [{ atMs: 0, answered: { a: 100, b: 100, '': 100 } }],
      expected: counted(3),
    });
    assert.deepEqual([third.found.verdict, third.doubt], ['inconclusive', 'anonymous'], 'they may be of the third');
    const named = Object.fromEntries(Array.from({ length: 29 }, (_, pod) => [`pod-${pod}`, 20]));
    const of = (backends: number, answered: Record<string, number>): (string | undefined)[] => {
      const { found, doubt } = judgeRun({ ...asked, seconds: [{ atMs: 0, answered }], expected: counted(backends) });
      return [found.verdict, doubt];
    };
    assert.deepEqual(of(30, { ...named, '': 20 }), ['inconclusive', 'anonymous'], 'few, and as many as the last gets');
    assert.deepEqual(of(30, named), ['partial', undefined]);
    assert.deepEqual(of(3, { a: 300, b: 300, '': 1 }), ['partial', undefined], 'fewer than chance explains');
    assert.deepEqual(of(3, { a: 600, '': 20 }), ['pinned', undefined], 'whoever gave them');
  });

  test('one address that may stand for many backends: nothing is claimed', () => {
    const one = [{ atMs: 0, answered: { '10.0.0.1:443': 300 } }];
    const hidden = judgeRun({ ...asked, byPeer: true, seconds: one, expected: counted(3) });
    assert.deepEqual([hidden.found.verdict, hidden.doubt], ['inconclusive', 'hidden']);
    const known = {
      ...counted(null),
      known: true,
      wanted: ['10.0.0.1:443', '10.0.0.2:443'].map((address) => ({ address })),
    };
    const spansOf = (name: string) => (name === '' ? [] : at(name));
    assert.equal(judgeRun({ ...asked, byPeer: true, seconds: one, expected: known, spansOf }).found.verdict, 'pinned');
  });

  test('a backend that ought to answer and got no call is never balanced, however many others answered', () => {
    assert.equal(named({ a: 100, b: 100 }, [1, 2]).found.verdict, 'balanced');
    assert.equal(named({ a: 100, old: 100 }, [1, 2]).found.verdict, 'partial');
    assert.equal(named({ old: 100 }, [1, 2]).found.verdict, 'pinned');
    assert.equal(named({ a: 100, b: 100, old: 100 }, [1, 2, 3]).found.verdict, 'partial');
    assert.equal(named({ a: 100, b: 100 }, [1, 2, 3], { count: 2 }).found.verdict, 'partial', 'DNS knows it');
    const missed = [{ address: address(3) }];
    assert.equal(named({ a: 100, b: 100 }, [1, 2], { missed }).found.verdict, 'partial', 'it went before the end');
  });

  test('a backend that answers and ought not to is never balanced', () => {
    assert.equal(named({ a: 100, b: 100, old: 100 }, [1, 2]).found.verdict, 'skewed');
    assert.equal(named({ a: 100, old: 100 }, [1]).found.verdict, 'skewed');
    assert.equal(named({ a: 100, b: 100 }, []).found.verdict, 'skewed', 'nobody ought to answer');
  });

  test('what a person says is held against what was seen', () => {
    const answered = [{ atMs: 0, answered: even }];
    const surplus = judgeRun({ ...asked, seconds: answered, expected: counted(2) });
    assert.deepEqual([surplus.found.verdict, surplus.doubt], ['inconclusive', 'surplus']);
    assert.equal(judgeRun({ ...asked, seconds: answered, expected: counted(4) }).found.verdict, 'partial');
    const fewer = named(even, [1, 2, 3], { count: 2 });
    assert.deepEqual([fewer.found.verdict, fewer.doubt], ['inconclusive', 'contradiction']);
  });

  test('calls that failed count where they went: a backend that fails its own is never balanced', () => {
    const run = (answered: Record<string, number>, failedBy: Record<string, number>, wanted: readonly number[] = []) =>
      judgeRun({
        ...asked,
        seconds: [{ atMs: 0, answered, failedBy }],
        expected: { ...counted(null), known: wanted.length > 0, wanted: wanted.map((n) => ({ address: address(n) })) },
        spansOf: (name) => (addressOf[name] === undefined ? [] : at(addressOf[name])),
      });
    for (const wanted of [[], [1, 2, 3]]) {
      assert.equal(run(even, { a: 5, b: 5, c: 5 }, wanted).found.verdict, 'balanced', 'all alike');
      const half = run({ a: 100, b: 100, c: 50 }, { c: 50 }, wanted);
      assert.deepEqual([half.found.verdict, half.failures], ['skewed', { name: 'c', failed: 50, calls: 100 }]);
      const twice = run(even, { c: 100 }, wanted);
      assert.deepEqual([twice.found.verdict, twice.failures], ['skewed', undefined], 'it got twice its share');
      const always = run({ a: 100, b: 100 }, { c: 100 }, wanted);
      assert.equal(always.found.verdict, 'partial');
      assert.deepEqual(always.failingNames, wanted.length === 0 ? ['c'] : []);
    }
    const proxy = run({ a: 100, b: 100 }, { '127.0.0.1:80': 100 });
    assert.deepEqual([proxy.found.verdict, proxy.failingNames], ['balanced', []], 'a proxy is no backend');
  });
});
