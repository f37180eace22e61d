import type { LoadView, LoadViewService } from '../../load/load-view.ts';

/** A Service with so many calls to each of its pods. */
export function service(name: string, calls: readonly number[], more: Partial<LoadViewService> = {}): LoadViewService {
  const all = calls.reduce((sum, count) => sum + count, 0);
  return {
    ...{ namespace: 'shop', name, port: 80, verdict: 'balanced', since: '2026-01-01T00:00:00.000Z', why: 'as it is' },
    ...{ calls: all, failed: 0, total: { calls: all, failed: 0 } },
    pods: calls.map((count, index) => ({
      ...{ pod: `${name}-${index}`, address: `10.0.0.${index}:80`, zone: 'zone-a', calls: count, failed: 0 },
      ...{ inFlight: 0.5, meanMs: 12.5, ejected: null, total: { calls: count, failed: 0 } },
    })),
    callers: [{ namespace: 'shop', workload: 'web', zone: 'zone-a', calls: all, failed: 0 }],
    ...more,
  };
}

/** What a control plane answers. */
export function view(...services: LoadViewService[]): LoadView {
  return { asOf: '2026-01-01T00:01:00.000Z', windowMs: 10_000, streams: 2, services };
}
