import { chainOptions, serviceNameOf } from './chain/options.ts';
import { echoOptions } from './echo/options.ts';
import { feOptions } from './front/options.ts';
import { helloGrpcOptions, helloHttpOptions, helloServeOptions } from './hello/options.ts';
import type { OptionSet, Settings } from './options.ts';
import type { RunningWorkload } from './pod/running.ts';
import { clientGrpcOptions, clientHttpOptions, serverBothOptions } from './podname/options.ts';
import { sampleAppOptions, sampleGrpcOptions, sampleNginxOptions } from './sample/options.ts';

interface About {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
}

/** A workload that listens, or one that only calls. */
type Program<S> =
  | { readonly start: (settings: S) => Promise<RunningWorkload> }
  | { readonly call: (settings: S, signal: AbortSignal) => Promise<void> };

/** A workload by name: what its help says, and how to start it. Light: its code is loaded only when it starts. */
export interface WorkloadEntry extends About {
  readonly options: OptionSet;
  readonly program: Program<Record<string, unknown>>;
  /** Its name in traces, where that is not the workload's. */
  readonly serviceName?: ((settings: Record<string, unknown>) => string) | undefined;
  /** It decides itself which traces are sampled. */
  readonly decidesSampling?: boolean;
}

function entry<O extends OptionSet>(
  about: About,
  options: O,
  program: Program<Settings<O>>,
  serviceName?: (settings: Settings<O>) => string,
): WorkloadEntry {
  return { ...about, options, program, serviceName } as unknown as WorkloadEntry;
}

const echo = (name: string): WorkloadEntry =>
  entry(
    {
      name,
      summary: 'gRPC backend of system E: echo.EchoServer/SayHello',
      example: `evenkeel workload ${name} --port 50051 --max-connection-age-ms 10000`,
    },
    echoOptions,
    { start: async (settings) => (await import('./echo/echo.ts')).startEcho(name, settings) },
  );

const sampleApp = (kind: 'go' | 'js'): WorkloadEntry =>
  entry(
    {
      name: `sample-${kind}`,
      summary: `application of system D: GET /${kind}, and /${kind}/sample through gRPC`,
      example: `evenkeel workload sample-${kind} --grpc-upstream 127.0.0.1:8080`,
    },
    sampleAppOptions(`/${kind}`),
    { start: async (settings) => (await import('./sample/app.ts')).startSampleApp(`sample-${kind}`, settings) },
  );

export const workloads: readonly WorkloadEntry[] = [
  entry(
    {
      name: 'hellogrpc',
      summary: 'gRPC backend of system A: hello.Hello/SayHello',
      example: 'evenkeel workload hellogrpc --app-version v2-hellogrpc',
    },
    helloGrpcOptions,
    { start: async (settings) => (await import('./hello/hellogrpc.ts')).startHelloGrpc(settings) },
  ),
  entry(
    {
      name: 'hellohttp',
      summary: 'HTTP backend of system A: GET /hellohttp',
      example: 'evenkeel workload hellohttp --latency-ms 20',
    },
    helloHttpOptions,
    { start: async (settings) => (await import('./hello/hellohttp.ts')).startHelloHttp(settings) },
  ),
  entry(
    {
      name: 'helloserve',
      summary: 'HTTP gateway of system A: GET /hellogrpc and /hellohttp',
      example: 'evenkeel workload helloserve --grpc-upstream dns:///localhost:8000',
    },
    helloServeOptions,
    { start: async (settings) => (await import('./hello/helloserve.ts')).startHelloServe(settings) },
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
    { start: async (settings) => (await import('./front/fe.ts')).startFe(settings) },
  ),
  entry(
    {
      name: 'server',
      summary: 'server of system B: HTTP and gRPC (podname.PodName/Get) answer the name of the pod',
      example: 'evenkeel workload server --port 8080 --grpc-port 50051',
    },
    serverBothOptions,
    { start: async (settings) => (await import('./podname/server.ts')).startServerBoth(settings) },
  ),
  entry(
    {
      name: 'client-http',
      summary: 'HTTP client of system B: prints "#1: POD" once a second',
      example: 'evenkeel workload client-http --url http://127.0.0.1:8080/ --keep-alive',
    },
    clientHttpOptions,
    { call: async (settings, signal) => (await import('./podname/client-http.ts')).runClientHttp(settings, signal) },
  ),
  entry(
    {
      name: 'client-grpc',
      summary: 'gRPC client of system B: prints "#1: POD" once a second',
      example: 'evenkeel workload client-grpc --target 127.0.0.1:50051 --count 10',
    },
    clientGrpcOptions,
    { call: async (settings, signal) => (await import('./podname/client-grpc.ts')).runClientGrpc(settings, signal) },
  ),
  entry(
    {
      name: 'service',
      summary: 'one place in the chain A -> B -> C of system C: GET / /service /hops /client',
      example: 'SERVICE_TYPE=A evenkeel workload service --via dns',
    },
    chainOptions,
    { start: async (settings) => (await import('./chain/service.ts')).startChain(settings) },
    ({ serviceType }) => serviceNameOf(serviceType),
  ),
  sampleApp('go'),
  sampleApp('js'),
  entry(
    {
      name: 'sample-grpc',
      summary: 'gRPC service of system D: sample.service.HelloWorld/SayHello',
      example: 'evenkeel workload sample-grpc --max-connection-age-ms 10000',
    },
    sampleGrpcOptions,
    { start: async (settings) => (await import('./sample/grpc.ts')).startSampleGrpc(settings) },
  ),
  {
    ...entry(
      {
        name: 'sample-nginx',
        summary: 'front of system D: a real nginx with /go, /js and /',
        example: 'evenkeel workload sample-nginx --go-upstream 127.0.0.1:8081 --js-upstream 127.0.0.1:8082',
      },
      sampleNginxOptions,
      { start: async (settings) => (await import('./sample/nginx.ts')).startSampleNginx(settings) },
    ),
    decidesSampling: true,
  },
];
