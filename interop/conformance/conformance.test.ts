import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type ConformanceResult,
  explainedBy,
  failuresOf,
  formatResult,
  formatSummary,
  type Reason,
  type ServerResult,
} from './result.ts';
import { isThere, runSuite, servers } from './servers.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const latest = JSON.parse(read('interop/conformance/latest.json')) as ConformanceResult;
const reasons = JSON.parse(read('interop/conformance/reasons.json')) as Reason[];

test('the last result has every server, evenkeel holds all, and what failed elsewhere is explained', () => {
  assert.deepEqual(
    latest.servers.map(({ id }) => id),
    servers.map(({ id }) => id),
  );
  const explained = explainedBy(reasons, latest);
  assert.deepEqual(
    failuresOf(latest).filter((failure) => !explained.includes(failure)),
    [],
  );
  assert.ok(!explained.some((failure) => failure.startsWith('evenkeel ')));
});

test('pages show the last result', () => {
  const shown = (text: string): string => `<!-- result -->\n${text}\n<!-- /result -->`;
  assert.ok(read('packages/conformance/README.md').includes(shown(formatResult(latest, reasons))));
  assert.ok(read('docs/xds.md').includes(shown(formatSummary(latest))));
});

test('tables count by level and paragraph, and reasons are shown where a check failed', () => {
  const check = { id: 'sotw/x', level: 'MUST', paragraph: 'P', outcome: 'held' } as const;
  const server = (id: string, ...checks: ServerResult['checks']): ServerResult => ({
    ...{ id, title: id.toUpperCase(), server: `${id} 1`, checks },
  });
  const failed = { ...check, outcome: 'failed' } as const;
  const result: ConformanceResult = {
    ...{ schemaVersion: 1, at: '2026-11-27T00:00Z', node: 'v26' },
    servers: [server('a', check, { ...check, id: 'sotw/y', level: 'SHOULD' }), server('b', failed)],
  };
  const text = formatResult(result, [{ servers: ['a', 'b'], checks: ['sotw/x', 'sotw/y'], why: 'so it is.' }]);
  assert.match(text, /^\| A \| 1 of 1 \| 1 of 1 \|\n\| B \| 0 of 1 \| 0 of 0 \|$/m);
  assert.match(text, /^\| P \| 2 of 2 \| 0 of 1 \|$/m);
  assert.match(text, /^- `sotw\/x` \(B\): so it is\.$/m);
  const whatever = [{ servers: ['b'], checks: ['*'], why: 'so it is.' }];
  assert.match(formatResult(result, whatever), /^- all that failed \(B\): so it is\.$/m);
  assert.deepEqual(explainedBy(whatever, result), ['b sotw/x', 'b sotw/y']);
});

// What java-control-plane does not answer, because nobody fills the node in, would be awaited for as long as the test may take.
for (const server of servers.filter(({ id }) => id !== 'java-control-plane')) {
  const skip =
    isThere(server) || process.env.EVENKEEL_REQUIRE === 'all'
      ? false
      : `${server.needs} is not there: node interop/install.mjs`;
  test(`${server.id} is checked through its driver`, { skip }, async () => {
    const { held, failed } = await runSuite(server, 300_000, 'change-sent');
    assert.deepEqual([held, failed], [2, 0]);
  });
}
