import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoint, nowhere } from './endpoint.ts';
import { usableEndpoints } from './usable-endpoints.ts';

/** An endpoint for each word: `r` ready, `s` serving, `t` terminating, `-` nothing of it. */
function endpoints(words: string): Endpoint[] {
  return words.split(' ').map((word, index) => ({
    address: `10.0.0.${index}`,
    port: 1,
    conditions: { ready: word.includes('r'), serving: word.includes('s'), terminating: word.includes('t') },
    locality: nowhere,
  }));
}

for (const [all, rule, chosen] of [
  ['rs - rs', 'ready', 'rs rs'],
  ['rs st s t', 'ready', 'rs'],
  // publishNotReadyAddresses
  ['r rt rst st', 'ready', 'r rt rst'],
  ['st t st -', 'terminating', 'st st'],
  // Who manages it says that it is not ready, whatever else it says.
  ['s s', 'empty', ''],
  ['t -', 'empty', ''],
] as const) {
  test(`of "${all}" calls go to "${chosen}"`, () => {
    const given = endpoints(all);
    const found = usableEndpoints(given);
    assert.equal(found.rule, rule);
    assert.equal(found.endpoints.map((one) => all.split(' ')[given.indexOf(one)]).join(' '), chosen);
  });
}
