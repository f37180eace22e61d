// Ten faults, planted at once, in front of the real clients of five makers: `evenkeel explain` has the cause in its first line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printExplanation } from '../src/explain/print-explanation.ts';
import { explain } from '../src/explain/show-explanation.ts';
import { painter } from '../src/probe/print/layout.ts';
import { patient, plantBeforeClients } from './driver/planted-faults.ts';

test('ten faults by five makers: the cause is in the first line', async (t) => {
  const { cells, clients, isRejected } = await plantBeforeClients(t);
  // One after the other: fifty questions at once to a control plane in this process make a silent one of it on a busy host.
  for (const { fault, client, question, says } of cells) {
    const [line = ''] = printExplanation(await explain(question), painter(false)).split('\n');
    assert.match(line, says, `${fault}, ${client}`);
    if (fault === 'rejected resource') assert.ok(line.startsWith(question.from), line);
  }
  for (const { id, process } of clients) {
    // What is sent and acknowledged since does not make a client forget what it rejected, and that keeps nothing else from it.
    assert.ok(isRejected(id), id);
    const { failures } = await process.call(['xds:///orders.shop'], 1, 'explain', patient);
    assert.deepEqual(failures, {}, id);
  }
});
