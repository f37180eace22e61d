import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { HandshakeTurns } from './handshake-turns.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function world() {
  const begun: string[] = [];
  const names = new Map<unknown, string>();
  const turns = new HandshakeTurns((socket) => begun.push(names.get(socket)!));
  const come = (name: string, remoteAddress: string, readableLength = 100) => {
    const resumed: string[] = [];
    const socket = Object.assign(new EventEmitter(), {
      ...{ remoteAddress, readableLength, destroyed: false },
      resume: () => resumed.push(name),
    });
    names.set(socket, name);
    turns.add(socket as unknown as Socket);
    return { socket, resumed, speak: () => socket.emit('readable'), close: () => socket.emit('close') };
  };
  return { begun, turns, come };
}

test('a handshake begins when its client has sent something, two in a turn', async () => {
  const { begun, turns, come } = world();
  const sockets = Array.from({ length: 6 }, (_, at) => come(`${at}`, '10.0.0.9'));
  await turn();
  assert.deepEqual(begun, []);
  for (const { speak } of sockets) speak();
  assert.equal(begun.length, 1, 'where nobody waits the first begins at once');
  await turn();
  assert.equal(begun.length, 3);
  await turn();
  assert.equal(begun.length, 5);
  await turn();
  assert.deepEqual([begun, turns.waiting], [['0', '1', '2', '3', '4', '5'], 0]);
});

test('addresses have their turns one after the other, however many sockets one has', async () => {
  const { begun, come } = world();
  for (let at = 0; at < 20; at++) come(`many ${at}`, '10.0.0.9').speak();
  for (const name of ['a', 'b']) come(name, '10.0.0.1').speak();
  come('c', '10.0.0.2').speak();
  const ways = [
    ['many 1', 'a'],
    ['c', 'many 2'],
    ['b', 'many 3'],
  ];
  for (const way of ways) {
    begun.length = 0;
    await turn();
    assert.deepEqual(begun, way);
  }
});

test('a socket that is closed while it waits has no turn, and leaves nothing', async () => {
  const { begun, turns, come } = world();
  const [, second, third] = ['1', '2', '3'].map((name) => {
    const client = come(name, '10.0.0.9');
    client.speak();
    return client;
  });
  second!.close();
  third!.close();
  assert.equal(turns.waiting, 0);
  await turn();
  come('4', '10.0.0.9').speak();
  await turn();
  assert.deepEqual(begun, ['1', '4']);
});

test('a client that closes its side and has sent nothing has no turn', async () => {
  const { begun, turns, come } = world();
  const { resumed, speak } = come('gone', '10.0.0.9', 0);
  speak();
  assert.deepEqual([begun, turns.waiting, resumed], [[], 0, ['gone']]);
});
