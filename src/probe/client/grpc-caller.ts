import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { type EchoReply, EchoReplySchema, type EchoRequest, EchoRequestSchema } from '../../gen/echo/echo_pb.ts';
import type { Caller, Outcome } from './caller.ts';
import { podHeader, runHeader } from './headers.ts';
import type { ClientConfig } from './protocol.ts';

const method = '/echo.EchoServer/SayHello';
const serialize = (request: EchoRequest): Buffer => Buffer.from(toBinary(EchoRequestSchema, request));
const deserialize = (bytes: Buffer): EchoReply => fromBinary(EchoReplySchema, bytes);

/**
 * Channel options of every gRPC scheme.
 *
 * Retries are off unless they are what is measured, so that a failed attempt is a failed call (grpc-js then makes no
 * transparent retry either). No proxy
 * of the environment and no service config from DNS may change what is measured, and no connection may be shared with
 * the channel that this one replaces.
 */
export function channelOptions({ scheme, channelOptions, retries = false }: ClientConfig): grpc.ChannelOptions {
  return {
    ...channelOptions,
    'grpc.enable_retries': retries ? 1 : 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    ...(scheme.policy !== undefined && {
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [scheme.policy]: {} }] }),
    }),
  };
}

/** Calls `echo.EchoServer/SayHello` on one channel. */
export async function openGrpcCaller(config: ClientConfig): Promise<Caller> {
  if (config.scheme.connections === 'xds') {
    const xds = await import('@grpc/grpc-js-xds');
    xds.register();
  }
  const client = new grpc.Client(config.target, grpc.credentials.createInsecure(), channelOptions(config));
  return {
    connect: (withinMs) =>
      new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + withinMs, (error) => (error === undefined ? resolve() : reject(error)));
      }),
    call: (run, deadlineMs) => sayHello(client, run, deadlineMs),
    close: () => client.close(),
  };
}

function sayHello(client: grpc.Client, run: string, deadlineMs: number): Promise<Outcome> {
  const metadata = new grpc.Metadata({ waitForReady: false });
  metadata.set(runHeader, run);
  return new Promise((resolve) => {
    let pod: string | undefined;
    const call = client.makeUnaryRequest(
      method,
      serialize,
      deserialize,
      create(EchoRequestSchema, { name: 'evenkeel' }),
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, reply) => {
        const peer = call.getPeer();
        if (error !== null) resolve({ status: grpc.status[error.code] ?? 'UNKNOWN', pod, peer, error: error.details });
        else resolve({ status: 'OK', pod: pod ?? (reply?.hostname || undefined), peer });
      },
    );
    call.once('metadata', (initial) => {
      pod = initial.get(podHeader)[0]?.toString();
    });
  });
}
