/** Wall-clock milliseconds with fractions, comparable between the processes of one machine (ARCHITECTURE.md). */
export function timeStamp(): number {
  return performance.timeOrigin + performance.now();
}
