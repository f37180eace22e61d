/** Calls and connections by run, as a backend counted them. */
export type RunCounts = Readonly<Record<string, { readonly calls: number; readonly connections: number }>>;

/** Finds the line in which a workload says at its end what it has counted; undefined where it was killed before. */
export function lastCounts(output: string): RunCounts | undefined {
  for (const line of output.split('\n').reverse()) {
    if (!line.startsWith('{"event":"ended"')) continue;
    return (JSON.parse(line) as { runs: RunCounts }).runs;
  }
  return undefined;
}
