import { Hello } from '../../gen/hello/hello_pb.ts';
import { policyOptions } from '../grpc/client.ts';
import { startHttpServer } from '../http/server.ts';
import { passedOn } from '../pod/passed-on.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import { GrpcUpstream } from '../upstream/grpc.ts';
import { HttpUpstream } from '../upstream/http.ts';
import { nameOf } from './name.ts';
import type { HelloServeSettings } from './options.ts';

/** The HTTP gateway of system A: one long-lived gRPC channel to `grpc-svc`, and HTTP to `http-svc`. */
export function startHelloServe(settings: HelloServeSettings): Promise<RunningWorkload> {
  const pod = createPod('helloserve', settings);
  const { deadlineMs } = settings;
  const grpc = new GrpcUpstream(settings.grpcUpstream, {
    ...policyOptions(settings.lbPolicy),
    'grpc.dns_min_time_between_resolutions_ms': settings.dnsMinIntervalMs,
  });
  const http = new HttpUpstream(settings.httpUpstream, { keepAlive: settings.httpKeepAlive });
  grpc.connect();
  const answer = (name: string, response: object) => ({
    name,
    version: settings.appVersion,
    hostname: pod.name,
    response,
  });
  return runWorkload(pod, settings, {
    http: () =>
      startHttpServer(pod, settings, {
        '/hellogrpc': async (request) => {
          const name = nameOf(request);
          const metadata = passedOn(pod, request.headers);
          const { message } = await grpc.call(Hello.method.sayHello, { name }, { deadlineMs, metadata });
          return answer(name, { version: message.version, hostname: message.hostname });
        },
        '/hellohttp': async (request) => {
          const name = nameOf(request);
          const headers = passedOn(pod, request.headers);
          const response = await http.getJson({ deadlineMs, headers, query: { name } });
          return answer(name, { hostname: response.hostname, name: response.name, version: response.version });
        },
      }),
    close: async () => {
      grpc.close();
      await http.close();
    },
  });
}
