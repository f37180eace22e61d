// The same in TypeScript: resources that are packed already, versions of one's own, and the test client that looks at them.
import { create } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import {
  AdsServer,
  type AdsServerOptions,
  AdsTestClient,
  buildAssignment,
  type EncodedResource,
  type EndpointSpec,
  fromAny,
  SnapshotCache,
  typeUrls,
  type XdsNode,
  type XdsObserver,
} from '@evenkeel/xds';

const accepted: string[] = [];
const observer: XdsObserver = {
  ack: (stream, { typeUrl, version }) => void accepted.push(`${stream.node.id} ${typeUrl} ${version}`),
};
const cache = new SnapshotCache();
const options: AdsServerOptions = { cache, observer, group: (node: XdsNode) => node.cluster };
const server = new AdsServer(options);
const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });

const endpoints: readonly EndpointSpec[] = [{ address: '127.0.0.1', port: 50051 }];
const built: EncodedResource = buildAssignment({ clusterName: 'a', localities: [{ endpoints }] });
const packed: Any = create(AnySchema, { typeUrl: built.typeUrl, value: built.bytes });
cache.set(fromAny(packed, { version: 'mine' }), { group: 'blue', version: 'v1' });

const client = await AdsTestClient.connect(`http://${host}:${port}`, { node: { id: 'ts', cluster: 'blue' } });
const stream = client.sotw();
const { names, version } = await stream.requestResponseAck(typeUrls.endpoint, ['a']);
await stream.expectNoResponse();
await client.close();
await server.close();
console.log(JSON.stringify({ names, version, accepted: accepted.filter((line) => line.includes('Assignment')) }));
