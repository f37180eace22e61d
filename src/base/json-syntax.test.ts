import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonMistake } from './json-syntax.ts';

test('what is JSON has no mistake', () => {
  for (const value of [
    {},
    [],
    0,
    -1.5e-7,
    'a "b" \\ \u2028\n',
    [[], {}, { a: [1, null, true] }],
    { '': { b: false } },
  ]) {
    for (const indent of [undefined, 2])
      assert.equal(findJsonMistake(JSON.stringify(value, undefined, indent)), undefined);
  }
});

test('a mistake is found where it is, with what should be there', () => {
  const cases: [text: string, offset: number, message: string][] = [
    ['{"serviceName": }', 16, 'expected a value for "serviceName", found }'],
    ['{"a": ,"b": 1}', 6, 'expected a value for "a", found ,'],
    ['{"a": nul}', 6, 'expected a value for "a", found nul'],
    ['{"a": 01}', 6, 'expected a value for "a", found 01'],
    ['{"a" 1}', 5, 'expected a colon after "a", found 1'],
    ['{"a": 1 "b": 2}', 8, 'expected a comma or }, found "'],
    ['{"a": 1,}', 8, 'expected a name in double quotes, found }'],
    ['{a: 1}', 1, 'expected a name in double quotes or }, found a'],
    ["['a']", 1, "expected a value or ], found '"],
    ['[1,]', 3, 'expected a value, found ]'],
    ['[1}', 2, 'expected a comma or ], found }'],
    ['{"a": [1', 8, 'expected a comma or ], found the end of the file'],
    ['{} {}', 3, 'expected the end of the file, found {'],
    ['', 0, 'expected a value, found the end of the file'],
    ['["a\nb"]', 3, 'expected the string to end with a double quote, found the end of the line'],
    ['["a', 1, 'expected the string to end with a double quote, found the end of the file'],
    ['["\\d"]', 2, 'expected an escape that JSON knows, such as \\\\ or \\n, found \\d'],
    ['// x\n{}', 0, 'expected a value, found /'],
  ];
  for (const [text, offset, message] of cases) assert.deepEqual(findJsonMistake(text), { offset, message }, text);
});

test('it is of one mind with JSON.parse, whatever is injured, and takes no stack', () => {
  const whole = '{"a":[1,-2.5e3,{"b":"c\\n\\u00e9"},true],"d":{},"e":null}';
  for (let at = 0; at < whole.length; at++) {
    for (const text of [
      whole.slice(0, at),
      whole.slice(0, at) + whole.slice(at + 1),
      `${whole.slice(0, at)},${whole.slice(at)}`,
    ]) {
      let good = true;
      try {
        JSON.parse(text);
      } catch {
        good = false;
      }
      assert.equal(findJsonMistake(text) === undefined, good, text);
    }
  }
  assert.equal(findJsonMistake('['.repeat(100_000))?.offset, 100_000);
});
