import { PodName } from '../../gen/podname/podname_pb.ts';
import { startGrpcServer } from '../grpc/server.ts';
import { startHttpServer } from '../http/server.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import type { ServerBothSettings } from './options.ts';

/** The server of system B: one process, two protocols, one answer, its pod's name. */
export function startServerBoth(settings: ServerBothSettings): Promise<RunningWorkload> {
  const pod = createPod('server', settings);
  return runWorkload(pod, settings, {
    grpc: () =>
      startGrpcServer(pod, settings, { port: settings.grpcPort, field: '--grpc-port' }, PodName, {
        get: () => ({ pod: pod.name }),
      }),
    http: () => startHttpServer(pod, settings, { '/': () => pod.name }),
  });
}
