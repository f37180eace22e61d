import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { sayHello } from '../../src/base/testing/say-hello.ts';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { replaceEndpointFile } from '../../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import { XdsClient } from '../../src/controlplane/testing/xds-client.ts';
import { type EchoReply, EchoReplySchema, type EchoRequest } from '../../src/gen/echo/echo_pb.ts';

const usage = `Usage: node bench/work/run.ts [options]
Six pods, two of them at half speed, called by grpc-js-xds in open loop: calls
under way at the busiest pod over the mean, before and after \`balance: work\`.
Ends with 1 where that is below 1.45 before, or above 1.1 from the first minute
on, or a call fails.
  --seconds N    with \`balance: work\`, 80 at least (default: 360)
  --rate N       calls a second of all clients (default: 150)
  --clients N    processes (default: 3)
  --latency N    milliseconds of an ordinary pod (default: 150)
Example:
  node bench/work/run.ts --seconds 90`;
const { values } = readArguments(usage, {
  seconds: { type: 'number', default: 360 },
  rate: { type: 'number', default: 150 },
  clients: { type: 'number', default: 3 },
  latency: { type: 'number', default: 150 },
});
if (values.seconds < 80) wrongArguments('--seconds: 80 at least, since the first minute does not count', usage);

const pods = 6;
const net = `127.${100 + (process.pid % 60)}.${process.pid % 250}`;
/** A figure is of so many seconds. */
const windowSeconds = 20;
/** Milliseconds that calls were under way at each pod. */
const underWayMs = new Float64Array(pods);
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-work-'));
const file = join(folder, 'endpoints.yaml');
const servers: Server[] = [];
let port = 0;
for (let pod = 0; pod < pods; pod++) {
  const takesMs = values.latency * (pod >= 4 ? 2 : 1);
  const server = new Server();
  servers.push(server);
  server.addService(
    { sayHello },
    {
      sayHello: (_call: ServerUnaryCall<EchoRequest, EchoReply>, answer: sendUnaryData<EchoReply>) => {
        const begun = performance.now();
        setTimeout(() => {
          underWayMs[pod]! += performance.now() - begun;
          answer(null, create(EchoReplySchema, { hostname: String(pod) }));
        }, takesMs);
      },
    },
  );
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${net}.${1 + pod}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}
const endpoints = Array.from({ length: pods }, (_, pod) => ({ address: `${net}.${1 + pod}` }));
await replaceEndpointFile(file, [{ name: 'orders', port, endpoints }]);
const serve = new ServeProcess([
  ...['--endpoints', file, '--load-reports', '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
]);
const { xds, admin } = await serve.listening();
await serve.ready();

let lost = 0;
const underWay = new Set<Promise<unknown>>();
let made = 0;
/** Calls for so long; prints a figure a window and returns all of them. */
async function measure(fleet: readonly XdsClient[], seconds: number, title: string): Promise<number[]> {
  const ratios: number[] = [];
  const timers = fleet.map((client) =>
    setInterval(
      () => {
        made += 1;
        const call = client
          .call('orders')
          .catch(() => {
            lost += 1;
          })
          .finally(() => underWay.delete(call));
        underWay.add(call);
      },
      (1_000 * fleet.length) / values.rate,
    ),
  );
  for (let passed = windowSeconds; passed <= seconds; passed += windowSeconds) {
    underWayMs.fill(0);
    await sleep(windowSeconds * 1_000);
    const all = underWayMs.reduce((sum, one) => sum + one, 0);
    ratios.push((Math.max(...underWayMs) * pods) / all);
    const each = [...underWayMs].map((ms) => (ms / windowSeconds / 1_000).toFixed(1)).join(' ');
    console.log(`${title.padEnd(16)} ${String(passed).padStart(4)} s  ${ratios.at(-1)!.toFixed(2)}  under way ${each}`);
  }
  for (const timer of timers) clearInterval(timer);
  await Promise.all(underWay);
  return ratios;
}

/** Clients of their own for each, since the policy of a client is decided when it comes. */
async function fleetOf(name: string): Promise<XdsClient[]> {
  const fleet = Array.from(
    { length: values.clients },
    (_, index) => new XdsClient(clientBootstrap({ server: xds, nodeId: `${name}-${index}` }, {})),
  );
  await Promise.all(fleet.map((client) => client.call('orders')));
  return fleet;
}

let code = 1;
try {
  const before = await fleetOf('calls');
  const [calls] = await measure(before, windowSeconds, 'balance: calls');
  await Promise.all(before.map((client) => client.close()));
  await replaceEndpointFile(file, [{ name: 'orders', port, endpoints, balance: 'work' }]);
  const after = await fleetOf('work');
  const work = await measure(after, values.seconds, 'balance: work');
  const dump = await (await fetch(`http://${admin}/config_dump`)).json();
  console.log((dump as { services: { ports: { plan?: { why: string[] } }[] }[] }).services[0]!.ports[0]!.plan?.why);
  await Promise.all(after.map((client) => client.close()));
  const worst = Math.max(...work.slice(60 / windowSeconds));
  console.log(
    `${calls!.toFixed(2)} at first, ${worst.toFixed(2)} at most after a minute; ${lost} of ${made} calls lost`,
  );
  code = worst <= 1.1 && calls! >= 1.45 && lost === 0 ? 0 : 1;
} finally {
  await serve.end('SIGKILL');
  for (const server of servers) server.forceShutdown();
  await rm(folder, { recursive: true });
}
process.exitCode = code;
