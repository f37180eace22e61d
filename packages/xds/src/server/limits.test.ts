import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:http2';
import { test } from 'node:test';
import { AdsTestClient, adsSotwPath, http2ServerOptions, typeUrls } from '../index.ts';
import { assignment, cluster, startFixture } from '../testing/fixture.ts';

const { cluster: cds, endpoint: eds } = typeUrls;

test('names beyond the limit of a stream end it with RESOURCE_EXHAUSTED', async (t) => {
  const { connect } = await startFixture(t, { limits: { namesPerStream: 3 } });
  const client = await connect();
  const sotw = client.sotw();
  sotw.request(cds, ['a', 'b']);
  sotw.request(eds, ['a', 'b']);
  assert.equal((await sotw.ended).code, 8);
  const delta = client.delta();
  for (const name of ['a', 'b', 'c', 'd']) delta.request(eds, { subscribe: [name] });
  assert.equal((await delta.ended).code, 8);
});

test('names that were unsubscribed from do not count', async (t) => {
  const { connect } = await startFixture(t, { limits: { namesPerStream: 3 } });
  const ads = (await connect()).delta();
  for (let index = 0; index < 10; index++) {
    const [name, before] = [`${index}`, `${index - 1}`];
    await ads.requestResponseAck(eds, { subscribe: [name], unsubscribe: [before] });
  }
});

test('the bytes of the names are limited as well', async (t) => {
  const { connect } = await startFixture(t, { limits: { nameBytesPerStream: 100 } });
  const ads = (await connect()).delta();
  await ads.requestResponseAck(eds, { subscribe: ['x'.repeat(60)] });
  await ads.requestResponseAck(eds, { subscribe: ['y'.repeat(60)], unsubscribe: ['x'.repeat(60)] });
  ads.request(cds, { subscribe: ['z'.repeat(60)] });
  assert.equal((await ads.ended).code, 8);
});

test('types beyond the limit of a stream end it', async (t) => {
  const { connect } = await startFixture(t, { limits: { typesPerStream: 2 } });
  const ads = (await connect()).sotw();
  for (const type of ['a', 'b', 'c']) ads.request(`type.googleapis.com/${type}`, ['x']);
  assert.equal((await ads.ended).code, 8);
});

test('a node beyond the limit ends the stream, and the observer hears why', async (t) => {
  const invalid: string[] = [];
  const { connect } = await startFixture(t, {
    limits: { nodeBytes: 1_000 },
    observer: { invalidRequest: (_stream, { message }) => invalid.push(message) },
  });
  const ads = (await connect({ node: { metadata: { a: 'x'.repeat(1_000) } } })).sotw();
  ads.request(cds);
  assert.equal((await ads.ended).code, 8);
  assert.match(invalid[0] ?? '', /node takes/);
});

test('one that comes when all places are taken gets that of one that does nothing, and who has a stream keeps his', async (t) => {
  const refused: string[] = [];
  const { server, connect } = await startFixture(t, {
    limits: { sessions: 3 },
    observer: { refused: ({ limit, peer }) => refused.push(`${limit} ${peer}`) },
  });
  const first = await connect();
  const ads = first.sotw();
  await ads.requestResponseAck(cds);
  const idle = [await connect(), await connect()];
  for (const client of idle) await new Promise((resolve) => client.session.ping(resolve));
  const { localPort } = idle[0]!.session.socket;
  const gone = once(idle[0]!.session, 'close');
  const next = await connect();
  await next.sotw().requestResponseAck(cds);
  await gone;
  assert.deepEqual(refused, [`sessions 127.0.0.1:${localPort}`]);
  assert.equal(server.open.sessions, 3);
  await ads.expectNoResponse();
});

test('connections beyond the limit are closed, and there is room again when one goes', async (t) => {
  const refused: string[] = [];
  const { server, url, connect } = await startFixture(t, {
    limits: { sessions: 1 },
    observer: { refused: ({ limit }) => refused.push(limit) },
  });
  const first = await connect();
  await first.sotw().requestResponseAck(cds);
  const second = dial(url);
  second.on('error', () => {});
  await once(second, 'close');
  assert.deepEqual(refused, ['sessions']);
  assert.equal(server.open.sessions, 1);
  await first.close();
  let third: AdsTestClient | undefined;
  while (third === undefined) {
    const client = await AdsTestClient.connect(url);
    third = await client
      .sotw()
      .requestResponseAck(cds)
      .then(() => client)
      .catch(() => undefined);
  }
  await third.close();
});

test('streams beyond the limit of a connection wait or are refused', async (t) => {
  const { server, url } = await startFixture(t, { limits: { streamsPerSession: 2 } });
  const client = await AdsTestClient.connect(url);
  t.after(() => client.close());
  if (client.session.remoteSettings.maxConcurrentStreams !== 2) await once(client.session, 'remoteSettings');
  assert.equal(client.session.remoteSettings.maxConcurrentStreams, 2);
  const open = [client.sotw(), client.sotw()];
  for (const ads of open) await ads.requestResponseAck(cds);
  const third = client.call(adsSotwPath);
  await open[0]!.requestResponseAck(cds, ['x']);
  assert.equal(server.open.streams, 2);
  await open[0]!.close();
  await open[1]!.close();
  await third.end();
});

test('a large response is split where the protocol allows it', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `service-${index}`);
  const { cache, connect } = await startFixture(t, { limits: { responseBytes: 1_000 } });
  cache.update({ set: names.flatMap((name) => [assignment(name), cluster(name)]) });
  const client = await connect();
  const sotw = client.sotw();
  sotw.request(eds, names);
  const delta = client.delta();
  delta.request(eds, { subscribe: names });
  for (const stream of [sotw, delta]) {
    const received: string[] = [];
    let responses = 0;
    while (received.length < names.length) {
      const response = await stream.responseAck(eds);
      received.push(...response.names);
      responses++;
    }
    assert.deepEqual(received.sort(), [...names].sort());
    assert.ok(responses > 2, `${responses} responses`);
    await stream.expectNoResponse();
  }
  assert.equal((await sotw.requestResponseAck(cds)).names.length, names.length, 'clusters come in one piece');
});

test('a server that is mounted has the bounds in the words of Node', () => {
  const { maxSessionMemory, settings } = http2ServerOptions({
    sessionMemoryMb: 3,
    streamsPerSession: 7,
    headerBytes: 900,
  });
  assert.equal(maxSessionMemory, 3);
  assert.deepEqual(settings, { maxConcurrentStreams: 7, maxHeaderListSize: 900, enablePush: false });
});
