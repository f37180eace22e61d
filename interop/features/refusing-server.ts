import { fromBinary } from '@bufbuild/protobuf';
import { DiscoveryRequestSchema } from '@evenkeel/xds/gen/envoy/service/discovery/v3/discovery_pb';
import { Server, ServerCredentials, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';

const bytes = (value: Buffer): Buffer => value;
const service: ServiceDefinition = {
  StreamAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

/** A control plane that answers every name with an error of its own (`resource_errors`, gRFC A88). */
export async function startRefusing(): Promise<{ readonly address: string; readonly close: () => void }> {
  const server = new Server();
  server.addService(service, {
    StreamAggregatedResources: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => {
        const { typeUrl, resourceNames, responseNonce } = fromBinary(DiscoveryRequestSchema, message);
        if (responseNonce === '') call.write(refusal(typeUrl, resourceNames));
      });
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

/** `DiscoveryResponse` with `version_info` 1, `type_url` 4, `nonce` 5 and `resource_errors` 7, which our protos do not have. */
function refusal(typeUrl: string, names: readonly string[]): Buffer {
  const status = Buffer.concat([Buffer.from([1 << 3, 7]), field(2, Buffer.from('refused on purpose'))]);
  const errors = names.map((name) => field(7, field(1, field(1, Buffer.from(name))), field(2, status)));
  return Buffer.concat([
    field(1, Buffer.from('1')),
    field(4, Buffer.from(typeUrl)),
    field(5, Buffer.from('1')),
    ...errors,
  ]);
}

/** A field with a length (RFC of protobuf: wire type 2); short ones only. */
function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}
