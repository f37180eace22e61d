import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { EchoReplySchema, EchoRequestSchema } from '../../src/gen/echo/echo_pb.ts';

/** Every call of every client gives up after a second, unless it is told otherwise. */
const defaultDeadlineMs = 1000;

/** How a call is made. */
export interface CallOptions {
  readonly run: string;
  /** Default false. */
  readonly waitForReady?: boolean;
  readonly deadlineMs?: number;
}

const request = toBinary(EchoRequestSchema, create(EchoRequestSchema, { name: 'node' }));

/** How channels are opened. */
export interface ChannelSettings {
  /** `HOST:PORT` of a proxy that they go through, the target's name as authority; default: none. */
  readonly proxy?: string | undefined;
  /** A connection is asked after this whether it lives, and has half of it to answer; default: it is not asked. */
  readonly keepaliveMs?: number | undefined;
}

/** One channel to a target, kept, as a long-lived service would; retries are off, but where INTEROP_RETRIES asks for them. */
export function openChannel(target: string, { proxy, keepaliveMs }: ChannelSettings): Client {
  const options = {
    'grpc.enable_retries': process.env.INTEROP_RETRIES ? 1 : 0,
    ...(keepaliveMs !== undefined && {
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveMs / 2,
    }),
  };
  if (proxy === undefined) return new Client(target, credentials.createInsecure(), options);
  const authority = target.replace(/^xds:\/\/\//, '');
  return new Client(`ipv4:${proxy}`, credentials.createInsecure(), { ...options, 'grpc.default_authority': authority });
}

/**
 * echo.EchoServer/SayHello.
 *
 * @returns the pod that answered
 * @throws ServiceError of grpc-js
 */
export function sayHello(
  channel: Client,
  { run, waitForReady = false, deadlineMs = defaultDeadlineMs }: CallOptions,
): Promise<string> {
  const metadata = new Metadata({ waitForReady });
  metadata.set('evenkeel-run', run);
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(
      '/echo.EchoServer/SayHello',
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => fromBinary(EchoReplySchema, bytes),
      request,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, reply) => (error === null ? resolve(reply?.hostname ?? '') : reject(error)),
    );
  });
}
