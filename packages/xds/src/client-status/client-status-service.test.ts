import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import {
  type ClientConfig,
  type ClientStatusRequest,
  ClientStatusRequestSchema,
  type ClientStatusResponse,
  ClientStatusResponseSchema,
  ConfigStatus,
} from '../gen/envoy/service/status/v3/csds_pb.ts';
import { ClientStatusService, type ClientStatusServiceOptions, typeUrls } from '../index.ts';
import { cluster, listener, startFixture } from '../testing/fixture.ts';

const service = '/envoy.service.status.v3.ClientStatusDiscoveryService';
const serialize = (request: ClientStatusRequest) => Buffer.from(toBinary(ClientStatusRequestSchema, request));
const deserialize = (bytes: Buffer) => fromBinary(ClientStatusResponseSchema, bytes);

/** A server with the service, and a client of grpc-js that asks it. */
async function start(t: TestContext, options: Partial<ClientStatusServiceOptions> = {}) {
  const fixture = await startFixture(t);
  new ClientStatusService({ server: fixture.server, access: () => true, ...options }).addTo(fixture.server.services);
  const client = new Client(new URL(fixture.url).host, credentials.createInsecure());
  t.after(() => client.close());
  const fetch = (request: MessageInitShape<typeof ClientStatusRequestSchema> = {}): Promise<ClientStatusResponse> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        `${service}/FetchClientStatus`,
        serialize,
        deserialize,
        create(ClientStatusRequestSchema, request),
        (error: ServiceError | null, response) => (error === null ? resolve(response!) : reject(error)),
      );
    });
  return { ...fixture, client, fetch };
}

const names = ({ config }: ClientStatusResponse): (string | undefined)[] => config.map(({ node }) => node?.id).sort();

/** The test client asks for something that never exists, to learn that all has been said. */
const withoutBarriers = ({ genericXdsConfigs }: ClientConfig) =>
  genericXdsConfigs.filter(({ typeUrl }) => !typeUrl.endsWith('Barrier'));

test('every client is found with the state of every resource', async (t) => {
  const { cache, connect, fetch } = await start(t, { wallClock: () => 1_700_000_000_000 });
  cache.update({ set: [cluster('a'), cluster('b'), listener('l')] });
  const node = { id: 'web-1', metadata: { namespace: 'shop' }, userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
  const one = (await connect({ node })).sotw();
  await one.requestResponseAck(typeUrls.listener, ['l', 'missing']);
  await one.requestResponseNack(typeUrls.cluster, ['a'], 'policy unknown');
  await one.expectNoResponse();
  const other = (await connect({ node: { id: 'web-2' } })).sotw();
  await other.requestResponse(typeUrls.cluster, ['b']);

  const answer = await fetch();
  assert.deepEqual(names(answer), ['web-1', 'web-2']);
  const web1 = answer.config.find((config) => config.node?.id === 'web-1')!;
  assert.deepEqual(web1.node?.metadata, { namespace: 'shop' });
  assert.deepEqual(web1.node?.userAgentVersionType, { case: 'userAgentVersion', value: '1.85.0' });
  const stateOf = (config: typeof web1) =>
    withoutBarriers(config).map(({ typeUrl, name, configStatus }) => [typeUrl, name, configStatus]);
  assert.deepEqual(
    stateOf(web1).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      [typeUrls.cluster, 'a', ConfigStatus.ERROR],
      [typeUrls.listener, 'l', ConfigStatus.SYNCED],
      [typeUrls.listener, 'missing', ConfigStatus.NOT_SENT],
    ],
  );
  const failed = web1.genericXdsConfigs.find(({ name }) => name === 'a');
  assert.equal(failed?.errorState?.details, 'policy unknown');
  assert.equal(failed?.versionInfo, cluster('a').version);
  assert.ok((failed?.errorState?.lastUpdateAttempt?.seconds ?? 0n) >= 1_699_999_000n);
  const web2 = answer.config.find((config) => config.node?.id === 'web-2')!;
  assert.deepEqual(stateOf(web2), [[typeUrls.cluster, 'b', ConfigStatus.STALE]]);
});

test('streams of one client are one, and matchers choose clients', async (t) => {
  const { cache, connect, fetch } = await start(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  for (const [id, name, namespace] of [
    ['web-1', 'a', 'shop'],
    ['web-1', 'b', 'shop'],
    ['web-2', 'a', 'test'],
  ] as const) {
    const ads = (await connect({ node: { id, metadata: { namespace } } })).sotw();
    await ads.requestResponseAck(typeUrls.cluster, [name]);
    await ads.expectNoResponse();
  }
  const all = await fetch();
  assert.deepEqual(
    all.config.map((config) => [config.node?.id, withoutBarriers(config).length]),
    [
      ['web-1', 2],
      ['web-2', 1],
    ],
  );
  const string = (kind: 'exact' | 'prefix' | 'suffix' | 'contains', value: string, ignoreCase = false) => ({
    matchPattern: { case: kind, value },
    ignoreCase,
  });
  const cases: [request: Parameters<typeof fetch>[0], found: string[]][] = [
    [{ nodeMatchers: [{ nodeId: string('exact', 'web-1') }] }, ['web-1']],
    [{ nodeMatchers: [{ nodeId: string('prefix', 'WEB', true) }] }, ['web-1', 'web-2']],
    [{ nodeMatchers: [{ nodeId: string('suffix', '-2') }] }, ['web-2']],
    [{ nodeMatchers: [{ nodeId: string('contains', 'x') }] }, []],
    [{ nodeMatchers: [{ nodeId: string('exact', 'x') }, { nodeId: string('exact', 'web-2') }] }, ['web-2']],
    [{ nodeMatchers: [metadata('namespace', string('exact', 'test'))] }, ['web-2']],
    [{ nodeMatchers: [metadata('constructor', string('contains', ''))] }, []],
  ];
  for (const [request, found] of cases) assert.deepEqual(names(await fetch(request)), found, JSON.stringify(request));
  const regex = { matchPattern: { case: 'safeRegex' as const, value: { regex: '(a+)+$' } } };
  await assert.rejects(fetch({ nodeMatchers: [{ nodeId: regex }] }), { code: 3 });
});

function metadata(key: string, value: object) {
  const path = [{ segment: { case: 'key' as const, value: key } }];
  return { nodeMetadatas: [{ path, value: { matchPattern: { case: 'stringMatch' as const, value } } }] };
}

test('who may not ask is refused, and so is what would be too long', async (t) => {
  let allowed = false;
  const { cache, connect, fetch } = await start(t, { access: () => allowed, maxAnswerBytes: 1_000 });
  await assert.rejects(fetch(), { code: 7, details: 'the state of clients is not shown to this address' });
  allowed = true;
  assert.deepEqual(await fetch().then(names), []);
  cache.set(cluster('a'));
  const ads = (await connect({ node: { id: 'web-1' } })).sotw();
  await ads.requestResponseAck(typeUrls.cluster, ['a']);
  assert.deepEqual(await fetch().then(names), ['web-1']);
  await ads.requestResponse(
    typeUrls.cluster,
    Array.from({ length: 20 }, (_, index) => `name-${index}`),
  );
  await assert.rejects(fetch(), { code: 8, details: /the 1 clients that match is too long.*node_matchers/ });
});

test('what clients say of what they rejected counts for the length of an answer', async (t) => {
  const { cache, connect, fetch } = await start(t, { maxAnswerBytes: 1_500 });
  cache.set(cluster('a'));
  const ads = (await connect({ node: { id: 'web-1' } })).sotw();
  await ads.requestResponseNack(typeUrls.cluster, ['a'], 'short');
  await ads.expectNoResponse();
  assert.deepEqual(await fetch().then(names), ['web-1']);
  cache.set(cluster('a', 2));
  await ads.responseNack(typeUrls.cluster, 'x'.repeat(4_000));
  await ads.expectNoResponse();
  await assert.rejects(fetch(), { code: 8 });
});

test('on a stream every question is answered', async (t) => {
  const { cache, connect, client } = await start(t);
  cache.set(cluster('a'));
  const call = client.makeBidiStreamRequest(`${service}/StreamClientStatus`, serialize, deserialize);
  const answers = call[Symbol.asyncIterator]() as AsyncIterator<ClientStatusResponse>;
  const ask = async () => {
    call.write(create(ClientStatusRequestSchema, {}));
    const { value } = await answers.next();
    return names(value as ClientStatusResponse);
  };
  assert.deepEqual(await ask(), []);
  const ads = (await connect({ node: { id: 'web-1' } })).sotw();
  await ads.requestResponseAck(typeUrls.cluster, ['a']);
  assert.deepEqual(await ask(), ['web-1']);
  call.end();
  assert.equal((await answers.next()).done, true);
});

test('a question is a few matchers: a longer one is refused as soon as its length is known', async (t) => {
  const { connect } = await start(t);
  const call = (await connect()).call(`${service}/StreamClientStatus`);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(64 * 1024 + 1, 1);
  call.sendRaw(prefix);
  assert.equal((await call.ended).code, 8);
});
