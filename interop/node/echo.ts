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

/**
 * One channel to a target, kept, as a long-lived service would; retries are off.
 *
 * @param proxy - `HOST:PORT` of a proxy that the channel goes through, the target's name as authority
 */
export function openChannel(target: string, proxy: string | undefined): Client {
  const options = { 'grpc.enable_retries': 0 };
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
