import { request } from 'node:http';
import { connect } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import type { ProbeSpec } from '../spec.ts';
import { checkGrpc } from './check-grpc.ts';

/** Why a probe failed, in a few words; undefined for a success. */
export type CheckResult = string | undefined;

/** Asks once; never rejects. The signal is the time limit. */
export async function check(host: string, spec: ProbeSpec, signal: AbortSignal): Promise<CheckResult> {
  try {
    if (spec.http !== undefined) return await checkHttp(host, spec.http.port, spec.http.path ?? '/', signal);
    if (spec.grpc !== undefined) return await checkGrpc(host, spec.grpc.port, spec.grpc.service ?? '', signal);
    if (spec.tcp !== undefined) return await checkTcp(host, spec.tcp.port, signal);
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

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      resolve(undefined);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
