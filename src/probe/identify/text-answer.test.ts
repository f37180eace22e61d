import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonPrefix, readText } from './text-answer.ts';

test('a text of one line is the answer, lines have names', () => {
  assert.deepEqual({ ...readText('web-0\n').lines }, {});
  assert.equal(readText(' web-0\r\n').body, 'web-0');
  const whoami = readText(
    'Hostname: abc\r\nIP: 127.0.0.1\nIP: ::1\nGET / HTTP/1.1\nHost: localhost:80\n\tpod name:\tweb-0 \n',
  );
  assert.deepEqual(
    { ...whoami.lines },
    { hostname: 'abc', ip: '127.0.0.1', host: 'localhost:80', 'pod name': 'web-0' },
  );
  assert.equal(whoami.body, undefined);
  assert.equal(readText('').body, undefined);
  assert.deepEqual(Object.keys(readText('__proto__: x').lines), ['__proto__']);
});

test('what is complete of the beginning of a JSON document is read', () => {
  assert.deepEqual(readJsonPrefix('{"pod":"web-0","items":[{"a":"b"},{"c":"d'), { pod: 'web-0', items: [{ a: 'b' }] });
  assert.deepEqual(readJsonPrefix('{"a":{"b":"c\\"}"},"long":"xxx'), { a: { b: 'c"}' } });
  assert.equal(readJsonPrefix('{"long":"xxx'), undefined);
  assert.equal(readJsonPrefix('<html>'), undefined);
  assert.equal(readJsonPrefix('['.repeat(100_000)), undefined);
});
