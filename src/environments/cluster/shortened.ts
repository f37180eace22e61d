/** What is shorter here than outside so that a proof fits into minutes, in milliseconds, each beside its ordinary value. */
export const shortened = {
  /** grpc-js and grpc-go resolve a name again at most every 30 s. */
  clientDns: { valueMs: 2000, defaultMs: 30_000 },
  /** `discovery.dns.maxIntervalMs` of the control plane that reads DNS. */
  controlPlaneDns: { valueMs: 1000, defaultMs: 5000 },
  /** `--max-connection-age-ms` of the servers that have one. */
  maxConnectionAge: { valueMs: 2000, defaultMs: 10_000 },
  /** `--drain-ms` of the workloads. */
  drain: { valueMs: 3000, defaultMs: 3000 },
} as const;
