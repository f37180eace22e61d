import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine } from './command-line.ts';

test('a command line can be typed again', () => {
  const args = ['probe', 'dns:///orders.shop:50051', '--data', `{"name": "it's"}`, '--rate', '10..500', ''];
  assert.equal(
    commandLine(args),
    `evenkeel probe dns:///orders.shop:50051 --data '{"name": "it'\\''s"}' --rate 10..500 ''`,
  );
});

test('what is secret in it is left out', () => {
  const args = [
    'probe',
    'https://me:pass@shop.example/x',
    '--header',
    'authorization: Bearer abc',
    '--header=x-key: abc',
  ];
  const text = commandLine([...args, '--header', 'abc']);
  assert.equal(
    text,
    `evenkeel probe https://…@shop.example/x --header 'authorization: …' '--header=x-key: …' --header …`,
  );
});
