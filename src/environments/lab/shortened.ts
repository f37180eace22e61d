/** What was shortened so that a proof fits into a minute, in milliseconds, each beside its ordinary value. */
export const shortened = {
  /** CoreDNS as kubeadm sets it up answers with a TTL of 30 s. */
  dnsTtl: { valueMs: 1000, defaultMs: 30_000 },
  /** grpc-js and grpc-go resolve a name again at most every 30 s. */
  clientDns: { valueMs: 2000, defaultMs: 30_000 },
  /** `discovery.dns.maxIntervalMs` of the control plane. */
  controlPlaneDns: { valueMs: 1000, defaultMs: 5000 },
  /** `--max-connection-age-ms` of the servers that have one; system D takes 10 s. */
  maxConnectionAge: { valueMs: 2000, defaultMs: 10_000 },
  /** `--drain-ms` of the workloads. */
  drain: { valueMs: 2000, defaultMs: 3000 },
} as const;
