import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { podCapabilities } from '../../src/controlplane/client-form.ts';
import { exitCodeOf, type OldestResult, withTable } from './result.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const latest = JSON.parse(read('latest.json')) as OldestResult;

test('docs/load.md shows the last result, which is good', () => {
  const page = read('../../docs/load.md');
  assert.equal(page, withTable(page, latest));
  assert.equal(exitCodeOf(latest), 0);
  assert.equal(latest.clients.length, podCapabilities.length);
});

test('a client that is not even, or reports something else, is no good result', () => {
  const [one, ...others] = latest.clients;
  for (const worse of [{ spread: 2 }, { differsFromBackends: 1 }, { differsFromOwn: 1 }]) {
    assert.equal(exitCodeOf({ ...latest, lost: 0, clients: [{ ...one!, ...worse }, ...others] }), 1);
  }
});
