import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { create } from '@bufbuild/protobuf';
import {
  AdsServer,
  AdsTestClient,
  buildEdsCluster,
  type CacheObserver,
  type EncodedResource,
  encodeResource,
  GrpcError,
  grpcStatus,
  ResourceError,
  SnapshotCache,
  typeUrls,
  type XdsCache,
} from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { TestAuthority } from '../src/controlplane/testing/certificates.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const urlOf = ({ port }: { port: number }): string => `http://127.0.0.1:${port}`;

/** A cache as a caller may write it: one map, nothing by group. */
class MapCache implements XdsCache {
  readonly #resources = new Map<string, EncodedResource>();
  readonly #observers = new Set<CacheObserver>();

  put(resource: EncodedResource): void {
    this.#resources.set(resource.name, resource);
    const names = new Map([[resource.typeUrl, new Set([resource.name])]]);
    for (const observer of this.#observers) observer({ group: undefined, names });
  }

  view(group: string): ReturnType<XdsCache['view']> {
    const get = (typeUrl: string, name: string): EncodedResource | undefined => {
      const found = this.#resources.get(name);
      return found?.typeUrl === typeUrl ? found : undefined;
    };
    const ofType = (typeUrl: string) => [...this.#resources.values()].filter((one) => one.typeUrl === typeUrl);
    return {
      group,
      get,
      getByWildcard: get,
      wildcardNames: (typeUrl) => ofType(typeUrl).map(({ name }) => name),
      givenVersion: () => undefined,
      hasType: (typeUrl) => ofType(typeUrl).length > 0,
    };
  }

  observe(observer: CacheObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
}

test('a cache of the caller’s own is served, and its changes as well', async () => {
  const cache = new MapCache();
  cache.put(buildEdsCluster({ name: 'a' }));
  await using server = new AdsServer({ cache });
  await using client = await AdsTestClient.connect(urlOf(await server.listen(loopback)));
  const stream = client.sotw();
  assert.deepEqual((await stream.requestResponseAck(typeUrls.cluster)).names, ['a']);
  cache.put(buildEdsCluster({ name: 'b' }));
  assert.deepEqual((await stream.responseAck(typeUrls.cluster)).names.toSorted(), ['a', 'b']);
});

test('an error is caught by its class', () => {
  assert.throws(
    () => encodeResource(ClusterSchema, create(ClusterSchema)),
    (error) => error instanceof ResourceError && error.field === 'name',
  );
});

test('a stream and a request are refused with the status that the caller chose', async () => {
  let problem: 'stream' | 'request' = 'stream';
  await using server = new AdsServer({
    cache: new SnapshotCache(),
    onStream: () => {
      if (problem === 'stream') throw new GrpcError(grpcStatus.outOfRange, 'no stream');
    },
    onRequest: (_stream, { typeUrl }) => {
      throw new GrpcError(grpcStatus.alreadyExists, `not ${typeUrl}`);
    },
  });
  await using client = await AdsTestClient.connect(urlOf(await server.listen(loopback)));
  assert.deepEqual(await client.sotw().ended, { code: 11, message: 'no stream' });
  problem = 'request';
  const stream = client.sotw();
  stream.send({ typeUrl: typeUrls.cluster });
  assert.deepEqual(await stream.ended, { code: 6, message: `not ${typeUrls.cluster}` });
  assert.equal(server.open.streams, 0);
});

test('listen takes TLS, and only clients that agree on HTTP/2', async () => {
  const authority = new TestAuthority();
  await using server = new AdsServer({ cache: new SnapshotCache() });
  const { port } = await server.listen({ ...loopback, tls: authority.issue({ ips: ['127.0.0.1'] }) });
  const options = { host: '127.0.0.1', port, ca: authority.cert };
  const agreed = connectTls({ ...options, ALPNProtocols: ['h2'] });
  await once(agreed, 'secureConnect');
  assert.equal(agreed.alpnProtocol, 'h2');
  // The server speaks first: its SETTINGS.
  const [settings] = (await once(agreed, 'data')) as [Buffer];
  assert.equal(settings[3], 4);
  agreed.destroy();
  const other = connectTls(options);
  other.on('error', () => {});
  await once(other, 'close');
});

test('a mounted server announces the bounds of the library', async (t) => {
  await using server = new AdsServer({ cache: new SnapshotCache(), limits: { streamsPerSession: 7 } });
  const http = createServer();
  t.after(() => http.close());
  server.mount(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  await using client = await AdsTestClient.connect(urlOf(http.address() as AddressInfo));
  if (client.session.remoteSettings.maxConcurrentStreams !== 7) await once(client.session, 'remoteSettings');
  assert.equal(client.session.remoteSettings.maxConcurrentStreams, 7);
});
