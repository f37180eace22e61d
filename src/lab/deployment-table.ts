import { EvenkeelError } from '../base/errors.ts';
import { Deployment, type DeploymentHost } from './deployment.ts';
import type { Pod } from './pod.ts';
import type { PodEventType, PodRecord } from './records.ts';
import type { DeploymentSpec } from './spec.ts';

/** Pods that are remembered after their end, with what they wrote last. */
const maxEndedPods = 256;

export interface DeploymentTableOptions extends Omit<DeploymentHost, 'podNames' | 'changed'> {
  giveBackAddress(address: string): void;
  /** Told of every change, in the same tick, after the table knows of it. */
  changed(pod: Pod, type: PodEventType): void;
}

/** The deployments of a lab and all their pods. */
export class DeploymentTable {
  readonly #options: DeploymentTableOptions;
  readonly #deployments = new Map<string, Deployment>();
  readonly #ended: Pod[] = [];

  constructor(options: DeploymentTableOptions) {
    this.#options = options;
  }

  /** @throws EvenkeelError `EK_LAB_SPEC` */
  add(spec: DeploymentSpec): Deployment {
    if (this.#deployments.has(spec.name)) {
      throw new EvenkeelError('EK_LAB_SPEC', `there is a deployment ${spec.name} already`, { field: 'name' });
    }
    const deployment = new Deployment(spec, {
      ...this.#options,
      podNames: () => new Set([...this.#pods(), ...this.#ended].map(({ name }) => name)),
      changed: (pod, type) => this.#changed(pod, type),
    });
    this.#deployments.set(spec.name, deployment);
    return deployment;
  }

  /** Terminates its pods and resolves once they are gone. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  async delete(name: string): Promise<void> {
    const deployment = this.get(name);
    deployment.close();
    await Promise.all(Array.from(deployment.pods, (pod) => pod.ended));
    this.#deployments.delete(name);
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  get(name: string): Deployment {
    const deployment = this.#deployments.get(name);
    if (deployment !== undefined) return deployment;
    throw unknownName('deployment', name, this.all());
  }

  all(): Deployment[] {
    return [...this.#deployments.values()];
  }

  /** A pod that exists. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  pod(name: string): Pod {
    const pods = this.#pods();
    const pod = pods.find((candidate) => candidate.name === name);
    if (pod !== undefined) return pod;
    throw unknownName('pod', name, pods);
  }

  /** What a pod wrote, even if it has ended. @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  logs(name: string): string {
    const pod = this.#ended.find((candidate) => candidate.name === name) ?? this.pod(name);
    return pod.output.text();
  }

  /** Those that exist, by name; of one deployment where it is named. */
  pods(deployment?: string): PodRecord[] {
    const pods = deployment === undefined ? this.#pods() : [...this.get(deployment).pods];
    return pods.map((pod) => pod.record()).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The last ones that are gone, in the order of their end. */
  endedPods(): PodRecord[] {
    return this.#ended.map((pod) => pod.record());
  }

  /** Terminates everything and resolves once every pod is gone. */
  async close(graceMs: number): Promise<void> {
    for (const deployment of this.all()) deployment.close(graceMs);
    await Promise.all(this.#pods().map((pod) => pod.ended));
  }

  #changed(pod: Pod, type: PodEventType): void {
    const deployment = this.#deployments.get(pod.options.deployment);
    if (type === 'ended') {
      deployment?.pods.delete(pod);
      this.#options.giveBackAddress(pod.options.ip);
      this.#ended.push(pod);
      if (this.#ended.length > maxEndedPods) this.#ended.shift();
    }
    deployment?.reconcile();
    this.#options.changed(pod, type);
  }

  #pods(): Pod[] {
    return this.all().flatMap((deployment) => [...deployment.pods]);
  }
}

function unknownName(kind: string, name: string, known: readonly { readonly name: string }[]): EvenkeelError {
  const list = known.map((item) => item.name).join(', ') || 'none';
  return new EvenkeelError('EK_LAB_UNKNOWN_NAME', `there is no ${kind} ${name}; there are: ${list}`);
}
