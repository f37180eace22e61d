/** Figures of a locality in a report, as clients send them. */
export interface ReportedCalls {
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly inProgress: number;
}

/**
 * Whether a client counts calls that begin (`total_issued_requests`), by who it says it is: grpc-go up to 1.62 leaves the
 * field at 0, 1.66 fills it in. One that is seen to count them does, whatever this says.
 */
export function countsIssued({
  userAgentName,
  userAgentVersion,
}: {
  readonly userAgentName: string;
  readonly userAgentVersion: string;
}): boolean {
  const minor = /^1\.(\d{1,6})\b/.exec(userAgentVersion)?.[1];
  return userAgentName !== 'gRPC Go' || minor === undefined || Number(minor) >= 66;
}

/**
 * Calls that began, which is what evenness is measured by: a pod that never answers was chosen as often as the others. Of a
 * client that does not count them it is those that ended, which differs by what is under way.
 *
 * The figures of one report do not show which it is: a call that begins in one interval and ends in the next is 1, 0 and
 * then 0, 1.
 */
export function begunOf({ issued, succeeded, failed }: ReportedCalls, isIssuedCounted: boolean): number {
  return isIssuedCounted ? issued : succeeded + failed;
}

/**
 * Time that calls spent under way, summed up, in the interval of a report: what was seen under way at its end stands for all
 * of it. Divided by calls that ended it is their mean duration (Little's law).
 *
 * A client that leaves out intervals (grpc-go, grpc-js) has nothing under way in them, or, grpc-js, only calls that neither
 * began nor ended there, such as streams that last for hours: these are not counted here.
 */
export function inFlightMsOf({ inProgress }: ReportedCalls, intervalMs: number): number {
  return inProgress * intervalMs;
}
