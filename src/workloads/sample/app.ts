import type { FastifyRequest } from 'fastify';
import { HelloWorld } from '../../gen/sample/service/service_pb.ts';
import { policyOptions } from '../grpc/client.ts';
import { nameOf } from '../hello/name.ts';
import { startHttpServer } from '../http/server.ts';
import { passedOn } from '../pod/passed-on.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import { GrpcUpstream } from '../upstream/grpc.ts';
import type { SampleAppSettings } from './options.ts';

/**
 * An application of system D behind the front: `GET BASE` answers for itself, `GET BASE/sample` asks the gRPC service.
 *
 * It answers only below its base path and says which path it saw: a front that strips the prefix, or adds it twice, shows.
 */
export function startSampleApp(workload: string, settings: SampleAppSettings): Promise<RunningWorkload> {
  const pod = createPod(workload, settings);
  const { basePath, deadlineMs } = settings;
  const grpc = new GrpcUpstream(settings.grpcUpstream, {
    ...policyOptions(settings.lbPolicy),
    'grpc.dns_min_time_between_resolutions_ms': settings.dnsMinIntervalMs,
  });
  const self = (request: FastifyRequest) => ({
    service: workload,
    path: request.url.split('?')[0],
    hostname: pod.name,
  });
  return runWorkload(pod, settings, {
    http: () =>
      startHttpServer(pod, settings, {
        [basePath]: self,
        [`${basePath}/`]: self,
        [`${basePath}/sample`]: async (request) => {
          const name = nameOf(request) || 'world';
          const metadata = passedOn(pod, request.headers);
          const { message } = await grpc.call(HelloWorld.method.sayHello, { name }, { deadlineMs, metadata });
          return { ...self(request), response: { message: message.message, hostname: message.hostname } };
        },
      }),
    close: () => grpc.close(),
  });
}
