import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../base/printable.ts';
import { causes, countCauses } from '../../verdict/cause.ts';
import type { MeasuredScheme, Report, RolloutRow } from '../report.ts';
import { policyRow } from '../run-node-local.ts';
import { explainChange, explainRollout, explainVerdict } from '../schemes/explain.ts';
import { schemeIds } from '../schemes/schemes.ts';
import { change, measured, placed, report, rollout } from '../testing/rows.ts';
import { unmeasured } from '../unmeasured.ts';
import { type Cell, type Column, lineWidth, painter, sparkline, table, wrap } from './layout.ts';
import { printReport, useColour } from './print-report.ts';

const brokenRollback: RolloutRow = {
  scheme: 'l7-envoy',
  title: 'x',
  change: 'rollback',
  status: 'error',
  code: 'EK_PROBE_CLIENT',
  reason: 'the client process ended with SIGKILL',
  do: 'Read its last output in the message and run again.',
};

const usual = report(
  [
    measured('clusterip-http-new-connections', [95, 107, 98], { connections: 300 }),
    measured('clusterip-http-keepalive', [300, 0, 0]),
    measured('clusterip-grpc', [0, 300, 0]),
    measured('headless-pick-first', [0, 0, 300]),
    measured('headless-round-robin', [100, 100, 100], { connections: 3 }),
    { scheme: 'l7-envoy', title: 'x', status: 'skipped', reason: 'no Envoy was found; put one on PATH' },
    measured('xds-dns', [100, 100, 100], { connections: 3 }),
    measured('xds', [100, 100, 100], { connections: 3 }),
  ],
  [
    change('headless-round-robin', 'scale-out', {
      convergedMs: null,
      reason: 'not within 5 s: 3 of 3 new pods got no call',
    }),
    change('xds-dns', 'scale-out', { convergedMs: 1340 }),
    change('xds', 'scale-out', { convergedMs: 87 }),
  ],
  [
    change('headless-round-robin', 'scale-in', { newClient: true }),
    change('xds-dns', 'scale-in', { convergedMs: 990 }),
    change('xds', 'scale-in', { convergedMs: 20 }),
  ],
);

const troubled = report(
  [
    measured('clusterip-grpc', [3, 2, 0]),
    measured('headless-round-robin', [150, 147, 0], {
      failed: 3,
      failures: { DEADLINE_EXCEEDED: 2, UNAVAILABLE: 1 },
      unreadable: [{ pod: 'be1-2', reason: 'it had ended' }],
    }),
    measured('xds-dns', [200, 50, 50]),
    {
      scheme: 'xds',
      title: 'x',
      status: 'error',
      code: 'EK_PROBE_COUNT_MISMATCH',
      reason: 'be1-0 answered 100 calls but counted 99 (run 1f.xds.count)',
      do: 'Look for other callers that mark their calls with the same run, or for a backend that was restarted meanwhile.',
    },
  ],
  [
    change('headless-round-robin', 'scale-out', { failed: 4, failures: { UNAVAILABLE: 4 } }, 'goaway'),
    {
      scheme: 'xds-dns',
      title: 'x',
      status: 'error',
      from: 3,
      to: 6,
      convergedMs: null,
      code: 'EK_PROBE_CLIENT',
      reason: 'the client process ended with SIGKILL',
      do: 'Read its last output in the message and run again.',
    },
  ],
);

const many = report([
  measured('xds', new Array(100).fill(30)),
  measured('clusterip-grpc', [300]),
  measured('headless-round-robin', new Array(12).fill(25)),
]);

const rolled = report(
  [
    placed('clusterip-grpc', [0, 300, 0]),
    placed('headless-round-robin', [100, 100, 100], { connections: 3 }),
    placed('xds', [100, 100, 100], { connections: 3 }),
  ],
  [],
  [],
  schemeIds.flatMap((id): RolloutRow[] => {
    if (id === 'l7-envoy') return [rollout(id, 'update'), brokenRollback];
    if (id !== 'clusterip-grpc') return [rollout(id, 'update'), rollout(id, 'rollback')];
    const late = { answered: 180, failed: 3, afterEnd: 0 };
    return [
      rollout(id, 'update', { goaway: 2, refused: 1 }, { late }),
      rollout(id, 'rollback', { deadline: 30, drainedTooShort: 4, staleAddress: 12, other: 1, goaway: 5 }),
    ];
  }),
);

const interrupted = report(
  [
    measured('clusterip-grpc', [0, 300, 0]),
    { scheme: 'xds', title: 'x', status: 'skipped', reason: 'the run was ended before this was measured' },
  ],
  [],
  [],
  [
    {
      scheme: 'xds',
      title: 'x',
      change: 'update',
      status: 'skipped',
      reason: 'the run was ended before this was measured',
    },
  ],
  true,
);

const byPolicy = (counts: readonly [number, number, number, number, number]): MeasuredScheme => {
  const row = measured('clusterip-http-new-connections', counts, { connections: 300 });
  const [alone, ...together] = counts;
  const byNode = [
    { name: 'node-1', pods: 1, calls: alone },
    { name: 'node-2', pods: 4, calls: together.reduce((sum, count) => sum + count, 0) },
  ];
  return { ...row, backends: { ...row.backends, byNode } };
};

const nodeLocal: Report = {
  ...report([]),
  nodeLocal: [
    policyRow(byPolicy([61, 58, 63, 55, 63]), 'Cluster'),
    policyRow(byPolicy([148, 37, 40, 36, 39]), 'Local'),
    policyRow(unmeasured('clusterip-http-new-connections'), 'Local'),
  ],
};

const cases: Record<string, { given: Report; by?: 'zone' | 'node' }> = {
  usual: { given: usual },
  troubled: { given: troubled },
  many: { given: many },
  empty: { given: report([]) },
  rolled: { given: rolled },
  'by-zone': { given: rolled, by: 'zone' },
  'by-node': { given: rolled, by: 'node' },
  'by-unknown': { given: many, by: 'zone' },
  interrupted: { given: interrupted },
  'node-local': { given: nodeLocal },
};

describe('the table', () => {
  for (const [name, { given, by }] of Object.entries(cases)) {
    test(`${name}: as it was when a person last looked at it`, (t: TestContext) => {
      t.assert.fileSnapshot(`${printReport(given, { by })}\n`, join(import.meta.dirname, 'testdata', `${name}.txt`), {
        serializers: [String],
      });
    });

    test(`${name}: no line is longer than ${lineWidth} columns, colour changes nothing but colour`, () => {
      const plain = printReport(given, { by });
      for (const line of plain.split('\n')) assert.ok(displayWidth(line) <= lineWidth, line);
      assert.equal(stripVTControlCharacters(printReport(given, { colour: true, by })), plain);
    });
  }

  test('a verdict is coloured where colours are wanted', () => {
    assert.ok(printReport(usual, { colour: true }).includes('\u001b[31mpinned\u001b[39m'));
    assert.equal(printReport(usual).includes('\u001b'), false);
  });
});

describe('explanations', () => {
  test('every scheme has one for every verdict and every change, in one line', () => {
    const texts = schemeIds.flatMap((id) => [
      ...(['balanced', 'skewed', 'partial', 'pinned', 'inconclusive'] as const).map((verdict) =>
        explainVerdict(id, verdict, { expected: 3, reached: 2, answered: 5 }),
      ),
      ...(['scale-out', 'scale-in'] as const).flatMap((kind) =>
        [
          { converged: true, lost: countCauses([]) },
          { converged: false, lost: countCauses([]) },
        ].map((seen) => explainChange(id, kind, seen)),
      ),
      explainRollout(id, countCauses([])),
      ...causes.map((cause) => explainRollout(id, countCauses([{ cause }]))),
    ]);
    for (const { why, do: advice } of texts) {
      for (const line of [why, advice]) assert.match(line, /^\w.{5,92}$/, line);
    }
  });
});

describe('layout', () => {
  test('a sparkline is in proportion, and a zero is told from little', () => {
    assert.equal(sparkline([8, 4, 1, 0]), '█▄▁·');
    assert.equal(sparkline([0, 0]), '··');
  });

  const text = (...cells: string[]): Cell[] => cells.map((text) => ({ text }));
  const plain = painter(false);

  test('names in a table are shortened in the middle, the widest first', () => {
    const columns: Column[] = [
      { title: 'backend', align: 'left' },
      { title: 'of', align: 'left' },
      { title: 'calls', align: 'right' },
    ];
    const [, first, second] = table(
      columns,
      [text('a'.repeat(100), 'orders', '12'), text('注文'.repeat(30), '', '7')],
      plain,
    );
    assert.equal(first, `${'a'.repeat(32)}…${'a'.repeat(32)}  orders     12`);
    assert.equal(displayWidth(second!), 80);
    assert.match(second!, /^(?:注文)+注?…(?:注文)+ /);
  });

  test('columns that do not fit stand in a second table, with the first column', () => {
    const columns = ['pod', ...'abcdefghij'].map((title): Column => ({ title, align: 'right' }));
    const lines = table(columns, [text('pod-1', ...'abcdefghij'.split('').map((one) => one.repeat(9)))], plain);
    assert.equal(lines.length, 5);
    assert.match(lines[1]!, /^pod-1 .* f{9}$/);
    assert.deepEqual([lines[2], lines[4]?.trim()], ['', 'pod-1  ggggggggg  hhhhhhhhh  iiiiiiiii  jjjjjjjjj']);
  });

  test('what is harmful in a cell is written out, and a line break makes no line', () => {
    const [, row, ...more] = table([{ title: 'pod', align: 'left' }], [text('a\u001b[31m\nb')], plain);
    assert.deepEqual([row, more], ['a\\x1b[31m\\nb', []]);
    assert.deepEqual(wrap('a\u202e\nb'), ['a\\u{202e}\\nb']);
  });

  test('text is broken at spaces, a word that is too long is cut', () => {
    assert.deepEqual(wrap('aa bb cc', 2, 5), ['aa bb', '  cc']);
    assert.deepEqual(wrap('abcdefgh ij', 0, 5), ['abcde', 'fgh', 'ij']);
    assert.deepEqual(wrap('注文サービス', 0, 5), ['注文', 'サー', 'ビス']);
  });
});

test('colours: only for a terminal, unless the environment says otherwise', (t) => {
  const terminal = { isTTY: true, hasColors: () => true };
  const keep = { NO_COLOR: process.env.NO_COLOR, FORCE_COLOR: process.env.FORCE_COLOR };
  t.after(() => {
    for (const [name, value] of Object.entries(keep)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  delete process.env.NO_COLOR;
  delete process.env.FORCE_COLOR;
  assert.equal(useColour(terminal), true);
  assert.equal(useColour({}), false);
  process.env.FORCE_COLOR = '1';
  assert.equal(useColour({}), true);
  process.env.NO_COLOR = '1';
  assert.equal(useColour(terminal), false);
});
