// The process of a fleet that keeps streams open; started by fleet.ts, ordered about over IPC.
import { promisify } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { messageOf } from '../../base/errors.ts';
import { mulberry32 } from '../../base/random.ts';
import { timeStamp } from '../../base/time-stamp.ts';
import { EchoRequestSchema } from '../../gen/echo/echo_pb.ts';
import { ConnectionLog } from '../../probe/client/connection-log.ts';
import { podHeader } from '../../probe/client/headers.ts';
import { bootstrapOption, type FleetConfig, type FleetMessage, type FleetOrder } from './protocol.ts';

/** One that got no headers is not opened anew at once. */
const retryMs = 200;

const request = Buffer.from(toBinary(EchoRequestSchema, create(EchoRequestSchema)));
const connections = new ConnectionLog();
const open = new Set<grpc.ClientUnaryCall>();
let clients: readonly grpc.Client[] = [];
let config: FleetConfig;
let isStopped = false;
/** Streams that have not had headers yet. */
let missing = 0;

function send(message: FleetMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function connect(given: FleetConfig): Promise<void> {
  config = given;
  try {
    register();
    connections.start();
    clients = given.clients.map(
      ({ target, bootstrap }) =>
        new grpc.Client(target, grpc.credentials.createInsecure(), {
          'grpc.use_local_subchannel_pool': 1,
          [bootstrapOption]: JSON.stringify(bootstrap),
        }),
    );
    const deadline = Date.now() + given.withinMs;
    await Promise.all(clients.map((client) => promisify(client.waitForReady.bind(client))(deadline)));
    send({ type: 'opened' });
  } catch (thrown) {
    send({ type: 'opened', error: messageOf(thrown) });
  }
}

function start(): void {
  const { perClient, lastsMs, beginWithinMs, seed } = config.streams!;
  const random = mulberry32(seed);
  const all = clients.length * perClient;
  missing = all;
  for (let index = 0; index < all; index++) {
    // As if they had been there for any time.
    const leftMs = Math.max(1, random() * lastsMs);
    setTimeout(() => keep(Math.floor(index / perClient), leftMs, true), (index / all) * beginWithinMs);
  }
}

/**
 * Opens a stream, and another one when it ends. It is a call that is answered after so long: its headers come at once, and what goes
 * over the wire is what a stream on which nothing is said sends.
 */
function keep(client: number, lastsMs: number, isFirst = false): void {
  if (isStopped) return;
  const metadata = new grpc.Metadata();
  metadata.set('evenkeel-latency-ms', String(Math.round(lastsMs)));
  const dueAt = timeStamp();
  let sentAt: number | undefined;
  let pod: string | undefined;
  const call = clients[client]!.makeUnaryRequest(
    '/echo.EchoServer/SayHello',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    request,
    metadata,
    (error: grpc.ServiceError | null) => {
      open.delete(call);
      const endedAt = timeStamp();
      const status = error === null ? 'OK' : (grpc.status[error.code] ?? 'UNKNOWN');
      const record = { client, dueAt, sentAt: sentAt ?? endedAt, endedAt, status, pod, error: error?.details };
      send({ type: 'calls', calls: [record] });
      if (isStopped) stopped();
      else if (pod === undefined) setTimeout(() => keep(client, lastsMs, isFirst), retryMs);
      else keep(client, config.streams!.lastsMs);
    },
  );
  open.add(call);
  call.on('metadata', (headers: grpc.Metadata) => {
    sentAt = timeStamp();
    pod = headers.get(podHeader)[0]?.toString();
    if (isFirst && --missing === 0) send({ type: 'streaming' });
  });
}

function stopped(): void {
  if (open.size > 0) return;
  send({ type: 'stopped', connections: connections.all() });
}

process.on('message', (message) => {
  const order = message as FleetOrder;
  if (order.type === 'open') void connect(order.config);
  else if (order.type === 'start') start();
  else {
    isStopped = true;
    for (const call of open) call.cancel();
    stopped();
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group; the parent decides when the clients end.
process.on('SIGINT', () => {});
