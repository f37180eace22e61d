import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeHeaders,
  errorCode,
  frameFlag,
  frameType,
  goAwayFrame,
  pingFrame,
  rstStreamFrame,
  settingId,
  settingsFrame,
} from '@evenkeel/xds/http2';
import { anyFrame, emptyMessage, grpcHeaders, type HeaderPairs } from '../../testing/raw-http2-server.ts';
import { WirePeer } from '../../testing/wire-peer.ts';

const page = Buffer.from('<html>502</html>');
const html: HeaderPairs = [
  [':status', '502'],
  ['content-type', 'text/html'],
];

test('it says who it is, and takes calls once the server has said so', async () => {
  const peer = new WirePeer();
  assert.deepEqual(await peer.sent(), ['settings', 'windowUpdate 2147418112']);
  assert.equal(peer.connection.isUsable, false);
  peer.give(settingsFrame([]));
  assert.deepEqual([peer.connection.isUsable, peer.events], [true, ['ready']]);
  peer.call('a');
  peer.call('b');
  assert.deepEqual(await peer.sent(), ['settings ack', ...['headers 1', 'data 1 5 end', 'headers 3', 'data 3 5 end']]);
  peer.ok(3).ok(1);
  assert.deepEqual(peer.events, ['ready', 'b 0', 'a 0']);
  assert.deepEqual(await peer.sent(), []);
});

test('answers: trailers alone, interim headers, pages, padding', async () => {
  const peer = await new WirePeer().open();
  for (const name of ['trailers', 'interim', 'page', 'page that goes on', 'padded']) peer.call(name);
  await peer.sent();
  peer.headers(1, [...grpcHeaders, ['grpc-status', '5'], ['grpc-message', 'not%20here']], true);
  peer
    .headers(3, [[':status', '103']])
    .headers(3, [[':status', '100']])
    .ok(3);
  peer.headers(5, html).data(5, page, true);
  peer.headers(7, html).data(7, page);
  const padded = Buffer.concat([Buffer.from([3]), emptyMessage, Buffer.alloc(3)]);
  peer.headers(9, grpcHeaders).give(anyFrame(frameType.data, frameFlag.padded, 9, padded));
  const block = encodeHeaders([['grpc-status', '0']], false);
  const flags = frameFlag.padded | frameFlag.endHeaders | frameFlag.endStream;
  peer.give(anyFrame(frameType.headers, flags, 9, Buffer.concat([Buffer.from([2]), block, Buffer.alloc(2)])));
  assert.deepEqual(peer.events.slice(1), [
    'trailers 5 not here',
    'interim 0',
    'page 14 HTTP 502 ("text/html") without a gRPC status',
    'page that goes on 14 HTTP 502 ("text/html") without a gRPC status',
    'padded 0',
  ]);
  // Nobody waits for the rest of a page.
  assert.deepEqual(await peer.sent(), ['rstStream 7 8']);
  peer.data(7, page, true);
  assert.equal(peer.connection.isUsable, true);
});

test('headers in several frames, and nothing in between', async () => {
  const peer = await new WirePeer().open();
  peer.call('cut');
  peer.call('broken');
  const block = encodeHeaders(
    [...grpcHeaders, ['grpc-status', '0']].map(([name, value]) => [name!, value!] as const),
    false,
  );
  const [one, two, three] = [block.subarray(0, 1), block.subarray(1, 4), block.subarray(4)];
  peer.headers(1, grpcHeaders).data(1, emptyMessage);
  const trailers = encodeHeaders(
    [
      ['grpc-status', '0'],
      ['x-more', 'y'.repeat(40)],
    ],
    false,
  );
  peer.give(anyFrame(frameType.headers, frameFlag.endStream, 1, trailers.subarray(0, 3)));
  peer.give(anyFrame(frameType.continuation, 0, 1, trailers.subarray(3, 9)));
  assert.deepEqual(peer.events, ['ready']);
  peer.give(anyFrame(frameType.continuation, frameFlag.endHeaders, 1, trailers.subarray(9)));
  assert.deepEqual(peer.events, ['ready', 'cut 0']);
  peer.give(anyFrame(frameType.headers, 0, 3, one!), anyFrame(frameType.continuation, 0, 3, two!));
  peer.give(pingFrame(Buffer.alloc(8), false));
  const why = 'the server breaks the protocol: another frame inside a header block';
  assert.deepEqual(peer.events.slice(2), ['leaving', `broken 14 ${why}`, `closed: ${why}`]);
  assert.deepEqual((await peer.sent()).slice(-3), ['goAway 1', 'end', 'destroy']);
  peer.give(anyFrame(frameType.continuation, frameFlag.endHeaders, 3, three!));
  assert.equal(peer.events.length, 5, 'nothing after the end');
});

test('RST_STREAM by its code; a refused stream was not processed', async () => {
  const peer = await new WirePeer().open();
  const codes: [code: number, event: string][] = [
    [errorCode.noError, '13 the stream was reset (NO_ERROR) before an answer'],
    [errorCode.protocolError, '13 the server reset the stream (PROTOCOL_ERROR)'],
    [errorCode.cancel, '1 the server reset the stream (CANCEL)'],
    [errorCode.enhanceYourCalm, '8 the server reset the stream (ENHANCE_YOUR_CALM)'],
    [errorCode.inadequateSecurity, '7 the server reset the stream (INADEQUATE_SECURITY)'],
    [errorCode.refusedStream, 'unprocessed, sent: the server reset the stream (REFUSED_STREAM)'],
    [99, '13 the server reset the stream (error 99)'],
  ];
  for (const [index, [code, event]] of codes.entries()) {
    peer.call('call');
    peer.give(rstStreamFrame(2 * index + 1, code as never));
    assert.equal(peer.events.at(-1), `call ${event}`);
  }
  // One that comes late, for a stream that is over, is nothing.
  peer.give(rstStreamFrame(1, errorCode.cancel));
  assert.equal(peer.events.length, 1 + codes.length);
  assert.equal(peer.connection.isUsable, true);
});

test('GOAWAY: what is above the last stream goes elsewhere, the rest goes on, and then it ends', async () => {
  const peer = await new WirePeer().open([[settingId.maxConcurrentStreams, 3]]);
  for (const name of ['a', 'b', 'c', 'waits']) peer.call(name);
  await peer.sent();
  peer.give(goAwayFrame(2 ** 31 - 1, errorCode.noError, 'soon'));
  const why = 'the server closed the connection (GOAWAY NO_ERROR: "soon")';
  assert.deepEqual(peer.events.slice(1), ['leaving, works', `waits unprocessed, not sent: ${why}`]);
  assert.equal(peer.connection.isUsable, false);
  peer.give(goAwayFrame(3, errorCode.noError));
  assert.equal(peer.events.at(-1), 'c unprocessed, sent: the server closed the connection (GOAWAY NO_ERROR)');
  peer.ok(1);
  assert.deepEqual(await peer.sent(), [], 'b is still under way');
  peer.ok(3);
  assert.deepEqual(peer.events.slice(-2), ['a 0', 'b 0']);
  assert.deepEqual(await peer.sent(), ['end']);
});

test('GOAWAY with an error: who is cut off afterwards is told why', async () => {
  const peer = await new WirePeer().open();
  peer.call('a');
  await peer.sent();
  peer.give(goAwayFrame(1, errorCode.enhanceYourCalm, 'too_many_pings'));
  peer.connection.closed('the server closed the connection');
  const why = 'the server closed the connection (GOAWAY ENHANCE_YOUR_CALM: "too_many_pings")';
  assert.deepEqual(peer.events.slice(1), ['leaving, works', `a 14 ${why}`, `closed: ${why}`]);
});

test('a connection that is gone: what was sent failed, what was not goes elsewhere', async () => {
  const peer = await new WirePeer().open();
  peer.call('sent');
  await peer.sent();
  peer.call('not sent');
  peer.connection.closed('reset by peer');
  assert.deepEqual(peer.events.slice(1), [
    'leaving',
    'sent 14 reset by peer',
    'not sent unprocessed, not sent: reset by peer',
    'closed: reset by peer',
  ]);
});

test('no more streams at once than the server takes; who waits says for what', async () => {
  const peer = await new WirePeer().open([[settingId.maxConcurrentStreams, 1]]);
  peer.call('a');
  const b = peer.call('b');
  const late = peer.call('late', { expiresAt: 0 });
  const c = peer.call('c');
  assert.deepEqual(await peer.sent(), ['headers 1', 'data 1 5 end']);
  assert.deepEqual([b.held, b.streamId], [{ for: 'stream', leftAt: undefined }, 0]);
  peer.ok(1);
  assert.deepEqual(await peer.sent(), ['headers 3', 'data 3 5 end']);
  assert.equal(typeof b.held?.leftAt, 'number');
  peer.give(settingsFrame([[settingId.maxConcurrentStreams, 10]]));
  assert.deepEqual(await peer.sent(), ['settings ack', 'headers 5', 'data 5 5 end']);
  assert.equal(c.streamId, 5);
  assert.equal(late.streamId, 0, 'its deadline had passed');
  late.holder!.drop(late);
  assert.deepEqual(await peer.sent(), []);
});

test('a call that is given up is reset, and its answer ignored', async () => {
  const peer = await new WirePeer().open();
  const call = peer.call('a');
  call.holder!.drop(call);
  assert.deepEqual((await peer.sent()).slice(-1), ['rstStream 1 8']);
  peer.ok(1);
  assert.deepEqual(peer.events, ['ready']);
  peer.ok(3);
  assert.match(
    peer.events.at(-1)!,
    /^closed: the server breaks the protocol: HEADERS for a stream that was never begun/,
  );
});

test('PING is answered, as long as the answers are read', async () => {
  const peer = await new WirePeer().open();
  peer.give(pingFrame(Buffer.alloc(8), false), pingFrame(Buffer.alloc(8), true));
  assert.deepEqual(await peer.sent(), ['ping ack']);
  peer.takesMore = false;
  const flood = Buffer.concat(Array.from({ length: 5000 }, () => pingFrame(Buffer.alloc(8), false)));
  peer.give(flood);
  assert.match(peer.events.at(-1)!, /^closed: .*it asks for answers and does not read them$/);
  assert.ok((await peer.sent()).includes(`goAway ${errorCode.enhanceYourCalm}`));
});

test('what speaks no HTTP/2 is named', () => {
  const peer = new WirePeer();
  peer.give(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  assert.match(peer.events.at(-1)!, /^closed: the server speaks HTTP\/1 and not HTTP\/2/);
  const first = new WirePeer();
  first.give(pingFrame(Buffer.alloc(8), false));
  assert.match(first.events.at(-1)!, /^closed: the server speaks no HTTP\/2/);
});
