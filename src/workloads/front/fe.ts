import { EchoServer } from '../../gen/echo/echo_pb.ts';
import { registerXds } from '../grpc/xds.ts';
import { startHttpServer } from '../http/server.ts';
import { passedOn } from '../pod/passed-on.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import { GrpcUpstream } from '../upstream/grpc.ts';
import type { FeSettings } from './options.ts';

/** The longest that a timer takes, about 25 days. */
const neverMs = 2 ** 31 - 1;

/**
 * The frontend of system E: `GET /be1-srv` makes 15 calls one after the other through `xds:///be1-srv` and answers a line
 * each.
 *
 * One channel a Service, opened at the start and kept from going idle (the default is 30 minutes), so that a request finds
 * it connected to every pod that there is.
 */
export async function startFe(settings: FeSettings): Promise<RunningWorkload> {
  await registerXds();
  const pod = createPod('fe', settings);
  const upstreams = settings.services.map((name) => {
    const upstream = new GrpcUpstream(`xds:///${name}`, { 'grpc.client_idle_timeout_ms': neverMs });
    upstream.connect();
    return { name, upstream };
  });
  const routes = upstreams.map(({ name, upstream }) => [
    `/${name}`,
    async (request: { headers: Parameters<typeof passedOn>[1] }) => {
      const call = { deadlineMs: settings.deadlineMs, metadata: passedOn(pod, request.headers) };
      const lines: string[] = [];
      while (lines.length < settings.calls) {
        const { message } = await upstream.call(EchoServer.method.sayHello, { name: 'unary RPC msg' }, call);
        lines.push(`${message.message}\n`);
      }
      return lines.join('');
    },
  ]);
  return runWorkload(pod, settings, {
    http: () => startHttpServer(pod, settings, Object.fromEntries(routes)),
    close: () => {
      for (const { upstream } of upstreams) upstream.close();
    },
  });
}
