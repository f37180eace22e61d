import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  AdsServer,
  type AdsServerOptions,
  AdsTestClient,
  type AdsTestClientOptions,
  buildApiListener,
  buildAssignment,
  buildEdsCluster,
  buildRoute,
  type EncodedResource,
  SnapshotCache,
} from '../index.ts';

export interface Fixture {
  readonly cache: SnapshotCache;
  readonly server: AdsServer;
  readonly url: string;
  /** A client that is closed with the test. */
  connect(options?: AdsTestClientOptions): Promise<AdsTestClient>;
}

export type FixtureOptions = Partial<Omit<AdsServerOptions, 'cache'>> & { readonly cache?: SnapshotCache };

/** A server and its clients; the test fails if it leaves a connection, a stream or a subscription behind. */
export async function startFixture(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const cache = options.cache ?? new SnapshotCache();
  const server = new AdsServer({ coalesceMs: 0, keepaliveMs: 0, ...options, cache });
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const clients: AdsTestClient[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
    assert.deepEqual(server.open, { sessions: 0, streams: 0, subscriptions: 0 });
  });
  const url = `http://${host}:${port}`;
  return {
    cache,
    server,
    url,
    async connect(clientOptions) {
      const client = await AdsTestClient.connect(url, clientOptions);
      clients.push(client);
      return client;
    },
  };
}

/** A listener; another `route` is another content. */
export function listener(name: string, route = name): EncodedResource {
  return buildApiListener({ name, routeName: route });
}

export function route(name: string, cluster = name): EncodedResource {
  return buildRoute({ name, cluster });
}

/** A cluster; another `generation` is another content. */
export function cluster(name: string, generation = 1): EncodedResource {
  return buildEdsCluster({ name, maxRequests: generation });
}

/** An assignment with one endpoint; another port is another content. */
export function assignment(clusterName: string, port = 1): EncodedResource {
  return buildAssignment({ clusterName, localities: [{ endpoints: [{ address: '127.0.0.1', port }] }] });
}

/** Everything that a client needs to call `name`. */
export function service(name: string): EncodedResource[] {
  return [listener(name), route(name), cluster(name), assignment(name)];
}
