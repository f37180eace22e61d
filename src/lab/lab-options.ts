import type { Logger } from '../base/log.ts';
import type { PodEvent } from './records.ts';
import type { RestartBackoffOptions } from './restart-backoff.ts';
import type { KubeNode } from './spec.ts';

export interface LabOptions {
  /** Default `lab30`, after the addresses. */
  readonly id?: string | undefined;
  /** For names, the proxies' choice and the order of DNS answers; default 1. */
  readonly seed?: number | undefined;
  readonly log?: Logger | undefined;
  /** Default three machines in two zones. */
  readonly nodes?: readonly KubeNode[] | undefined;
  /** Default 5. */
  readonly dnsTtlSeconds?: number | undefined;
  /** From a change of a pod until the endpoint file, DNS and the proxies follow; default 0 (a cluster: 1 to 3 s). */
  readonly endpointDelayMs?: number | undefined;
  readonly restartBackoff?: RestartBackoffOptions | undefined;
}

/** Grace of pods where a person waits for the lab to end: nobody is left to be drained for. */
export const hurriedGraceMs = 300;

export interface WaitOptions {
  /** Default 60 000. */
  readonly timeoutMs?: number | undefined;
}

export interface LabEvents extends Record<string, unknown> {
  /** Something happened to a pod. */
  pod: PodEvent;
  /** Endpoints were published. */
  endpoints: { readonly at: number };
}
