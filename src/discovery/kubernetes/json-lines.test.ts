import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonLines } from './json-lines.ts';

test('wherever the bytes are cut, the values are the same', () => {
  const bytes = Buffer.from('{"a":"ü\\n"}\n\n[1,2]\r\n"x"\n{"rest":');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const lines = new JsonLines(1_000);
    const values = [...lines.push(bytes.subarray(0, cut)), ...lines.push(bytes.subarray(cut))];
    assert.deepEqual(values, [{ a: 'ü\n' }, [1, 2], 'x'], `cut at ${cut}`);
  }
});

test('a line that never ends is refused', () => {
  const lines = new JsonLines(10);
  assert.deepEqual([...lines.push(Buffer.from('"123456'))], []);
  assert.throws(() => [...lines.push(Buffer.from('789012'))], RangeError);
});

test('a line that is no JSON is refused', () => {
  assert.throws(() => [...new JsonLines(10).push(Buffer.from('oh no\n'))], SyntaxError);
});
