import type { Verdict } from '../../verdict/verdict.ts';

/** Two lines for a reader: the cause, and what to do. */
export interface Explanation {
  readonly why: string;
  readonly do: string;
}

/** How a client learns of pods that come and go, in words. */
export interface Learning {
  /** Why it followed a change. */
  readonly followed: string;
  /** Why it did not. */
  readonly not: string;
  /** What to do where it did not. */
  readonly do: string;
}

/** One way of calling: everything that the lab, the cluster and the docs have to know of it. */
export interface SchemeEntry {
  /** What a reader should know it as, a few words. */
  readonly title: string;
  readonly protocol: 'grpc' | 'http';
  /**
   * How the client picks a connection for a call: one for every call (`new`), the same one for all (`one`), every
   * backend's in turn (`every`), or whatever the control plane says (`xds`).
   */
  readonly connections: 'new' | 'one' | 'every' | 'xds';
  /** gRPC load-balancing policy in the client's service config; undefined for HTTP and where xDS decides. */
  readonly policy?: 'pick_first' | 'round_robin' | undefined;
  /** Pods that answer: gRPC, the same with a MaxConnectionAge, or HTTP. */
  readonly backend: 'grpc' | 'aged' | 'http';
  /**
   * What the client calls, which has to be there: a Service with a cluster IP, a headless one, a proxy that a control plane
   * configures, a control plane that is notified of changes, or one that asks DNS.
   */
  readonly via: 'clusterip' | 'headless' | 'proxy' | 'xds' | 'xds-dns';
  /** Whether scale-out and scale-in are measured for it. */
  readonly scales: boolean;
  /** What it is expected to show, and why; anything else is explained by the verdict alone. */
  readonly expected: Explanation & { readonly verdict: Verdict };
  /** Undefined: by nothing that is worth a word. */
  readonly learning?: Learning | undefined;
  /** Said of a scale-in that it followed without losing a call, where `learning` does not say it. */
  readonly scaleIn?: Explanation | undefined;
  /** Why a rolling update lost no call. */
  readonly kept: string;
}
