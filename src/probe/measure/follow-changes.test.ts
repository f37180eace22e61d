import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wanted } from '../../verdict/match-backends.ts';
import type { Contact } from './contacts.ts';
import { convergedOf, followChanges, judgedFrom } from './follow-changes.ts';

const startedAt = 10_000;
const none: Contact = { firstAnswerAt: undefined, lastSentAt: undefined };
const contactsOf = (all: Record<string, Contact>) => ({
  of: ({ name, address }: Wanted) => all[name ?? address] ?? none,
});

test('a backend that came is followed at its first answer, one that went at the last call to it', () => {
  const changes = followChanges(
    [
      { event: 'came', address: '10.0.0.1:80', at: startedAt + 1000 },
      { event: 'came', address: '10.0.0.2:80', at: startedAt + 1000 },
      { event: 'went', address: '10.0.0.3:80', name: 'pod-c', at: startedAt + 2000 },
      { event: 'went', address: '10.0.0.4:80', at: startedAt + 2000 },
      { event: 'went', address: '10.0.0.5:80', at: startedAt + 2000 },
    ],
    contactsOf({
      '10.0.0.1:80': { firstAnswerAt: startedAt + 1500, lastSentAt: startedAt + 9000 },
      '10.0.0.2:80': { firstAnswerAt: undefined, lastSentAt: startedAt + 9000 },
      'pod-c': { firstAnswerAt: startedAt, lastSentAt: startedAt + 2300 },
      '10.0.0.4:80': { firstAnswerAt: startedAt, lastSentAt: startedAt + 9500 },
    }),
    startedAt,
    10_000,
  );
  assert.deepEqual(
    changes.map(({ backend, atMs, followedMs }) => [backend, atMs, followedMs]),
    [
      ['10.0.0.1:80', 1000, 500],
      ['10.0.0.2:80', 1000, null],
      ['pod-c', 2000, 300],
      ['10.0.0.4:80', 2000, null],
      ['10.0.0.5:80', 2000, 0],
    ],
  );
});

test('shares are judged from the first whole second after the last change was followed', () => {
  const change = (atMs: number, followedMs: number | null) =>
    ({ event: 'came', backend: 'a', atMs, followedMs }) as const;
  assert.equal(judgedFrom([]), 0);
  assert.equal(judgedFrom([change(1000, 500)]), 2000, 'not inside the second of the change');
  assert.equal(judgedFrom([change(1000, 1000)]), 2000);
  assert.equal(judgedFrom([change(1000, 500), change(3200, null)]), 4000);
  assert.equal(judgedFrom([change(-700, 200)]), 0, 'before counting began');
});

test('the slowest change decides, and one that was not followed', () => {
  const change = (followedMs: number | null) => ({ event: 'came', backend: 'a', atMs: 0, followedMs }) as const;
  assert.equal(convergedOf([]), null);
  assert.equal(convergedOf([change(5), change(70), change(0)]), 70);
  assert.equal(convergedOf([change(5), change(null)]), null);
});
