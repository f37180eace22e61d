/** Who decides what each pod gets. */
export const ways = {
  turns: 'every client calls every pod in turn',
  work: 'balance: work, by what clients report',
  utilization:
    "balance: utilization, each client's weighted round robin by what pods say (gRFC A58), which grpc-js has behind a variable",
  'least request': 'one Envoy in between: of two pods the one with fewer calls under way',
} as const;

export type Way = keyof typeof ways;

export const wayNames = Object.keys(ways) as Way[];

/** What is measured where none is named: grpc-js's own weighted round robin is held up where processors are busy. */
export const usualWays: readonly Way[] = wayNames.filter((way) => way !== 'utilization');
