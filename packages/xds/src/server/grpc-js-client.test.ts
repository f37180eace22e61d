import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Client,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { AdsServer, buildApiListener, buildAssignment, buildEdsCluster, buildRoute, SnapshotCache } from '../index.ts';

register();

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
const whoDefinition = {
  Who: {
    path: '/test.Who/Who',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  },
} satisfies ServiceDefinition;
const WhoClient = makeGenericClientConstructor(whoDefinition, 'test.Who');

/** A gRPC server that answers its own name. */
async function startBackend(t: TestContext, name: string): Promise<number> {
  const server = new Server();
  server.addService(whoDefinition, {
    Who: (_call: unknown, done: (error: null, answer: Buffer) => void) => done(null, Buffer.from(name)),
  });
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** A real xDS channel with a bootstrap of its own. */
function dial(target: string, controlPlanePort: number, id: string): Client {
  const bootstrap = {
    xds_servers: [
      {
        server_uri: `127.0.0.1:${controlPlanePort}`,
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3', 'ignore_resource_deletion'],
      },
    ],
    node: { id, locality: { region: 'r', zone: 'z' } },
  };
  const client = new WhoClient(target, credentials.createInsecure(), {
    'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config': JSON.stringify(bootstrap),
  });
  return client;
}

function who(client: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Buffer, Buffer>(
      '/test.Who/Who',
      bytes.serialize,
      bytes.deserialize,
      Buffer.alloc(0),
      { deadline: Date.now() + 60_000 },
      (error, answer) => {
        if (error) reject(error);
        else resolve(String(answer));
      },
    );
  });
}

function resources(name: string, ports: readonly number[]) {
  return [
    buildApiListener({ name, routeName: name }),
    buildRoute({ name, cluster: name }),
    buildEdsCluster({ name }),
    assignment(name, ports),
  ];
}

function assignment(clusterName: string, ports: readonly number[]) {
  const endpoints = ports.map((port) => ({ address: '127.0.0.1', port }));
  return buildAssignment({ clusterName, localities: [{ endpoints }] });
}

test('a grpc-js-xds client finds its backends, follows a change and rejects nothing', {
  timeout: 120_000,
}, async (t) => {
  const nacks: string[] = [];
  const cache = new SnapshotCache();
  const server = new AdsServer({ cache, observer: { nack: (_stream, { message }) => nacks.push(message) } });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = dial('xds:///orders.shop', port, 'slice');
  t.after(async () => {
    // The client goes first: one that loses its control plane connects again for as long as the process lives.
    client.close();
    await server.close();
  });
  const [first, second] = [await startBackend(t, 'first'), await startBackend(t, 'second')];
  cache.update({ set: resources('orders.shop', [first]) });

  assert.equal(await who(client), 'first');

  cache.set(assignment('orders.shop', [second]));
  while ((await who(client)) !== 'second');
  assert.deepEqual(nacks, []);
});
