import type { HealthTarget } from './target.ts';

export interface ProbeResult {
  readonly ok: boolean;
  /** What was seen, for a person: `SERVING`, `ECONNREFUSED`, … */
  readonly reason: string;
}

/** One way of checking targets. */
export interface Probe {
  /** Checks once; fails rather than throws. Once `signal` is aborted the result does not matter any more. */
  check(target: HealthTarget, signal: AbortSignal): Promise<ProbeResult>;
  /** The target is not checked any more: lets go of what is kept for it. */
  forget(target: HealthTarget): void;
}

/** What a failed connection is called: the system's code, which says more in fewer words than its message. */
export function connectionReason(error: Error): string {
  // A stream of a session that never opened is cancelled; why is in its cause.
  if (error.cause instanceof Error) return connectionReason(error.cause);
  const { code } = error as { readonly code?: unknown };
  // A DOMException, which an abort is, has a number there.
  return typeof code !== 'string' || code.startsWith('ERR_') ? error.message : code;
}
