import { connect } from 'node:net';
import { connectionReason, type Probe, type ProbeResult } from './probe.ts';
import type { HealthTarget } from './target.ts';

/** Healthy is what accepts a connection; nothing is sent. */
export class TcpProbe implements Probe {
  check({ address, port }: HealthTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const socket = connect({ host: address, port, signal });
      const end = (result: ProbeResult): void => {
        socket.destroy();
        resolve(result);
      };
      socket.unref();
      socket.once('connect', () => end({ ok: true, reason: 'connected' }));
      socket.on('error', (error) => end({ ok: false, reason: connectionReason(error) }));
    });
  }

  forget(): void {}
}
