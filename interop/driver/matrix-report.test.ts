import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cases } from '../cases/index.ts';
import { clientKinds } from './clients.ts';
import { exceptions } from './conformance.ts';
import { failures } from './failures.ts';
import type { Matrix } from './matrix.ts';
import { toMarkdown } from './print.ts';

const matrix: Matrix = {
  schemaVersion: 1,
  conditions: {},
  clients: [
    { id: 'go', version: 'grpc-go 1.0.0' },
    { id: 'java', skipped: 'not installed' },
    { id: 'node', version: 'grpc-js-xds 1.0.0' },
  ],
  cases: [
    { id: 'even', title: 'exactly even' },
    { id: 'scale', title: 'scale 3 → 10' },
  ],
  cells: [
    { client: 'go', case: 'even', status: 'passed', calls: 300, failed: 0, problems: [], attempt: 1 },
    { client: 'go', case: 'scale', status: 'failed', calls: 200, failed: 1, problems: ['1 × UNAVAILABLE'], attempt: 3 },
    { client: 'java', case: 'even', status: 'skipped', reason: 'not installed' },
    { client: 'java', case: 'scale', status: 'skipped', reason: 'not installed' },
    { client: 'node', case: 'even', status: 'passed', calls: 300, failed: 0, problems: [], attempt: 2 },
    { client: 'node', case: 'scale', status: 'documented', reason: 'it has no such thing' },
  ],
  nacks: 0,
};

suite('matrix', () => {
  test('as Markdown', (t) => {
    t.assert.fileSnapshot(toMarkdown(matrix), new URL('testdata/matrix.md', import.meta.url).pathname, {
      serializers: [(text: string) => `${text}\n`],
    });
  });

  test('a failed cell fails it; a client that is not installed only where all are required', () => {
    assert.deepEqual(failures(matrix, false), ['go, scale: 1 × UNAVAILABLE']);
    assert.deepEqual(failures(matrix, true), ['go, scale: 1 × UNAVAILABLE', 'java was skipped: not installed']);
    assert.deepEqual(failures({ ...matrix, cells: [], nacks: 2 }, false), ['clients rejected 2 responses']);
  });

  test('every exception names a client and a case that there are, and says why', () => {
    for (const { client, case: id, reason } of exceptions) {
      assert.ok(clientKinds.some((kind) => kind.id === client));
      assert.ok(cases.some((one) => one.id === id));
      assert.ok(reason.length > 20);
    }
  });
});
