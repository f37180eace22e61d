import type { CallRecord } from './call-record.ts';
import type { PodEvent } from './convergence.ts';

/** What a call can be lost to while pods are replaced, in the order of the report. */
export const causes = ['refused', 'goaway', 'staleAddress', 'drainedTooShort', 'cut', 'deadline', 'other'] as const;

export type Cause = (typeof causes)[number];

/** The cause in a few words, for tables. */
export const causeTitles: Readonly<Record<Cause, string>> = {
  refused: 'refused',
  goaway: 'GOAWAY race',
  staleAddress: 'stale address',
  drainedTooShort: 'drained too short',
  cut: 'cut while it stayed',
  deadline: 'deadline',
  other: 'other',
};

// The words of grpc-js, grpc-go, node:http and Envoy. REFUSED_STREAM says that the server has not looked at the call (RFC 9113,
// 8.7); a stream that is cancelled it had taken, and since a client of ours never cancels, the server did.
const goawayWords =
  /stream refused|refused stream|refused_stream|goaway|connection is draining|draining the connection|session (?:is |was |has been )?(?:closed|destroyed)/i;
// The last two: what listened had closed the connection before HTTP/2 began, as a Service's proxy does whose pod is gone.
const refusedWords =
  /ECONNREFUSED|connection refused|^UNAVAILABLE No connection established|error reading server preface|^UNAVAILABLE write tcp \S+ write: broken pipe/i;
const brokenWords =
  /^CANCELLED|ended without gRPC status|ECONNRESET|EPIPE|socket hang up|error reading from server|broken pipe|terminated by RST_STREAM|connection (?:dropped|reset|termination|closed)/i;
/** grpc-go adds this to calls that a broken connection took along; they had not crossed with the GOAWAY. */
const earlierGoaway = /, received prior goaway\b.*/is;
const addressWords = /\b\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}\b/g;

/**
 * What each failed call was lost to, by its status, the error's words and its time; pure.
 *
 * - `deadline`: no answer in time
 * - `staleAddress`: sent to a pod whose process had ended by then
 * - `goaway`: the stream was refused because the session was being closed
 * - `refused`: nobody listened there (yet, or any more)
 * - `drainedTooShort`: the call was cancelled, or the connection broke under it, while the pod was on its way out; where a
 *   proxy hides which pod it was, while any pod was
 * - `cut`: the same by a pod that was not on its way out: the grace of its MaxConnectionAge was over, or it crashed
 * - `other`: none of these
 *
 * @param addresses - `HOST:PORT` → pod, for calls that name no pod
 */
export function causesOf(
  records: readonly CallRecord[],
  events: readonly PodEvent[],
  addresses: ReadonlyMap<string, string>,
): { readonly call: CallRecord; readonly cause: Cause }[] {
  const endings = new Map<string | undefined, Ending>();
  for (const { event, pod, at } of events) {
    if (event === 'ready') continue;
    const ending = endings.get(pod) ?? { terminatingAt: at, endedAt: Number.POSITIVE_INFINITY };
    endings.set(pod, event === 'ended' ? { ...ending, endedAt: at } : ending);
  }
  return records
    .filter(({ status }) => status !== 'OK')
    .map((call) => ({ call, cause: causeOf(call, endings, podCalled(call, addresses)) }));
}

interface Ending {
  readonly terminatingAt: number;
  readonly endedAt: number;
}

function causeOf(call: CallRecord, endings: ReadonlyMap<string | undefined, Ending>, pod?: string): Cause {
  const { status, error = '', sentAt, endedAt } = call;
  const words = `${status} ${error}`.replace(earlierGoaway, '');
  if (status === 'DEADLINE_EXCEEDED') return 'deadline';
  if (sentAt > (endings.get(pod)?.endedAt ?? Number.POSITIVE_INFINITY)) return 'staleAddress';
  if (goawayWords.test(words)) return 'goaway';
  if (refusedWords.test(words)) return 'refused';
  const suspects = pod === undefined ? [...endings.values()] : [endings.get(pod)];
  const leaving = suspects.some(
    (ending) => ending !== undefined && ending.terminatingAt <= endedAt && ending.endedAt >= sentAt,
  );
  if (leaving && brokenWords.test(words)) return 'drainedTooShort';
  return pod !== undefined && brokenWords.test(words) ? 'cut' : 'other';
}

/** Which pod a failed call was meant for, as far as its peer or the error's words tell. */
function podCalled({ pod, peer, error = '' }: CallRecord, addresses: ReadonlyMap<string, string>): string | undefined {
  const named = [peer ?? '', ...error.matchAll(addressWords).map(([address]) => address)];
  return pod ?? named.flatMap((address) => addresses.get(address) ?? [])[0];
}

/** How many calls were lost to each cause, zeros included. */
export function countCauses(lost: readonly { readonly cause: Cause }[]): Record<Cause, number> {
  const counts = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;
  for (const { cause } of lost) counts[cause] += 1;
  return counts;
}
