import type { CallRecord } from './call-record.ts';

/** What became of a pod during a change; times as in `CallRecord`. */
export interface PodEvent {
  readonly event: 'ready' | 'terminating' | 'ended';
  readonly pod: string;
  readonly address: string;
  readonly at: number;
}

export interface AddedPod {
  readonly pod: string;
  readonly readyAt: number;
  /** When its first answer arrived; null: never. */
  readonly firstAnswerAt: number | null;
}

export interface RemovedPod {
  readonly pod: string;
  readonly terminatingAt: number;
  readonly endedAt: number | null;
  /** When the last call that went to it was sent, whatever became of it; null: none. */
  readonly lastCallAt: number | null;
}

export interface Convergence {
  /**
   * The longest of: from a new pod's readiness to the arrival of its first answer; from the moment a pod was told to end
   * to the sending of the last call that went to it. Not below 0; null: not yet.
   */
  readonly convergedMs: number | null;
  readonly added: readonly AddedPod[];
  readonly removed: readonly RemovedPod[];
  /** Calls sent to a pod after it was told to end. */
  readonly late: { readonly answered: number; readonly failed: number; readonly afterEnd: number };
}

/** A pod that was told to end counts as left alone once no call has gone to it for so long. */
export const quietMs = 1000;

/**
 * How a client followed a change, from its calls and the pods' events; pure.
 *
 * @param addresses - `HOST:PORT` → pod, for failed calls that name no pod
 * @param observedUntil - when the calls ended, or now
 */
export function convergence(
  records: readonly CallRecord[],
  events: readonly PodEvent[],
  addresses: ReadonlyMap<string, string>,
  observedUntil: number,
): Convergence {
  const at = (event: PodEvent['event'], pod: string): number | undefined =>
    events.find((other) => other.event === event && other.pod === pod)?.at;
  const named = (event: PodEvent['event']): string[] => [
    ...new Set(events.filter((other) => other.event === event).map(({ pod }) => pod)),
  ];

  const firstAnswer = new Map<string, number>();
  const lastCall = new Map<string, number>();
  const late = { answered: 0, failed: 0, afterEnd: 0 };
  for (const { pod: answeredBy, peer, status, sentAt, endedAt } of records) {
    const pod = answeredBy ?? addresses.get(peer ?? '');
    if (pod === undefined) continue;
    const ok = status === 'OK';
    if (ok) firstAnswer.set(pod, Math.min(firstAnswer.get(pod) ?? Number.POSITIVE_INFINITY, endedAt));
    lastCall.set(pod, Math.max(lastCall.get(pod) ?? 0, sentAt));
    if (sentAt <= (at('terminating', pod) ?? Number.POSITIVE_INFINITY)) continue;
    late[ok ? 'answered' : 'failed'] += 1;
    if (!ok && sentAt > (at('ended', pod) ?? Number.POSITIVE_INFINITY)) late.afterEnd += 1;
  }

  const added = named('ready').map((pod) => ({
    pod,
    readyAt: at('ready', pod)!,
    firstAnswerAt: firstAnswer.get(pod) ?? null,
  }));
  const removed = named('terminating').map((pod) => ({
    pod,
    terminatingAt: at('terminating', pod)!,
    endedAt: at('ended', pod) ?? null,
    lastCallAt: lastCall.get(pod) ?? null,
  }));
  const followed =
    added.every(({ firstAnswerAt }) => firstAnswerAt !== null) &&
    removed.every(
      ({ terminatingAt, lastCallAt }) => Math.max(terminatingAt, lastCallAt ?? 0) <= observedUntil - quietMs,
    );
  const delays = [
    ...added.map(({ readyAt, firstAnswerAt }) => (firstAnswerAt ?? readyAt) - readyAt),
    ...removed.map(({ terminatingAt, lastCallAt }) => (lastCallAt ?? terminatingAt) - terminatingAt),
  ];
  return { convergedMs: followed ? Math.max(0, ...delays) : null, added, removed, late };
}

/** What a client that did not converge had not done. */
export function notFollowed({ added, removed }: Convergence, observedUntil: number): string {
  const unseen = added.filter(({ firstAnswerAt }) => firstAnswerAt === null);
  const still = removed.filter(({ lastCallAt }) => (lastCallAt ?? 0) > observedUntil - quietMs);
  return [
    ...(unseen.length > 0 ? [`${unseen.length} of ${added.length} new pods got no call`] : []),
    ...(still.length > 0 ? [`calls still went to ${still.map(({ pod }) => pod).join(', ')}`] : []),
  ].join('; ');
}
