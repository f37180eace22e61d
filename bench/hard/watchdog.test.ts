import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { watch } from './watchdog.ts';

const script = join(import.meta.dirname, 'hanging-script.ts');

async function tried(
  patienceMs: number | undefined,
  ...inputs: readonly string[]
): Promise<{ code: number; hung: string[] }> {
  const hung: string[] = [];
  const code = await watch(script, inputs, {
    ...(patienceMs !== undefined && { patienceMs }),
    hung: (name, input) => void hung.push(`${name} ${input}`),
  });
  return { code, hung };
}

test('an input that does not end ends the run with 1, and is told', async () => {
  assert.deepEqual(await tried(200, 'xyz', 'b'), { code: 1, hung: ['planted xyz'] });
});

test('a run that ends by itself ends with its own code', async (t) => {
  assert.deepEqual(await tried(undefined, 'a', 'b'), { code: 0, hung: [] });
  const said = t.mock.method(console, 'error', () => {});
  assert.deepEqual(await tried(undefined, 'a', 't'), { code: 1, hung: [] });
  assert.match(String(said.mock.calls[0]?.arguments[0]), /broken/);
});
