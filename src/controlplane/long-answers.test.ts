import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { LongAnswers } from './long-answers.ts';

function world(timeoutMs?: number) {
  const gone: string[] = [];
  const underWay = new Set<unknown>();
  const events = new EventEmitter();
  const answers = new LongAnswers((socket, begins) => {
    if (begins) underWay.add(socket);
    else underWay.delete(socket);
  }, timeoutMs);
  const begin = (name: string) => {
    const response = new EventEmitter();
    const destroy = (): void => {
      gone.push(name);
      events.emit('gone');
    };
    answers.begin({ destroy } as unknown as Socket, response as ServerResponse);
    return response;
  };
  return { gone, underWay, events, begin };
}

test('long answers are few: one more ends the one that has been under way longest', () => {
  const { gone, underWay, begin } = world();
  const responses = Array.from({ length: 8 }, (_, index) => begin(`${index}`));
  assert.deepEqual([gone, underWay.size], [[], 8]);
  begin('next');
  assert.deepEqual([gone, underWay.size], [['0'], 8]);
  responses[0]!.emit('close');
  assert.equal(underWay.size, 8, 'it has gone already');
  responses[1]!.emit('close');
  assert.equal(underWay.size, 7);
  begin('one more');
  assert.deepEqual([gone, underWay.size], [['0'], 8], 'there was a place');
  for (const response of responses) response.emit('close');
});

test('a long answer that is not read is given up after its time', async () => {
  const { gone, events, begin } = world(20);
  const response = begin('slow');
  const held = setInterval(() => {}, 1_000);
  await once(events, 'gone');
  clearInterval(held);
  response.emit('close');
  assert.deepEqual(gone, ['slow']);
});
