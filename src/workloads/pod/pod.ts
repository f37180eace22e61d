import { createLogger, type Logger } from '../../base/log.ts';
import type { ServerSettings } from '../common-options.ts';
import { Condition } from './condition.ts';
import { Faults } from './faults.ts';
import { RequestMetrics } from './metrics.ts';
import { RunLedger } from './run-ledger.ts';

/** Names of headers and of gRPC metadata (ARCHITECTURE.md, "Conventions between the parts"). */
export const headers = {
  /** On every answer: the pod that gave it. */
  pod: 'evenkeel-pod',
  /** On a call: the run to count it under. */
  run: 'evenkeel-run',
  /** On a call: the workload that makes it, for metrics. */
  source: 'evenkeel-source',
  /** On a call: milliseconds to wait before this answer, instead of `--latency-ms`. */
  latency: 'evenkeel-latency-ms',
} as const;

/** What the servers of one workload share. */
export interface Pod {
  readonly workload: string;
  /** What it is called in metrics, as a source and as a destination. */
  readonly service: string;
  readonly name: string;
  readonly condition: Condition;
  readonly ledger: RunLedger;
  readonly faults: Faults;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
}

export function createPod(workload: string, settings: ServerSettings, service = workload): Pod {
  return {
    workload,
    service,
    name: settings.podName,
    condition: new Condition(),
    ledger: new RunLedger(),
    faults: new Faults(settings),
    metrics: new RequestMetrics(service),
    log: createLogger(workload, 'warn'),
  };
}
