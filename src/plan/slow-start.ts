import type { PlanInput, PlanPod } from './plan-input.ts';

/** What a pod gets of a full share at its start. */
const atFirst = 0.1;
/** Plans while a pod warms up: its share grows in so many steps. */
const steps = 20;
const shortestStepMs = 250;
/** Pods that are not there now and are still known by their UID, so that one that comes back is not new. */
const maxGone = 1_000;

export interface Warmth {
  /** Of a full share, by pod: 1 for one that is warm. */
  readonly parts: Float64Array;
  /** Indices of pods that are new; where `isSkipped` they get a full share all the same. */
  readonly warming: readonly number[];
  readonly isSkipped: boolean;
  /** When each pod came, by UID; 0: before there was a plan. */
  readonly since: Readonly<Record<string, number>>;
  /** When to plan again; undefined: time alone changes nothing. */
  readonly nextMs: number | undefined;
}

/**
 * How warm pods are: one that is new gets a tenth of a share at first and a full one when the time of the Service is over. It is known by
 * its UID: an address that another pod had is new, a pod that was not ready for a while is not. Where more than half of the pods
 * are new nobody is left to take what they do not get, and all count the same. Pure.
 *
 * @param since - of the plan before; undefined: there was none, and every pod is warm
 */
export function warmthOf({ pods, policy, nowMs = 0 }: PlanInput, since?: Readonly<Record<string, number>>): Warmth {
  const parts = new Float64Array(pods.length).fill(1);
  const { slowStartMs } = policy;
  if (slowStartMs === undefined) return { parts, warming: [], isSkipped: false, since: {}, nextMs: undefined };
  const came = new Map<string, number>();
  const warming: number[] = [];
  let lastMs = 0;
  for (const [index, pod] of pods.entries()) {
    const at = since === undefined ? 0 : (since[uidOf(pod)] ?? nowMs);
    came.set(uidOf(pod), at);
    if (at === 0 || nowMs - at >= slowStartMs) continue;
    warming.push(index);
    lastMs = Math.max(lastMs, at + slowStartMs);
    parts[index] = atFirst + ((1 - atFirst) * (nowMs - at)) / slowStartMs;
  }
  const gone = Object.entries(since ?? {}).filter(([uid]) => !came.has(uid));
  for (const [uid, at] of gone.slice(-maxGone)) came.set(uid, at);
  const isSkipped = warming.length > pods.length / 2;
  if (isSkipped) parts.fill(1);
  const stepMs = Math.max(slowStartMs / steps, shortestStepMs);
  const nextMs = warming.length === 0 ? undefined : Math.min(nowMs + stepMs, lastMs);
  return { parts, warming, isSkipped, since: Object.fromEntries(came), nextMs };
}

/** What a pod is known by. */
export function uidOf({ uid, pod, key }: PlanPod): string {
  return uid ?? pod ?? key;
}
