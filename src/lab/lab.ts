import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EvenkeelError } from '../base/errors.ts';
import { formatAddress } from '../base/listen-address.ts';
import { createLogger, type Logger } from '../base/log.ts';
import { timeStamp } from '../base/time-stamp.ts';
import { AddressPool, podAddresses, serviceAddresses } from './address-range.ts';
import { type ControlPlane, type ControlPlaneOptions, deployControlPlane } from './control-plane.ts';
import { DeploymentTable } from './deployment-table.ts';
import { EndpointBoard } from './endpoint-board.ts';
import type { LabEvents, LabOptions, WaitOptions } from './lab-options.ts';
import { type LabParts, openParts } from './lab-parts.ts';
import { Observers } from './observers.ts';
import type { Pod } from './pod.ts';
import { podEnvironment } from './pod-env.ts';
import { seededRandom } from './random.ts';
import { explainUnready, isReady, isSettled } from './readiness.ts';
import type { DeploymentRecord, PodEvent, PodRecord, RevisionRecord, ServiceRecord } from './records.ts';
import { ServiceTable } from './service-table.ts';
import { type DeploymentSpec, defaultNodes, type PodTemplate, type ServiceSpec } from './spec.ts';
import type { LabInfo } from './state-dir.ts';
import { type Awaited, Waiters } from './waiters.ts';

/** A small cluster on this machine; README.md beside this file has the whole interface in a table. */
export class Lab {
  readonly info: LabInfo;
  readonly seed: number;
  readonly stateDir: string;
  readonly endpointsFile: string;
  /** `HOST:PORT` */
  readonly dnsAddress: string;
  readonly notices: string[] = [];
  /** Resolves once the lab is gone, whoever ended it. */
  readonly stopped: Promise<void>;
  /** Resolves during {@link stop}, once every pod is gone. */
  readonly drained: Promise<void>;
  readonly #log: Logger;
  readonly #parts: LabParts;
  readonly #board: EndpointBoard;
  readonly #services: ServiceTable;
  readonly #deployments: DeploymentTable;
  readonly #observers = new Observers<LabEvents>();
  readonly #waiters = new Waiters();
  readonly #stoppedResolvers = Promise.withResolvers<void>();
  readonly #drainedResolvers = Promise.withResolvers<void>();
  #stopping: Promise<void> | undefined;

  /** @throws EvenkeelError `EK_LAB_ADDRESS`, `EK_LAB_STATE`, `EK_LAB_ID_TAKEN`, `EK_PORT_IN_USE` */
  static async start(options: LabOptions = {}): Promise<Lab> {
    return new Lab(options, await openParts(options.id));
  }

  /** Use {@link Lab.start}. */
  private constructor(options: LabOptions, parts: LabParts) {
    this.#log = options.log ?? createLogger('lab', 'warn');
    this.#parts = parts;
    this.info = parts.info;
    this.seed = options.seed ?? 1;
    this.stateDir = parts.stateDir;
    this.endpointsFile = join(parts.stateDir, 'endpoints.json');
    this.dnsAddress = formatAddress(parts.dnsHost, parts.dnsPort);
    this.stopped = this.#stoppedResolvers.promise;
    this.drained = this.#drainedResolvers.promise;
    // What a program leaves in there when it is killed goes with the lab.
    const podTemporary = join(parts.stateDir, 'tmp');
    mkdirSync(podTemporary);
    const podIps = new AddressPool(parts.range.prefix, podAddresses);
    this.#deployments = new DeploymentTable({
      reaper: parts.reaper,
      log: this.#log,
      restartBackoff: options.restartBackoff ?? {},
      nodes: options.nodes ?? defaultNodes,
      random: seededRandom(this.seed, 'names'),
      takeAddress: () => podIps.take(),
      giveBackAddress: (address) => podIps.giveBack(address),
      environment: (pod, own) =>
        podEnvironment(pod, this.#services.all(), this.dnsAddress, { TMPDIR: podTemporary, ...own }),
      changed: (pod, type) => this.#podChanged(pod, type),
    });
    this.#services = new ServiceTable({
      addresses: new AddressPool(parts.range.prefix, serviceAddresses),
      seed: this.seed,
      reaper: parts.reaper,
      notice: (text) => this.#notice(text),
    });
    this.#board = new EndpointBoard({
      file: this.endpointsFile,
      delayMs: options.endpointDelayMs ?? 0,
      snapshot: () => this.#services.view(this.pods()),
      published: (view) => {
        this.#services.publish(view);
        this.#observers.tell('endpoints', { at: timeStamp() });
      },
      log: this.#log,
    });
    const dnsRandom = seededRandom(this.seed, 'dns');
    const ttlSeconds = options.dnsTtlSeconds ?? 5;
    parts.dns.serve(() => ({ view: this.#board.view, namespace: 'default', ttlSeconds, random: dnsRandom }));
    parts.control.serve(this);
    if (parts.dnsPort !== 53) {
      this.#notice(`DNS: this user cannot listen on port 53, so it is at ${this.dnsAddress}`);
    }
  }

  get id(): string {
    return this.info.id;
  }

  /** `127.30` */
  get prefix(): string {
    return this.info.prefix;
  }

  /** Observes pods or endpoints; the returned function ends it. Observers must not throw. */
  on<Name extends 'pod' | 'endpoints'>(name: Name, observer: (event: LabEvents[Name]) => void): () => void {
    return this.#observers.on(name, observer);
  }

  /** @throws EvenkeelError `EK_LAB_SPEC` */
  createDeployment(spec: DeploymentSpec): DeploymentRecord {
    this.#refuseWhenStopping();
    return this.#deployments.add(spec).record();
  }

  /** Its pods are terminated; resolves once they are gone. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  deleteDeployment(name: string): Promise<void> {
    return this.#deployments.delete(name);
  }

  /** @throws EvenkeelError `EK_LAB_SPEC`, `EK_PORT_IN_USE` */
  async createService(spec: ServiceSpec): Promise<ServiceRecord> {
    this.#refuseWhenStopping();
    const record = await this.#services.add(spec);
    this.#board.touch();
    await this.#proxiesKnow();
    return record;
  }

  async deleteService(name: string): Promise<void> {
    const deleted = this.#services.delete(name);
    this.#board.touch();
    await deleted;
  }

  deployControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
    return deployControlPlane(this, options);
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME`, `EK_LAB_SPEC` */
  scale(name: string, replicas: number): void {
    this.#deployments.get(name).scale(replicas);
    this.#waiters.wake();
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  rollout(name: string, patch?: Partial<PodTemplate>, { cause = '' }: { cause?: string | undefined } = {}): void {
    this.#deployments.get(name).rollout(patch, cause);
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  undo(name: string, revision?: number): void {
    this.#deployments.get(name).undo(revision);
  }

  history(name: string): RevisionRecord[] {
    return this.#deployments.get(name).history();
  }

  /** Signals a pod's process. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME`, `EK_LAB_SPEC` if it has none just now */
  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#deployments.pod(name).signal(signal)) return;
    throw new EvenkeelError('EK_LAB_SPEC', `pod ${name} has no process at this moment`, {
      hint: 'It waits for its restart; try again once evenkeel lab ps says Running.',
    });
  }

  /** Terminates a pod; its deployment makes another. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  deletePod(name: string): void {
    this.#deployments.pod(name).terminate();
  }

  /** The pods that exist, terminating ones included; of one deployment where it is named. */
  pods(deployment?: string): PodRecord[] {
    return this.#deployments.pods(deployment);
  }

  pod(name: string): PodRecord {
    return this.#deployments.pod(name).record();
  }

  endedPods(): PodRecord[] {
    return this.#deployments.endedPods();
  }

  deployments(): DeploymentRecord[] {
    return this.#deployments.all().map((deployment) => deployment.record());
  }

  services(): ServiceRecord[] {
    return this.#services.all();
  }

  service(name: string): ServiceRecord {
    return this.#services.get(name);
  }

  logs(pod: string): string {
    return this.#deployments.logs(pod);
  }

  guard(pid: number): () => void {
    this.#parts.reaper.add(pid);
    return () => this.#parts.reaper.remove(pid);
  }

  /**
   * Waits until a deployment is what it should be: `replicas` ready pods, all of the newest revision, nothing else but
   * terminating ones. With `count`: until that many of the newest revision are ready.
   *
   * @throws EvenkeelError `EK_LAB_NOT_READY`, at once where a pod keeps ending before it was ever ready
   */
  async ready(name: string, count?: number, options: WaitOptions = {}): Promise<PodRecord[]> {
    const deployment = this.#deployments.get(name);
    await this.#wait(
      () => isReady(deployment, count),
      (final) => explainUnready(deployment, final),
      options,
    );
    return this.pods(name).filter((pod) => pod.ready);
  }

  /** As {@link ready}, and no pod is on its way out any more. */
  async settled(name: string, options: WaitOptions = {}): Promise<PodRecord[]> {
    const deployment = this.#deployments.get(name);
    await this.#wait(
      () => isSettled(deployment),
      (final) => explainUnready(deployment, final),
      options,
    );
    return this.pods(name);
  }

  /** Waits for anything that changes with pods. @throws EvenkeelError `EK_LAB_NOT_READY`, naming `what` */
  async waitFor(what: string, test: (lab: Lab) => boolean, options: WaitOptions = {}): Promise<void> {
    await this.#wait(
      () => test(this),
      (final) => (final ? new EvenkeelError('EK_LAB_NOT_READY', `waited in vain for ${what}`) : undefined),
      options,
    );
  }

  /**
   * Ends everything; may be called again at any time.
   *
   * @param graceMs - from SIGTERM to SIGKILL where a pod's own grace period is longer; default 2000
   */
  stop({ graceMs = 2000 }: { graceMs?: number | undefined } = {}): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    this.#waiters.wake();
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    await this.#deployments.close(graceMs);
    this.#drainedResolvers.resolve();
    this.#board.close();
    await Promise.allSettled([this.#services.close(), this.#parts.dns.close()]);
    await this.#parts.control.close();
    await this.#parts.reaper.close();
    await this.#parts.range.release();
    this.#stoppedResolvers.resolve();
  }

  #podChanged(pod: Pod, type: PodEvent['type']): void {
    const record = pod.record();
    this.#log.debug({ pod: pod.name, type, exit: record.lastExit }, 'pod');
    this.#board.touch();
    this.#observers.tell('pod', { type, pod: record, at: timeStamp() });
    this.#waiters.wake();
  }

  async #wait(test: () => boolean, problem: Awaited['problem'], { timeoutMs = 60_000 }: WaitOptions): Promise<void> {
    const ended = (): EvenkeelError => new EvenkeelError('EK_LAB_STOPPED', `the lab ${this.id} ended meanwhile`);
    const lost = (): boolean => this.#stopping !== undefined;
    await this.#waiters.wait({
      test: () => !lost() && test(),
      problem: (final) => (lost() ? ended() : problem(final)),
      timeoutMs,
    });
    await this.#proxiesKnow();
  }

  /** What was seen to change is, by now, what a new connection meets. */
  async #proxiesKnow(): Promise<void> {
    // Changes of this tick are published at its end.
    await Promise.resolve();
    await this.#services.synced();
  }

  #refuseWhenStopping(): void {
    if (this.#stopping !== undefined) throw new EvenkeelError('EK_LAB_STOPPED', `the lab ${this.id} has ended`);
  }

  #notice(text: string): void {
    this.notices.push(text);
    this.#log.info(text);
  }
}
