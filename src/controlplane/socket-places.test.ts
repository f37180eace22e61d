import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { SocketPlaces } from './socket-places.ts';

function world(max: number) {
  const gone: string[] = [];
  const places = new SocketPlaces(max);
  const come = (name: string, remoteAddress: string, bytesRead = 0): Socket => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, bytesRead, destroy: () => gone.push(name) });
    places.take(socket as unknown as Socket);
    return socket as unknown as Socket;
  };
  return { gone, places, come };
}

test('whoever comes finds a place: the silent of the address that has the most go first, the oldest before', () => {
  const { gone, come } = world(4);
  come('fleet', '10.0.0.1');
  come('speaking', '10.0.0.9', 100);
  come('silent 1', '10.0.0.9');
  come('silent 2', '10.0.0.9');
  come('kubelet', '10.0.0.2');
  come('silent 3', '10.0.0.9');
  assert.deepEqual(gone, ['silent 1', 'silent 2']);
  come('more', '10.0.0.9', 1);
  assert.deepEqual(gone.at(-1), 'silent 3');
});

test('a busy one keeps its place, and where all are, the newest goes', () => {
  const { gone, places, come } = world(2);
  const all = [come('a', '1'), come('b', '1')];
  for (const socket of all) places.setBusy(socket, true);
  come('c', '1');
  assert.deepEqual(gone, ['c']);
  places.setBusy(all[1]!, false);
  come('d', '1');
  assert.deepEqual(gone, ['c', 'b']);
  all[0]!.emit('close');
  come('e', '1');
  assert.deepEqual(gone, ['c', 'b']);
});

test('thousands that come while all places are taken do not have every socket looked at each time', () => {
  let looks = 0;
  const places = new SocketPlaces(500);
  for (let index = 0; index < 3_000; index++) {
    const socket = new EventEmitter();
    Object.defineProperties(socket, {
      remoteAddress: { value: `10.0.${index >> 8}.${index & 255}` },
      bytesRead: {
        get() {
          looks += 1;
          return 1;
        },
      },
      destroy: { value: () => {} },
    });
    places.take(socket as unknown as Socket);
  }
  assert.ok(looks <= 2 * 3_000, `${looks} looks`);
});
