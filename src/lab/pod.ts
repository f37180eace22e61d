import type { Logger } from '../base/log.ts';
import { timeStamp } from '../base/time-stamp.ts';
import { OutputRing } from './output-ring.ts';
import { expand, type PodIdentity } from './pod-env.ts';
import { PodProcess } from './pod-process.ts';
import { Prober } from './probes/prober.ts';
import type { Reaper } from './reaper.ts';
import type { PodEventType, PodRecord, PodStatus, ProcessExit } from './records.ts';
import { RestartBackoff, type RestartBackoffOptions } from './restart-backoff.ts';
import { labelsOf, type PodTemplate } from './spec.ts';

export interface PodOptions extends PodIdentity {
  readonly deployment: string;
  readonly revision: number;
  readonly templateHash: string;
  readonly template: PodTemplate;
}

/** What a pod needs of the lab around it. */
export interface PodHost {
  readonly reaper: Reaper;
  readonly log: Logger;
  readonly restartBackoff: RestartBackoffOptions;
  /** The environment for a start that happens now. */
  environment(pod: PodIdentity, own: Readonly<Record<string, string>>): Record<string, string>;
  /** Told of every change, in the same tick. */
  changed(pod: Pod, type: PodEventType): void;
}

/** One pod: a program that is started, asked how it is, restarted and in the end stopped. */
export class Pod {
  readonly options: PodOptions;
  readonly output = new OutputRing();
  readonly createdAt = timeStamp();
  /** Resolves once it is gone for good. */
  readonly ended: Promise<void>;
  readonly #host: PodHost;
  readonly #backoff: RestartBackoff;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #resolveEnded: () => void;
  #process: PodProcess | undefined;
  #readiness: Prober | undefined;
  #liveness: Prober | undefined;
  #timers = new Set<NodeJS.Timeout>();
  #status: PodStatus = 'Pending';
  #passing = false;
  #frozen = false;
  #restarts = 0;
  #startedAt: number | undefined;
  #readyAt: number | undefined;
  #terminatingAt: number | undefined;
  #endedAt: number | undefined;
  #lastExit: ProcessExit | undefined;

  constructor(options: PodOptions, host: PodHost) {
    this.options = options;
    this.#host = host;
    this.#backoff = new RestartBackoff(host.restartBackoff);
    this.#labels = labelsOf(options.deployment, options.template);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get name(): string {
    return this.options.name;
  }

  get terminating(): boolean {
    return this.#terminatingAt !== undefined;
  }

  get ready(): boolean {
    return this.#passing && !this.terminating;
  }

  get readyAt(): number | undefined {
    return this.#readyAt;
  }

  record(): PodRecord {
    const { name, namespace, deployment, ip, kubeNode, zone, region, revision, templateHash, template } = this.options;
    return {
      name,
      namespace,
      deployment,
      ip,
      ports: template.ports ?? [],
      labels: this.#labels,
      kubeNode,
      zone,
      region,
      status: this.#status,
      ready: this.ready,
      serving: this.#passing,
      terminating: this.terminating,
      frozen: this.#frozen,
      restarts: this.#restarts,
      pid: this.#process?.pid,
      revision,
      templateHash,
      createdAt: this.createdAt,
      startedAt: this.#startedAt,
      readyAt: this.#readyAt,
      terminatingAt: this.#terminatingAt,
      endedAt: this.#endedAt,
      lastExit: this.#lastExit,
    };
  }

  /** Starts its process; called once by the lab, and by the pod itself for restarts. */
  start(): void {
    const { template, ip } = this.options;
    const env = this.#host.environment(this.options, template.env ?? {});
    const run = new PodProcess({
      command: expand(template.command ?? process.execPath, env),
      args: (template.args ?? []).map((arg) => expand(arg, env)),
      env,
      output: this.output,
      reaper: this.#host.reaper,
    });
    this.#process = run;
    this.#startedAt = timeStamp();
    this.#status = 'Running';
    void run.exited.then((exit) => this.#exited(run, exit));
    this.#host.changed(this, 'started');
    if (run.pid === undefined) return;

    if (template.readiness === undefined) this.#readinessChanged(true, undefined);
    else {
      this.#readiness = new Prober({
        host: ip,
        spec: template.readiness,
        initial: false,
        changed: (passing, reason) => this.#readinessChanged(passing, reason),
      });
    }
    if (template.liveness !== undefined) {
      this.#liveness = new Prober({
        host: ip,
        spec: template.liveness,
        initial: true,
        changed: (passing, reason) => {
          if (!passing) this.#livenessFailed(run, reason);
        },
      });
    }
  }

  /** Sends a signal to the process as it is now. @returns false if there is none */
  signal(signal: NodeJS.Signals): boolean {
    if (this.#process === undefined) return false;
    this.#process.signal(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') this.#frozen = signal === 'SIGSTOP';
    return true;
  }

  /**
   * The end of a pod: out of the endpoints and SIGTERM at one moment, SIGKILL after the grace period.
   *
   * @param graceMs - a grace period shorter than the template's
   */
  terminate(graceMs = Number.POSITIVE_INFINITY): void {
    const { gracePeriodMs = 30_000, preStopMs = 0 } = this.options.template;
    const limitMs = Math.min(graceMs, gracePeriodMs);
    if (this.#endedAt !== undefined) return;
    if (this.#terminatingAt === undefined) {
      this.#terminatingAt = timeStamp();
      this.#status = 'Terminating';
      this.#liveness?.stop();
      this.#host.changed(this, 'terminating');
      const run = this.#process;
      if (run === undefined) {
        this.#end();
        return;
      }
      if (preStopMs > 0 && preStopMs < limitMs) this.#after(preStopMs, () => run.signal('SIGTERM'));
      else run.signal('SIGTERM');
    }
    // Asked again with less patience, the shorter of the two timers decides.
    this.#after(limitMs, () => this.#process?.signal('SIGKILL'));
  }

  #readinessChanged(passing: boolean, reason: string | undefined): void {
    if (this.#passing === passing) return;
    this.#passing = passing;
    if (passing) this.#liveness?.startIsOver();
    if (passing && !this.terminating) this.#readyAt = timeStamp();
    if (!passing) this.#host.log.debug({ pod: this.name, reason }, 'readiness failed');
    this.#host.changed(this, passing ? 'ready' : 'unready');
  }

  #livenessFailed(run: PodProcess, reason: string | undefined): void {
    this.#host.log.info({ pod: this.name, reason }, 'liveness failed, restarting');
    this.output.write(`evenkeel lab: liveness probe failed (${reason}), the process is restarted\n`);
    this.#liveness?.stop();
    run.signal('SIGTERM');
    this.#after(this.options.template.gracePeriodMs ?? 30_000, () => run.signal('SIGKILL'));
  }

  #exited(run: PodProcess, exit: ProcessExit): void {
    if (run !== this.#process) return;
    this.#process = undefined;
    this.#frozen = false;
    this.#lastExit = exit;
    this.#readiness?.stop();
    this.#liveness?.stop();
    this.#clearTimers();
    this.#readinessChanged(false, 'the process ended');
    if (this.terminating) {
      this.#end();
      return;
    }

    const waitMs = this.#backoff.next(timeStamp() - (this.#startedAt ?? 0));
    this.#status = waitMs > 0 ? 'CrashLoopBackOff' : 'Pending';
    this.#host.changed(this, 'exited');
    this.#after(waitMs, () => {
      this.#restarts += 1;
      this.#host.changed(this, 'restarting');
      this.start();
    });
  }

  #end(): void {
    this.#clearTimers();
    this.#endedAt = timeStamp();
    this.#status = 'Ended';
    this.#host.changed(this, 'ended');
    this.#resolveEnded();
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
