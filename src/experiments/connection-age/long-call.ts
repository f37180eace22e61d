import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { EchoRequestSchema } from '../../gen/echo/echo_pb.ts';

/** Makes one call that takes so long, on a connection of its own; what became of it. */
export function longCall(
  address: string,
  lastsMs: number,
): Promise<{ readonly lastedMs: number; readonly status: string }> {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const metadata = new grpc.Metadata();
  metadata.set('evenkeel-latency-ms', String(Math.round(lastsMs)));
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/echo.EchoServer/SayHello',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(toBinary(EchoRequestSchema, create(EchoRequestSchema))),
      metadata,
      { deadline: Date.now() + lastsMs + 30_000 },
      (error) => {
        client.close();
        resolve({
          lastedMs: Math.round(lastsMs),
          status: error === null ? 'OK' : (grpc.status[error.code] ?? 'UNKNOWN'),
        });
      },
    );
  });
}
