import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adsSotwPath, buildAssignment, type EncodedResource, typeUrls } from '../index.ts';
import { SotwTestStream } from '../test-client/sotw-test-stream.ts';
import { startFixture } from '../testing/fixture.ts';

const { endpoint: eds } = typeUrls;

/** Some 100 kB, more than HTTP/2's flow control lets through at once. */
function large(name: string, generation: number): EncodedResource {
  const endpoints = Array.from({ length: 4_000 }, (_, index) => ({
    address: `127.0.${index >> 8}.${index & 255}`,
    port: index === 0 ? generation : 1,
  }));
  return buildAssignment({ clusterName: name, localities: [{ endpoints }] });
}

test('a client that does not read keeps nobody from being served, and gets the newest state later', async (t) => {
  const bytes = new Map<string, number>();
  const { cache, server, connect } = await startFixture(t, {
    observer: { response: ({ node }, response) => bytes.set(node.id, (bytes.get(node.id) ?? 0) + response.bytes) },
  });
  cache.set(large('a', 1));
  const quick = (await connect({ node: { id: 'quick' } })).sotw();
  await quick.requestResponseAck(eds, ['a']);

  const call = (await connect()).call(adsSotwPath);
  const slow = new SotwTestStream(call, { id: 'slow' });
  call.pause();
  slow.request(eds, ['a']);
  while (!bytes.has('slow')) await quick.expectNoResponse();

  const rounds = 50;
  for (let generation = 2; generation < 2 + rounds; generation++) {
    cache.set(large('a', generation));
    await quick.responseAck(eds);
  }
  assert.equal(
    bytes.get('slow'),
    large('a', 1).sotwField.length + overhead(bytes.get('slow')!),
    'one response, no queue',
  );
  const status = server.clients().find(({ node }) => node.id === 'slow')?.types[0];
  assert.equal(status?.pending, 1, 'one merged update');
  assert.ok((status?.unansweredMs ?? 0) > 0);

  call.resume();
  await slow.responseAck(eds);
  const newest = await slow.responseAck(eds);
  assert.deepEqual(Buffer.from(newest.resources[0]!.bytes), large('a', 1 + rounds).bytes);
  await slow.expectNoResponse();

  /** What is in a response beside its resource: less than 200 bytes. */
  function overhead(total: number): number {
    const rest = total - large('a', 1).sotwField.length;
    assert.ok(rest > 0 && rest < 200, `${rest} bytes beside one resource`);
    return rest;
  }
});

test('a type that does not fit any more waits for the socket, and is then sent', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [large('a', 1), large('b', 1)] });
  const client = await connect();
  const call = client.call(adsSotwPath);
  const ads = new SotwTestStream(call, {});
  call.pause();
  ads.request(eds, ['a']);
  ads.request('type.googleapis.com/unknown.Type', ['x']);
  const other = client.sotw();
  await other.expectNoResponse();
  call.resume();
  const types = [(await ads.response()).typeUrl, (await ads.response()).typeUrl];
  assert.deepEqual(types, [eds, 'type.googleapis.com/unknown.Type']);
});
