import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cases } from './cases/index.ts';
import { clientKinds } from './driver/clients.ts';
import { runMatrix } from './driver/matrix.ts';
import { toMarkdown } from './driver/print.ts';
import { evenkeelServe } from './driver/serve.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';

// One run for all clients, then a test for each cell.
const matrix = await runMatrix({
  kinds: clientKinds,
  cases,
  serve: evenkeelServe,
  onProgress: (line) => console.log(line),
});
console.log(toMarkdown(matrix));

for (const { id, version, skipped } of matrix.clients) {
  suite(version ?? id, { skip: requireAll ? false : skipped }, () => {
    for (const { title, id: caseId } of matrix.cases) {
      const cell = matrix.cells.find((candidate) => candidate.client === id && candidate.case === caseId);
      test(title, { skip: cell?.status === 'documented' ? cell.reason : false }, () => {
        assert.equal(cell?.status, 'passed', [skipped, ...(cell?.problems ?? [])].join('\n'));
        assert.equal(cell.failed, 0);
        assert.ok((cell.calls ?? 0) > 0);
      });
    }
  });
}

test('no client rejected a response', () => {
  assert.equal(matrix.nacks, 0);
});
