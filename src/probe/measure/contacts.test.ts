import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Done, Engine } from '../load/engine.ts';
import { Contacts } from './contacts.ts';

/** An engine whose calls end as they are told, at once. */
function engineOf(answers: Parameters<Done>[]): Engine {
  return {
    name: 'http',
    call: (done) => done(...answers.shift()!),
    sample: () => Promise.reject(new Error('not asked for')),
    identifyBy: () => {},
    close: () => {},
  };
}

function calls(contacts: Contacts, answers: Parameters<Done>[], from = { from: 'header', name: 'x-pod' } as const) {
  const told: (string | undefined)[] = [];
  const engine = contacts.observe(engineOf(answers), from);
  while (answers.length > 0) engine.call((_status, who) => told.push(who));
  return told;
}

const peer = '10.0.0.1:80';
const backend = { address: peer };

test('a name is joined with the addresses that it answered at, not with those where it failed', () => {
  const contacts = new Contacts();
  calls(contacts, [
    ['OK', 'a', peer],
    ['OK', 'a', '10.0.0.2:80'],
    ['UNAVAILABLE', 'a', '10.0.0.3:80'],
    ['OK', undefined, '10.0.0.4:80'],
  ]);
  assert.deepEqual(
    contacts.spansOf('a', 0).map((span) => span.peer),
    [peer, '10.0.0.2:80'],
  );
  assert.deepEqual(
    contacts.spansOf('', 0).map((span) => span.peer),
    ['10.0.0.4:80'],
  );
  assert.deepEqual(contacts.spansOf('a', Number.POSITIVE_INFINITY), [], 'not since then');
});

test('a backend that came again has not been answered by before', () => {
  const contacts = new Contacts();
  calls(contacts, [['OK', 'a', peer]]);
  const before = performance.now();
  assert.ok(contacts.of(backend, before).firstAnswerAt !== undefined);
  contacts.came(backend, before);
  assert.deepEqual(contacts.of(backend, before).firstAnswerAt, undefined);
  assert.ok(contacts.of(backend, before - 1).lastSentAt !== undefined, 'its time before is still known');
  calls(contacts, [['OK', 'a', peer]]);
  assert.ok(contacts.of(backend, before).firstAnswerAt! >= before);
});

test('what failed was sent and not answered; what never left was neither', () => {
  const contacts = new Contacts();
  calls(contacts, [['DEADLINE_EXCEEDED', undefined, peer, '', { for: 'connection', leftAt: undefined }]]);
  assert.deepEqual(contacts.of(backend, 0), { firstAnswerAt: undefined, lastSentAt: undefined });
  calls(contacts, [['UNAVAILABLE', undefined, peer, '', { for: 'connection', leftAt: 7 }]]);
  assert.deepEqual(contacts.of(backend, 0), { firstAnswerAt: undefined, lastSentAt: 7 });
});

test('names are printable and bounded, and of several servers that a proxy tried the last one answered', () => {
  const contacts = new Contacts();
  const [escaped, long, other] = calls(contacts, [
    ['OK', '\u001b[31mweb\u0007\n', peer],
    ['OK', `${'x'.repeat(5000)}0`, peer],
    ['OK', `${'x'.repeat(5000)}1`, peer],
  ]);
  assert.equal(escaped, '[31mweb');
  assert.equal(long!.length, 253);
  assert.notEqual(long, other);
  const upstream = { from: 'header', name: 'x-upstream-addr' } as const;
  const told: (string | undefined)[] = [];
  const engine = contacts.observe(engineOf([['OK', '10.0.0.1:80, 10.0.0.2:80', peer]]), upstream);
  engine.call((_status, who) => told.push(who));
  assert.deepEqual(told, ['10.0.0.2:80']);
});
