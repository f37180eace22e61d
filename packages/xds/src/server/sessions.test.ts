import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { ManualClock } from '../clock.ts';
import { type AdsTestClient, adsSotwPath, typeUrls } from '../index.ts';
import { startFixture } from '../testing/fixture.ts';

const { cluster: cds } = typeUrls;

/** Resolves when the server has the client's answer to every ping that it has sent. */
async function settled(client: AdsTestClient): Promise<void> {
  for (const _roundTrip of [1, 2]) await new Promise((resolve) => client.session.ping(resolve));
}

test('at its age a connection is asked to go: GOAWAY, and its streams end with UNAVAILABLE', async (t) => {
  const clock = new ManualClock();
  const { connect } = await startFixture(t, { clock, maxConnectionAgeMs: 1_000 });
  const client = await connect();
  const goaway = once(client.session, 'goaway');
  const ads = client.sotw();
  await ads.requestResponseAck(cds);
  clock.advance(899);
  await ads.expectNoResponse();
  clock.advance(201);
  assert.equal((await goaway)[0], 0, 'NO_ERROR');
  assert.equal((await ads.ended).code, 14);
});

test('asked to reconnect, each client that is there goes once within the time, and later ones stay', async (t) => {
  const clock = new ManualClock();
  const { server, connect } = await startFixture(t, { clock });
  const clients = [await connect(), await connect(), await connect()];
  const goaways = clients.map((client) => once(client.session, 'goaway'));
  const streams = clients.map((client) => client.sotw());
  for (const ads of streams) await ads.requestResponseAck(cds);
  assert.equal(server.reconnect(10_000), 3);
  // Those that wait for their moment keep it.
  assert.equal(server.reconnect(10_000), 0);
  const later = await connect();
  const stays = later.sotw();
  await stays.requestResponseAck(cds);
  clock.advance(10_000);
  for (const [code] of await Promise.all(goaways)) assert.equal(code, 0, 'NO_ERROR');
  for (const ads of streams) assert.equal((await ads.ended).code, 14);
  await stays.expectNoResponse();
  assert.equal(server.open.streams, 1);

  const goaway = once(later.session, 'goaway');
  assert.equal(server.reconnect(0), 1);
  assert.equal((await goaway)[0], 0);
  assert.equal((await stays.ended).code, 14);
});

test('a connection that is too young to reconnect is asked when it is old enough, an older one at once', async (t) => {
  const clock = new ManualClock();
  const { server, connect } = await startFixture(t, { clock });
  const open = async () => {
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(cds);
    return ads;
  };
  const old = await open();
  clock.advance(100_000);
  const young = await open();
  assert.equal(server.reconnect(10_000, 100_000), 2);
  clock.advance(10_000);
  assert.equal((await old.ended).code, 14);
  clock.advance(89_999);
  await young.expectNoResponse();
  assert.equal(server.open.streams, 1);
  clock.advance(10_001);
  assert.equal((await young.ended).code, 14);
});

test('a connection that has to go and does not is cut after the grace time', async (t) => {
  const clock = new ManualClock();
  const { server, connect } = await startFixture(t, { clock, maxConnectionAgeMs: 1_000, graceMs: 500 });
  const client = await connect();
  await client.sotw().requestResponseAck(cds);
  const unfinished = client.call('/grpc.health.v1.Health/Check');
  while (server.services.open < 2) await client.sotw().close();
  const goaway = once(client.session, 'goaway');
  clock.advance(1_100);
  await goaway;
  assert.equal(server.services.open, 1);
  clock.advance(500);
  assert.equal((await unfinished.ended).code, 14);
});

test('a client that answers pings is kept, one that does not is cut', async (t) => {
  const clock = new ManualClock();
  const { server, url, connect } = await startFixture(t, { clock, keepaliveMs: 1_000 });
  const client = await connect();
  const alive = client.sotw();
  await alive.requestResponseAck(cds);
  const dead = connectTcp(Number(new URL(url).port), '127.0.0.1');
  dead.on('error', () => {});
  // The preface and an empty SETTINGS frame: the connection is there, but nobody will answer a PING.
  dead.write(
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
  );
  dead.resume();
  while (server.open.sessions < 2) await alive.expectNoResponse();

  const [cut, pinged] = [once(dead, 'close'), once(client.session, 'ping')];
  clock.advance(1_000);
  await pinged;
  await alive.expectNoResponse();
  clock.advance(1_000);
  await cut;
  await alive.expectNoResponse();
  assert.deepEqual([server.open.sessions, server.open.streams], [1, 1]);
});

test('a connection without a stream is asked to go after a while', async (t) => {
  const clock = new ManualClock();
  const { server, connect } = await startFixture(t, { clock, keepaliveMs: 1_000 });
  const [idle, busy] = [await connect(), await connect()];
  const ads = busy.sotw();
  await ads.requestResponseAck(cds);
  const goaway = once(idle.session, 'goaway');
  for (let interval = 0; interval < 3; interval++) {
    clock.advance(1_000);
    await settled(busy);
    if (interval < 2) await settled(idle);
  }
  await goaway;
  await ads.expectNoResponse();
  assert.equal(server.open.streams, 1);
});

test('a client that sends garbage instead of HTTP/2 is closed', async (t) => {
  const { server, url, connect } = await startFixture(t);
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  assert.equal(server.open.streams, 1);
});

test('clients of a server that closes come to the next one', async (t) => {
  const first = await startFixture(t);
  const second = await startFixture(t);
  const client = await first.connect();
  const call = client.call(adsSotwPath);
  await first.server.close();
  assert.equal((await call.ended).code, 14);
  await (await second.connect()).sotw().requestResponseAck(cds);
});
