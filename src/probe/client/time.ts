/** Milliseconds on the clock that processes of one machine share (ARCHITECTURE.md, "Time stamps that cross processes"). */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}
