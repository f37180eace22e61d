/** The calls that such figures are of: of those that failed in a window, some may have begun before it. */
export function knownCalls({ calls, failed }: { readonly calls: number; readonly failed: number }): number {
  return Math.max(calls, failed);
}
