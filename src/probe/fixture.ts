import type { Counters } from '../verdict/count-check.ts';
import type { SchemeId } from './schemes/schemes.ts';

/**
 * The place in which a proof runs: the lab, or a real cluster. The probe makes the calls and judges; the fixture says
 * where to call, who should answer, what the backends counted, and makes pods come and go.
 *
 * All times are `performance.timeOrigin + performance.now()` in milliseconds. Names are pod names, as in the header
 * `evenkeel-pod`.
 */
export interface Fixture {
  /** What a reader must know to judge the figures; asked once, at the start. */
  conditions(): Promise<FixtureConditions>;
  /** Where the client of a scheme calls, or why it cannot; asked once a scheme, before its client is started. */
  target(scheme: SchemeId): Promise<Target | Skipped>;
  /** The backends that are ready now, behind that scheme. */
  backends(scheme: SchemeId): Promise<Backend[]>;
  /**
   * The backends' own counts of the calls marked `evenkeel-run: run`, asked after the last of these calls has ended.
   * Every backend of that scheme must be in `readings` or in `unreadable`, those that have gone since `run` began too.
   */
  calls(scheme: SchemeId, run: string): Promise<Counters>;
  /**
   * Changes the number of backends behind **all** schemes and tells `observer` as it happens. Resolves when the change
   * is through: all new pods are ready, all superfluous ones have ended.
   *
   * @param runs - under way meanwhile; what pods that go have counted of them must be read while they still answer
   */
  scale(replicas: number, observer: ScaleObserver, runs: readonly RunInProgress[]): Promise<void>;
  /**
   * Replaces the backends behind **all** schemes by those of another version, one by one: a new one is ready before an old
   * one is told to end. `update` makes a new version, `undo` brings the one before back. Otherwise as {@link scale}.
   */
  rollout(kind: 'update' | 'undo', observer: ScaleObserver, runs: readonly RunInProgress[]): Promise<void>;
}

export interface FixtureConditions {
  /** What runs here: `lab` or `kubernetes`. */
  readonly environment: string;
  /** Program → version: evenkeel, node, @grpc/grpc-js, kubernetes … */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly os: string; readonly cpus: number; readonly memoryMiB: number };
  /** Everything that decides how soon a change is seen, those that were shortened to fit the run first of all. */
  readonly intervals: readonly Interval[];
}

export interface Interval {
  /** What it is, a few words: `gRPC clients resolve DNS again at most every`. */
  readonly name: string;
  readonly valueMs: number;
  /** What it is outside this experiment; printed where it differs from `valueMs`. */
  readonly defaultMs: number;
  /** Schemes whose figures it bears on; absent: all. */
  readonly schemes?: readonly SchemeId[] | undefined;
}

export interface Target {
  /**
   * gRPC: a channel target (`127.5.200.1:50051`, `dns://HOST:PORT/be1-srv.default.svc.cluster.local:50051`,
   * `xds:///be1-srv.default`). HTTP: a URL.
   */
  readonly target: string;
  /** Environment of the client process on top of this process's own (`GRPC_XDS_BOOTSTRAP_CONFIG` …). */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** grpc-js channel options on top of the probe's; the scheme's policy, retries and proxies are the probe's. */
  readonly channelOptions?: Readonly<Record<string, string | number>> | undefined;
}

export interface Skipped {
  /** One line: why, and how to get it. */
  readonly skipped: string;
}

export interface Backend {
  readonly name: string;
  /** `HOST:PORT` that serves calls, for attributing failed calls; gRPC and HTTP ports of a pod may differ. */
  readonly address: string;
  /** Where it runs, where that is known. */
  readonly zone?: string | undefined;
  readonly kubeNode?: string | undefined;
  /** Schemes whose calls it can get; absent: all. Asked of what a {@link ScaleObserver} is told. */
  readonly schemes?: readonly SchemeId[] | undefined;
}

export interface RunInProgress {
  readonly scheme: SchemeId;
  readonly run: string;
}

export interface ScaleObserver {
  /** A new pod is ready (its readiness probe passed) at `atMs`. */
  ready(backend: Backend, atMs: number): void;
  /** A pod was told to end (it leaves the endpoints) at `atMs`. */
  terminating(backend: Backend, atMs: number): void;
  /** A pod's process has ended at `atMs`. */
  ended(backend: Backend, atMs: number): void;
}
