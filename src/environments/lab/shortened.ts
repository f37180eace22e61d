import * as common from '../intervals.ts';

/** What was shortened so that a proof fits into a minute. */
export const shortened = {
  ...common.shortened,
  /** CoreDNS as kubeadm sets it up answers with a TTL of 30 s. */
  dnsTtl: { valueMs: 1000, defaultMs: 30_000 },
  /** `--drain-ms` of the workloads. */
  drain: { valueMs: 2000, defaultMs: 3000 },
} as const;
