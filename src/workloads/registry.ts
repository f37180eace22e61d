import { echoOptions } from './echo/options.ts';
import { feOptions } from './front/options.ts';
import { helloGrpcOptions, helloHttpOptions, helloServeOptions } from './hello/options.ts';
import type { OptionSet, Settings } from './options.ts';
import type { RunningWorkload } from './pod/running.ts';

/** A workload by name: what its help says, and how to start it. Light: its code is loaded only when it starts. */
export interface WorkloadEntry {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly options: OptionSet;
  readonly start: (settings: Record<string, unknown>) => Promise<RunningWorkload>;
}

function entry<O extends OptionSet>(
  about: Omit<WorkloadEntry, 'options' | 'start'>,
  options: O,
  start: (settings: Settings<O>) => Promise<RunningWorkload>,
): WorkloadEntry {
  return { ...about, options, start: start as unknown as WorkloadEntry['start'] };
}

const echo = (name: string): WorkloadEntry =>
  entry(
    {
      name,
      summary: 'gRPC backend of system E: echo.EchoServer/SayHello',
      example: `evenkeel workload ${name} --port 50051 --max-connection-age-ms 10000`,
    },
    echoOptions,
    async (settings) => (await import('./echo/echo.ts')).startEcho(name, settings),
  );

export const workloads: readonly WorkloadEntry[] = [
  entry(
    {
      name: 'hellogrpc',
      summary: 'gRPC backend of system A: hello.Hello/SayHello',
      example: 'evenkeel workload hellogrpc --app-version v2-hellogrpc',
    },
    helloGrpcOptions,
    async (settings) => (await import('./hello/hellogrpc.ts')).startHelloGrpc(settings),
  ),
  entry(
    {
      name: 'hellohttp',
      summary: 'HTTP backend of system A: GET /hellohttp',
      example: 'evenkeel workload hellohttp --latency-ms 20',
    },
    helloHttpOptions,
    async (settings) => (await import('./hello/hellohttp.ts')).startHelloHttp(settings),
  ),
  entry(
    {
      name: 'helloserve',
      summary: 'HTTP gateway of system A: GET /hellogrpc and /hellohttp',
      example: 'evenkeel workload helloserve --grpc-upstream dns:///localhost:8000',
    },
    helloServeOptions,
    async (settings) => (await import('./hello/helloserve.ts')).startHelloServe(settings),
  ),
  echo('be1-srv'),
  echo('be2-srv'),
  entry(
    {
      name: 'fe',
      summary: 'HTTP frontend of system E: GET /be1-srv makes 15 calls through xds:///be1-srv',
      example: 'GRPC_XDS_BOOTSTRAP=bootstrap.json evenkeel workload fe --services be1-srv,be2-srv',
    },
    feOptions,
    async (settings) => (await import('./front/fe.ts')).startFe(settings),
  ),
];
