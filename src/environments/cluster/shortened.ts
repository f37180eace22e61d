import * as common from '../intervals.ts';

/** What is shorter here than outside so that a proof fits into minutes. */
export const shortened = {
  ...common.shortened,
  /** `--drain-ms` of the workloads. */
  drain: { valueMs: 3000, defaultMs: 3000 },
} as const;
