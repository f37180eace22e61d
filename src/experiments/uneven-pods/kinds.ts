/** Who decides what each pod gets. */
export const ways = {
  turns: 'every client calls every pod in turn',
  work: 'balance: work, by what clients report',
  'least request': 'one Envoy in between: of two pods the one with fewer calls under way',
} as const;

export type Way = keyof typeof ways;

export const wayNames = Object.keys(ways) as Way[];
