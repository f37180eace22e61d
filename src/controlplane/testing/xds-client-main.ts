// The client process of XdsClient: makes a call for each message of its parent and answers who answered.
import { create } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { sayHello } from '../../base/testing/say-hello.ts';
import { EchoRequestSchema } from '../../gen/echo/echo_pb.ts';
import type { CallDone, CallOrder } from './xds-client.ts';

register();

/** Generous: the machine may be busy, and no test is about latency. */
const deadlineMs = 60_000;

const channels = new Map<string, Client>();

/** One channel a name and client, without retries: a call that could not be sent is a failed call. */
function channelTo(name: string, bootstrap: string | undefined): Client {
  const key = `${name} ${bootstrap}`;
  const known = channels.get(key);
  if (known !== undefined) return known;
  const channel = new Client(`xds:///${name}`, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    // With it a channel has an xDS client of its own; without it all share that of the process.
    ...(bootstrap && { 'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config': bootstrap }),
  });
  channels.set(key, channel);
  return channel;
}

process.on('message', ({ id, name, bootstrap }: CallOrder) => {
  channelTo(name, bootstrap).makeUnaryRequest(
    sayHello.path,
    sayHello.requestSerialize,
    sayHello.responseDeserialize,
    create(EchoRequestSchema, { name: 'test' }),
    { deadline: Date.now() + deadlineMs },
    (error: ServiceError | null, reply) => {
      const done: CallDone = error === null ? { id, backend: reply!.hostname } : { id, error: error.message };
      process.send!(done);
    },
  );
});
