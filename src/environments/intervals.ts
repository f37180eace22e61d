import { type Interval, schemeIds, schemes, schemesVia } from '../probe/index.ts';

/** An interval that was shortened to fit the run, in milliseconds, beside its ordinary value. */
export interface Shortened {
  readonly valueMs: number;
  readonly defaultMs: number;
}

/** What is shorter in every environment. */
export const shortened = {
  /** grpc-js and grpc-go resolve a name again at most every 30 s. */
  clientDns: { valueMs: 2000, defaultMs: 30_000 },
  /** `discovery.dns.maxIntervalMs` of the control plane that reads DNS. */
  controlPlaneDns: { valueMs: 1000, defaultMs: 5000 },
  /** `--max-connection-age-ms` of the servers that have one; system D takes 10 s. */
  maxConnectionAge: { valueMs: 2000, defaultMs: 10_000 },
} as const;

/**
 * Everything that decides how soon a change is seen.
 *
 * @param dnsTtl - undefined: not known
 * @param drain - `--drain-ms` of the workloads
 */
export function intervalsOf({
  dnsTtl,
  drain,
}: {
  readonly dnsTtl: Shortened | undefined;
  readonly drain: Shortened;
}): Interval[] {
  const headless = schemesVia(schemeIds, 'headless');
  const polled = schemesVia(schemeIds, 'xds-dns');
  const aged = schemeIds.filter((id) => schemes[id].backend === 'aged');
  return [
    ...(dnsTtl === undefined
      ? []
      : [{ name: 'DNS answers may be kept for', ...dnsTtl, schemes: [...headless, ...polled] }]),
    { name: 'gRPC clients resolve DNS again at most every', ...shortened.clientDns, schemes: headless },
    { name: 'the control plane asks DNS again every', ...shortened.controlPlaneDns, schemes: polled },
    {
      name: 'servers with a MaxConnectionAge close connections after',
      ...shortened.maxConnectionAge,
      schemes: aged,
    },
    { name: 'a pod that was told to end answers on for', ...drain },
  ];
}
