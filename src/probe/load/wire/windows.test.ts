import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCode, settingId, settingsFrame } from '@evenkeel/xds/http2';
import { grpcHeaders } from '../../testing/raw-http2-server.ts';
import { WirePeer } from '../../testing/wire-peer.ts';

const initialWindow = (size: number) => [[settingId.initialWindowSize, size]] as const;

test("a request goes as far as its stream's window, and ends with its last byte", async () => {
  const peer = await new WirePeer(20).open(initialWindow(10));
  peer.call('a');
  assert.deepEqual(await peer.sent(), ['headers 1', 'data 1 10']);
  peer.grow(1, 7);
  assert.deepEqual(await peer.sent(), ['data 1 7']);
  peer.grow(1, 100);
  assert.deepEqual(await peer.sent(), ['data 1 8 end']);
  peer.ok(1);
  assert.deepEqual(peer.events.slice(1), ['a 0']);
});

test('SETTINGS may change windows in the middle, below zero too', async () => {
  const peer = await new WirePeer(95).open(initialWindow(50));
  peer.call('a');
  assert.deepEqual(await peer.sent(), ['headers 1', 'data 1 50']);
  peer.give(settingsFrame(initialWindow(20)));
  peer.grow(1, 30);
  assert.deepEqual(await peer.sent(), ['settings ack'], '50 were sent and 50 are allowed');
  peer.grow(1, 5);
  assert.deepEqual(await peer.sent(), ['data 1 5']);
  peer.give(settingsFrame(initialWindow(1000)));
  assert.deepEqual(await peer.sent(), ['settings ack', 'data 1 45 end']);
});

test('all streams share the window of the connection', async () => {
  const peer = await new WirePeer(40_000).open(initialWindow(1_000_000));
  peer.call('a');
  peer.call('b');
  assert.deepEqual(await peer.sent(), [
    ...['headers 1', 'data 1 16384', 'data 1 16384', 'data 1 7237 end'],
    ...['headers 3', 'data 3 16384', 'data 3 9146'],
  ]);
  peer.grow(0, 1_000_000);
  assert.deepEqual(await peer.sent(), ['data 3 14475 end']);
  assert.deepEqual([...peer.received.values()], [40_005, 40_005]);
});

test('a request of any size is cut into frames that every server takes', async () => {
  const peer = await new WirePeer(100_000).open();
  peer.call('a');
  const frames = await peer.sent();
  assert.equal(peer.received.get(1), 65_535);
  assert.ok(frames.every((frame) => Number(/^data 1 (\d+)/.exec(frame)?.[1] ?? 0) <= 16_384));
  peer.grow(0, 100_000).grow(1, 100_000);
  assert.match((await peer.sent()).at(-1)!, / end$/);
  assert.equal(peer.received.get(1), 100_005);
});

test('a server that is busy with reading is waited for', async () => {
  const peer = await new WirePeer(50_000).open(initialWindow(1_000_000));
  peer.takesMore = false;
  const call = peer.call('a');
  assert.deepEqual([await peer.sent(), call.held?.for], [[], 'window']);
  peer.takesMore = true;
  peer.connection.drained();
  assert.match((await peer.sent()).at(-1)!, /^data 1 \d+ end$/);
});

test('an answer before the whole request was sent counts, and the rest is not sent', async () => {
  const peer = await new WirePeer(1_000).open(initialWindow(10));
  peer.call('a');
  await peer.sent();
  peer.headers(1, [...grpcHeaders, ['grpc-status', '8'], ['grpc-message', 'too large']], true);
  assert.deepEqual(peer.events.slice(1), ['a 8 too large']);
  assert.deepEqual(await peer.sent(), [`rstStream 1 ${errorCode.cancel}`]);
  peer.grow(1, 1_000);
  assert.deepEqual(await peer.sent(), []);
});

test('what comes is given back, of the stream and of the connection', async () => {
  const peer = await new WirePeer().open();
  peer.call('a', { single: false, keepMessage: false });
  await peer.sent();
  peer.headers(1, grpcHeaders);
  const messageBytes = 1024 * 1024;
  const message = Buffer.alloc(5 + messageBytes);
  message.writeUInt32BE(messageBytes, 1);
  for (let at = 0; at < 5 * message.length; at += 16_000) {
    const all = Buffer.concat([message, message]);
    const from = at % message.length;
    peer.data(1, all.subarray(from, from + Math.min(16_000, 5 * message.length - at)));
  }
  const [given] = await peer.sent();
  const [, stream, bytes] = /^windowUpdate (\d+) (\d+)$/.exec(given!)!;
  assert.equal(stream, '1');
  assert.ok(Number(bytes) > 4 * 1024 * 1024, 'more than half of 8 MiB');
  peer.headers(1, [['grpc-status', '0']], true);
  assert.equal(peer.events.at(-1), 'a 0');
});

test('windows beyond 2^31-1, and updates of nothing, end the connection', async () => {
  for (const [by, code] of [
    [2 ** 31 - 1, errorCode.flowControlError],
    [0, errorCode.protocolError],
  ] as const) {
    const peer = await new WirePeer().open();
    peer.grow(0, by);
    assert.ok((await peer.sent()).includes(`goAway ${code}`));
    assert.match(peer.events.at(-1)!, /^closed: the server breaks the protocol/);
  }
});
