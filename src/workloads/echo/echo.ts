import { EchoServer } from '../../gen/echo/echo_pb.ts';
import { startGrpcServer } from '../grpc/server.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import type { EchoSettings } from './options.ts';

/** The gRPC backend of system E; `be1-srv` and `be2-srv` are the same program under two names. */
export function startEcho(workload: string, settings: EchoSettings): Promise<RunningWorkload> {
  const pod = createPod(workload, settings);
  return runWorkload(pod, settings, {
    grpc: () =>
      startGrpcServer(pod, settings, settings, EchoServer, {
        sayHello: ({ name }) => ({ message: `Hello ${name} from hostname ${pod.name}`, hostname: pod.name }),
      }),
  });
}
