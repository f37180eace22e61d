import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TypeStatus, typeUrls } from '@evenkeel/xds';
import { clientStateOf } from './client-state.ts';

const good: TypeStatus = {
  typeUrl: typeUrls.cluster,
  wildcard: false,
  names: 1,
  held: 1,
  ackedVersion: 'v1',
  rejection: undefined,
  unansweredMs: undefined,
  pending: 0,
};
const rejection = { version: 'v2', names: ['shop/orders:80'], code: 3, message: 'no such policy', agoMs: 12_400 };
const missing = [{ type: 'listener', name: 'ordres.shop', reason: 'there is no Service shop/ordres' }];

test('what is worst of all that a client asks for is its state, and the sentence says why', () => {
  const stale = { ...good, typeUrl: typeUrls.endpoint, unansweredMs: 3_200, pending: 2 };
  const cases: [types: TypeStatus[], missing: typeof missing, state: string, why: RegExp][] = [
    [[], [], 'SYNCED', /^asks for nothing$/],
    [[good], [], 'SYNCED', /^has acknowledged everything/],
    [[{ ...good, unansweredMs: 999 }], [], 'SYNCED', /^is being sent a change$/],
    [[good, stale], missing, 'STALE', /^has not answered the endpoints that were sent 3\.2 s ago; changes of 2 more/],
    [[good], missing, 'NOT SENT', /^asks for ordres\.shop, which it does not get: there is no Service shop\/ordres$/],
    [
      [stale, { ...good, rejection }],
      missing,
      'REJECTED',
      /^rejected clusters \(shop\/orders:80\) 12 s ago, it goes on with what it had: no such policy$/,
    ],
    [[{ ...good, ackedVersion: undefined, rejection }], [], 'REJECTED', /it has none that it could go on with/],
  ];
  for (const [types, names, state, why] of cases) {
    const found = clientStateOf(types, names);
    assert.equal(found.state, state);
    assert.match(found.why, why);
  }
});

test('what an Envoy says over many lines is one sentence, without the resource that it prints', () => {
  const broken = 'Proto constraint validation failed (Priority: value must be less than or equal to 128)';
  const messages = [
    `goo.gle/debugonly   \ncluster_name: "shop/orders:80"\nendpoints {\n  priority: 200\n}\n: ${broken}`,
    `${broken.replace(' failed ', '\n  failed\t')}\n`,
  ];
  for (const message of messages) {
    const { why } = clientStateOf([{ ...good, rejection: { ...rejection, message } }], []);
    assert.ok(why.endsWith(`it goes on with what it had: ${broken}`), why);
  }
});
