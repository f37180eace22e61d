import { request } from 'node:http';
import { messageOf } from '../../base/errors.ts';
import { GrpcProbe } from '../../health/grpc-probe.ts';
import type { Probe } from '../../health/probe.ts';
import type { HealthTarget } from '../../health/target.ts';
import { TcpProbe } from '../../health/tcp-probe.ts';
import type { ProbeSpec } from '../spec.ts';

/** Why a probe failed, in a few words; undefined for a success. */
export type CheckResult = string | undefined;

/** Asks once; never rejects. The signal is the time limit. */
export async function check(host: string, spec: ProbeSpec, signal: AbortSignal): Promise<CheckResult> {
  try {
    if (spec.http !== undefined) return await checkHttp(host, spec.http.port, spec.http.path ?? '/', signal);
    const { grpc, tcp } = spec;
    if (grpc !== undefined) {
      return await once(
        new GrpcProbe(),
        { protocol: 'grpc', grpcService: grpc.service ?? '' },
        host,
        grpc.port,
        signal,
      );
    }
    if (tcp !== undefined)
      return await once(new TcpProbe(), { protocol: 'tcp', grpcService: '' }, host, tcp.port, signal);
    return undefined;
  } catch (error) {
    return signal.aborted ? 'no answer in time' : messageOf(error);
  }
}

function checkHttp(host: string, port: number, path: string, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': 'evenkeel-lab-probe', connection: 'close' };
    const call = request({ host, port, path, signal, headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? undefined : `HTTP status ${status}`);
      call.destroy();
    });
    call.on('error', reject);
    call.end();
  });
}

/** As the control plane checks, on a connection of its own. */
async function once(
  probe: Probe,
  policy: HealthTarget['policy'],
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const target = { address, port, policy };
  const { ok, reason } = await probe.check(target, signal);
  probe.forget(target);
  if (ok) return undefined;
  return signal.aborted ? 'no answer in time' : reason;
}
