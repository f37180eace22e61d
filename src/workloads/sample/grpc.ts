import { HelloWorld } from '../../gen/sample/service/service_pb.ts';
import { startGrpcServer } from '../grpc/server.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import type { SampleGrpcSettings } from './options.ts';

/** The gRPC service of system D. */
export function startSampleGrpc(settings: SampleGrpcSettings): Promise<RunningWorkload> {
  const pod = createPod('sample-grpc', settings);
  return runWorkload(pod, settings, {
    grpc: () =>
      startGrpcServer(pod, settings, settings, HelloWorld, {
        sayHello: ({ name }) => ({ message: `Hello, ${name}!`, hostname: pod.name }),
      }),
  });
}
