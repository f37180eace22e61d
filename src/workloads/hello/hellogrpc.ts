import { Hello } from '../../gen/hello/hello_pb.ts';
import { startGrpcServer } from '../grpc/server.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import type { HelloGrpcSettings } from './options.ts';

/** The gRPC backend of system A. */
export function startHelloGrpc(settings: HelloGrpcSettings): Promise<RunningWorkload> {
  const pod = createPod('hellogrpc', settings);
  return runWorkload(pod, settings, {
    grpc: () =>
      startGrpcServer(pod, settings, settings, Hello, {
        sayHello: () => ({ version: settings.appVersion, hostname: pod.name }),
      }),
  });
}
