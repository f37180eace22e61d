import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chop, displayWidth, printable, printableLines, shorten } from './printable.ts';

test('what is harmful on a terminal is written out', () => {
  for (const [text, expected] of [
    ['\u001b[31mred\u001b]0;title\u0007', '\\x1b[31mred\\x1b]0;title\\x07'],
    ['\u009b2J \u0090q\u009c \u007f \u0000', '\\x9b2J \\x90q\\x9c \\x7f \\x00'],
    ['ok\ngate passed\r\tx', 'ok\\ngate passed\\r\\tx'],
    ['a\u202eb\u2066c\u061cd', 'a\\u{202e}b\\u{2066}c\\u{61c}d'],
    ['a\u200bb\u200dc\ufeffd\u00ade', 'a\\u{200b}b\\u{200d}c\\u{feff}d\\xade'],
    ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['tag \u{e0041} half \ud800', 'tag \\u{e0041} half \\u{d800}'],
    ['größe 注文 e\u0301 🙂', 'größe 注文 e\u0301 🙂'],
    [`z${'\u0300'.repeat(50)}`, `z${'\u0300'.repeat(4)}`],
  ] as const) {
    assert.equal(printable(text), expected);
  }
});

test('it is bounded, also in what it costs', () => {
  assert.equal(printable('x'.repeat(50_000_000)).length, 1000);
  assert.equal(printable('abcdef', 4), 'abc…');
  assert.equal(printable('ab🙂', 4), 'ab🙂');
  assert.equal(printable('ab🙂cd', 4), 'ab\\u{d83d}…', 'half a pair is none');
});

test('a log keeps its lines and nothing else', () => {
  assert.equal(printableLines('one\r\ntwo\tthree\u001b[2Jx\ry\n'), 'one\ntwo\tthree\\x1b[2Jx\\ry\n');
});

test('width is in columns: wide characters take two, marks none', () => {
  for (const [text, columns] of [
    ['pod-a', 5],
    ['größe', 5],
    ['注文', 4],
    ['한국', 4],
    ['ｆｕ', 4],
    ['e\u0301', 1],
    ['🙂', 2],
    ['▁█…–', 4],
  ] as const) {
    assert.equal(displayWidth(text), columns, text);
  }
});

test('the middle of a name is left out', () => {
  assert.equal(shorten('orders-7d9f8b6c5-x2k4q', 22), 'orders-7d9f8b6c5-x2k4q');
  assert.equal(shorten('orders-7d9f8b6c5-x2k4q', 11), 'order…x2k4q');
  assert.equal(shorten('注文サービス', 7), '注…ビス');
  for (const columns of [1, 2, 3, 7, 8]) assert.ok(displayWidth(shorten('注文サービス-abc', columns)) <= columns);
  assert.equal(shorten('abc', 0), '');
});

test('a word that fits no line is cut into pieces', () => {
  assert.deepEqual(chop('abcdefg', 3), ['abc', 'def', 'g']);
  assert.deepEqual(chop('注文a', 3), ['注', '文a']);
  assert.deepEqual(chop('注文', 1), ['注', '文']);
  assert.deepEqual(chop('', 3), []);
});
