import type { PodTemplate } from '../../lab/index.ts';

/** What a rolling update is measured with; everything but what its name says is ordinary. */
export interface Variant {
  readonly name: string;
  readonly drainMs: number;
  readonly preStopMs?: number;
  readonly ageMs?: number;
  readonly graceMs?: number;
  /** Calls that take longer than no time, so that some are in flight when something ends. */
  readonly latencyMs?: number;
  readonly retries?: true;
}

const aged = { drainMs: 2000, ageMs: 1000, latencyMs: 200 } as const;

/** Drain time, preStop, the grace of aged connections, and retries: one at a time. */
export const variants: readonly Variant[] = [
  { name: 'drains 2 s', drainMs: 2000 },
  { name: 'drains 500 ms', drainMs: 500 },
  { name: 'drains not', drainMs: 0 },
  { name: 'drains not, preStop 2 s', drainMs: 0, preStopMs: 2000 },
  { name: 'drains not, retries', drainMs: 0, retries: true },
  { name: 'age 1 s, no end to grace', ...aged },
  { name: 'age 1 s, grace 50 ms', ...aged, graceMs: 50 },
  { name: 'age 1 s, grace 50 ms, retries', ...aged, graceMs: 50, retries: true },
  { name: 'age 1 s, grace 2 s, retries', ...aged, graceMs: 2000, retries: true },
];

/** Pods that are so, of a version of their own: a rollout to the next one is a change then. */
export function patchOf({ name, drainMs, preStopMs, ageMs, graceMs, latencyMs }: Variant): Partial<PodTemplate> {
  return {
    preStopMs,
    env: {
      EVENKEEL_VERSION: `v1, ${name}`,
      EVENKEEL_DRAIN_MS: String(drainMs),
      EVENKEEL_MAX_CONNECTION_AGE_MS: String(ageMs ?? 0),
      EVENKEEL_MAX_CONNECTION_AGE_GRACE_MS: String(graceMs ?? 0),
      EVENKEEL_LATENCY_MS: String(latencyMs ?? 0),
    },
  };
}
