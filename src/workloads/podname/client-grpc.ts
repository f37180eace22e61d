import { PodName } from '../../gen/podname/podname_pb.ts';
import { policyOptions } from '../grpc/client.ts';
import { registerXds } from '../grpc/xds.ts';
import { GrpcUpstream } from '../upstream/grpc.ts';
import { callInALoop, sentWith } from './loop.ts';
import type { ClientGrpcSettings } from './options.ts';

/** The gRPC client of system B: one channel for its whole life. Its target may be `xds:///…`. */
export async function runClientGrpc(settings: ClientGrpcSettings, signal: AbortSignal): Promise<void> {
  const { target, deadlineMs } = settings;
  const sent = { deadlineMs, metadata: sentWith('client-grpc', settings) };
  const isXds = target.startsWith('xds:');
  if (isXds) await registerXds();
  const upstream = new GrpcUpstream(target, {
    ...policyOptions(settings.lbPolicy),
    'grpc.dns_min_time_between_resolutions_ms': settings.dnsMinIntervalMs,
  });
  const call = async () => (await upstream.call(PodName.method.get, {}, sent)).message.pod;
  // grpc-js-xds reads its .proto files when its first channel connects: on a busy machine that takes longer than a call may.
  if (isXds) await upstream.ready(deadlineMs, signal);
  await callInALoop(settings, call, { signal, print: console.log });
  upstream.close();
}
